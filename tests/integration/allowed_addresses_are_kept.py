"""gateway.allowed_addresses: what is not in it is never dialled, wherever a name resolves to."""

import socket

from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_refused, text


def start(case, pki, addresses, allowed):
    content = config(pki, gateway=addresses)
    content["gateway"]["allowed_addresses"] = allowed
    return Persona(case, content)


def by_name(gateway):
    return f"localhost:{gateway.address[1]}"


@case("a name that resolves out of the blocks is not dialled")
def resolves_elsewhere(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    for allowed in (["127.0.0.2/32"], ["localhost", "127.0.0.2/32", "2001:db8::/32"]):
        persona = start(case, pki, by_name(gateway), allowed)
        expect_refused(persona.address, b"hello")
        line = persona.next_close("dial_failed")
        blocks = ", ".join(allowed).removeprefix("localhost, ")
        check(line["error"].startswith("none of the addresses of localhost (") and "127.0.0.1" in line["error"]
              and line["error"].endswith(f") is in gateway.allowed_addresses ({blocks})"),
              "the sentence names the host, its addresses and the rules", line)
        persona.stop()
    equal(gateway.accepted, 0, "connections to the gateway")


@case("a name is dialled at an address that is in a block, or anywhere when it is listed itself")
def resolves_inside(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    for allowed in ("127.0.0.0/8", ["LOCALHOST."], ["localhost", "127.0.0.1"], ["db.example.com", "localhost"]):
        persona = start(case, pki, by_name(gateway), allowed)
        with connect(persona.address) as client:
            expect_echo(client)
        line = persona.next_close("local_closed")
        equal(line["target"], str(gateway), f"address dialled where {allowed} is allowed")
        persona.stop()


@case("of several gateways, one that may not be dialled is passed over")
def next_gateway(case):
    pki = Pki(case)
    first = tls_gateway(case, pki.server_context())
    listener = socket.socket()
    listener.bind(("127.0.0.2", 0))
    listener.listen()
    second = tls_gateway(case, pki.server_context(), listener=listener)
    persona = start(case, pki, [by_name(first), second], ["127.0.0.2"])
    with connect(persona.address) as client:
        expect_echo(client)
    equal(persona.next_close("local_closed")["target"], text(second.address), "address dialled")
    equal(first.accepted, 0, "connections to the first")


@case("an address that is not allowed at all is an error in the file")
def never(case):
    pki = Pki(case)
    for address, allowed, words in (
            ("127.0.0.1:1", ["127.0.0.2"], "127.0.0.1 is not in gateway.allowed_addresses (127.0.0.2/32)"),
            ("127.0.0.1:1", ["localhost"], "127.0.0.1 matches no name in gateway.allowed_addresses (localhost)"),
            ("db.example.com:1", ["*.db.example.com", "10.0.0.0/8"], "db.example.com matches no name in")):
        content = config(pki, gateway=address)
        content["gateway"]["allowed_addresses"] = allowed
        output = cli("check", "--config", write_config(case, content), expect=2)
        check("gateway.address: " + words in output and "could never be dialled" in output,
              "the sentence names the address and the rules", output)


main()
