"""A name to listen on is every address that it has, on one port: clients that take IPv6 first find nobody else there."""

import json
import pathlib
import socket
import urllib.request

from harness.certificates import Pki
from harness.machine import enter_or_skip, need_address_or_skip
from harness.persona import Persona, address_of, cli, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, reserve_port

V4, V6 = "127.0.0.1", "::1"


def addresses(lines):
    return sorted(address_of(line["address"]) for line in lines)


def start(case, **more):
    pki = Pki(case)
    return Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), **more))


def expect_everywhere(persona, port=None):
    bound = addresses(persona.listening())
    port = port or bound[0][1]
    equal(bound, [(V4, port), (V6, port)], "addresses that are listened on")
    for address in bound:
        with connect(address) as client:
            expect_echo(client)
        persona.next_close("local_closed")


@case("both families, on the port that the kernel chose")
def both(case):
    expect_everywhere(start(case, listen="localhost:0"))


@case("both families, on the port that is written; an address that is listed too is the same one")
def listed_too(case):
    holder, (_, port) = reserve_port()
    case.defer(holder.close)
    for listen in (f"localhost:{port}", [f"localhost:{port}", f"[{V6}]:{port}"], [f"{V4}:{port}", f"localhost:{port}"]):
        persona = start(case, listen=listen)
        expect_everywhere(persona, port)
        persona.stop()


@case("an address that another program has is an error")
def taken(case):
    pki = Pki(case)
    for host in (V4, V6):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as other:
            other.bind((host, 0))
            other.listen()
            content = config(pki, gateway="127.0.0.1:1", listen=f"localhost:{other.getsockname()[1]}")
            output = cli("run", "--config", write_config(case, content), expect=2)
        check("address already in use; another program listens there" in output, "this is not said", output)


@case("a localhost that other machines can reach is refused")
def elsewhere(case):
    hosts = pathlib.Path("/etc/hosts")
    before = hosts.read_text()
    case.defer(hosts.write_text, before)
    hosts.write_text("192.0.2.7 localhost\n")
    content = config(Pki(case), gateway="127.0.0.1:1", listen="localhost:0")
    output = cli("run", "--config", write_config(case, content), expect=2)
    check("localhost is 192.0.2.7 on this machine, which others can reach" in output, "this is not said", output)


@case("administrators are answered at both")
def administrators(case):
    persona = start(case, admin={"listen": "localhost:0"})
    bound = addresses(persona.find("answering administrators"))
    equal([host for host, _ in bound], [V4, V6], "addresses where administrators are answered")
    for host, port in bound:
        where = f"[{host}]" if ":" in host else host
        with urllib.request.urlopen(f"http://{where}:{port}/status", timeout=20) as answer:
            check("service" in json.dumps(json.load(answer)), "no status at", (host, port))


enter_or_skip({V6: ["localhost"]})
need_address_or_skip(V6)
main()
