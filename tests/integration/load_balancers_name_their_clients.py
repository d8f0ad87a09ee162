"""`listen.proxy_protocol`: a load balancer that is named tells by a PROXY header whom it relays, and access, limits, log and
service go by that. Anybody else, and any other header, is one sentence, and nothing is forwarded."""

import contextlib
import socket

from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.process import Process
from harness.proxy_header import SIGNATURE, Header, header
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, expect_refused, listen, read_to_end

ANYBODY = {"allow": ["0.0.0.0/0", "::/0"]}


def behind(senders="127.0.0.0/8"):
    return {"address": "127.0.0.1:0", "proxy_protocol": {"from": senders}}


def gateway(case, pki, service, senders="127.0.0.0/8", **more):
    return Persona(case, config(pki, service=service, listen=behind(senders), **more))


@contextlib.contextmanager
def relayed(persona, pki, head):
    """A TLS client whose connection begins with `head`."""
    plain = connect(persona.address)
    plain.sendall(head)
    with pki.client_context(pki.client).wrap_socket(plain, server_hostname=Pki.GATEWAY_NAME) as client:
        yield client


def haproxy(case, content):
    path = case.folder / "haproxy.cfg"
    listener = listen()
    path.write_text(f"""
global
    log stdout format raw daemon
defaults
    mode tcp
    timeout connect 10s
    timeout client 1m
    timeout server 1m
{content.replace("BIND", f"bind fd@{listener.fileno()}")}
""")
    where = listener.getsockname()
    Process(case, "haproxy", "-db", "-f", path, pass_fds=[listener.fileno()])
    listener.close()
    return where


@case("HAProxy in front of a gateway, which passes on to its service what it was told")
def in_front_of_a_gateway(case):
    pki = Pki(case)
    told = []

    def serve(connection):
        told.append(Header(connection))
        echo(connection)

    service = Server(case, serve)
    content = config(pki, service="", listen=behind())
    content["service"] = {"address": str(service), "proxy_protocol": "v2"}
    persona = Persona(case, content)
    balancer = haproxy(case, f"listen relay\n    BIND\n    server one {persona} send-proxy-v2")
    with pki.client_context(pki.client).wrap_socket(connect(balancer), server_hostname=Pki.GATEWAY_NAME) as client:
        expect_echo(client, b"x" * 100_000)
        own = client.getsockname()
        client.unwrap()
    line = persona.next_close("gateway_closed")
    equal(line["client"], f"{own[0]}:{own[1]}", "the client in the log")
    equal((told[0].source, told[0].common_name), (own, "client"), "what the service was told")


@case("HAProxy that has TLS with the clients, in front of a persona; its health checks are no trouble")
def in_front_of_a_persona(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), failing=True), listen=behind()))
    balancer = haproxy(case, f"""listen relay
    BIND ssl crt "{pki.gateway.both}" ca-file {pki.ca.certificate} verify required
    server one {persona} send-proxy-v2-ssl-cn check check-send-proxy inter 200ms""")
    persona.next_close()
    with pki.client_context(pki.client).wrap_socket(connect(balancer), server_hostname=Pki.GATEWAY_NAME) as client:
        expect_echo(client, b"x" * 100_000)
        own = client.getsockname()
        client.unwrap()
    persona.wait_log("connection closed", client=f"{own[0]}:{own[1]}")
    check(not [line for line in persona.log if line["level"] == "warn" and "service" in line], "warnings", persona.tail())


@case("a header in pieces, or together with what follows; with additions; of IPv6; of the load balancer itself")
def good(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), listen=behind(), access=ANYBODY))
    six = ("2001:db8::7", 4660)
    for head, client in ((header(("192.0.2.7", 4660)), "192.0.2.7:4660"),
                         (header(("192.0.2.7", 4661), tlvs=b"\x01\0\2h2"), "192.0.2.7:4661"),
                         (header(six, ("2001:db8::1", 1)), "[2001:db8::7]:4660"),
                         (SIGNATURE + b"\x20\0\0\0", None), (SIGNATURE + b"\x21\0\0\0", None)):
        for pieces in (False, True):
            with connect(persona.address) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for at in range(len(head)) if pieces else ():
                    connection.sendall(head[at:at + 1])
                own = "{}:{}".format(*connection.getsockname())
                if pieces:
                    expect_echo(connection)
                else:
                    connection.sendall(head + b"a")
                    equal(connection.recv(1), b"a", "what followed at once")
            equal(persona.next_close("local_closed")["client"], client or own, "the client in the log")


@case("whoever is not named, whatever is sent, is refused in one sentence")
def not_named(case):
    pki = Pki(case)
    service = Server(case, echo)
    persona = gateway(case, pki, service, ["127.0.0.2", "10.0.0.0/8"])
    expect_refused(persona.address, header(("10.0.0.1", 1)))
    line = persona.next_close("access_denied")
    check("client address 127.0.0.1 is not in listen.proxy_protocol.from" in line["error"], "the sentence", line)
    plain = connect(persona.address, source="127.0.0.2")
    plain.sendall(header(("192.0.2.7", 4660)))
    with pki.client_context(pki.client).wrap_socket(plain, server_hostname=Pki.GATEWAY_NAME) as client:
        expect_echo(client)
        client.unwrap()
    equal(persona.next_close("gateway_closed")["client"], "192.0.2.7:4660", "the client in the log")
    equal(service.accepted, 1, "connections to the service")


@case("malformed, too long, too slow, of version 1, or none: one sentence, and nothing is forwarded")
def malformed(case):
    pki = Pki(case)
    service = Server(case, echo)
    persona = gateway(case, pki, service, timeouts={"handshake": "2s"})
    good = header(("192.0.2.7", 4660))
    for sent, words in ((b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n", "speaks version 1 of the PROXY protocol"),
                        (bytes.fromhex("1603010200010001fc0303"), "sent no PROXY header, but"),
                        (b"\x1b[2J" + b"x" * 100, "sent no PROXY header, but"),
                        (SIGNATURE + b"\x21\x11\xff\xff" + b"x" * 70000, "of 65551 bytes; persona reads 4112 at most"),
                        (SIGNATURE + b"\x21\x11\0\0", "too short: 0 bytes for addresses that take 12"),
                        (header(("192.0.2.7", 1), family=0x12), "of family 0x12, which is no stream's"),
                        (header(("192.0.2.7", 1), command=0x31), "with version and command 0x31"),
                        (header(("192.0.2.7", 1), tlvs=b"\1\0\5x"), "additions (TLVs) do not end where it ends")):
        with contextlib.suppress(ConnectionResetError, BrokenPipeError), connect(persona.address) as connection:
            connection.sendall(sent)
            received, end = read_to_end(connection)
            equal((received, end), (b"", "reset"), "what came back")
        line = persona.next_close("protocol_error", error=words)
        check(line["error"].startswith("127.0.0.1:") and "\x1b" not in line["error"], "the sender", line)
    with connect(persona.address) as connection:
        connection.sendall(good[:20])
        connection.shutdown(socket.SHUT_WR)
        read_to_end(connection)
    persona.next_close("protocol_error", error="left in the middle of its PROXY header")
    with connect(persona.address) as connection:
        connection.sendall(good[:20])
        equal(read_to_end(connection)[1], "reset", "a slow one")
    persona.next_close("handshake_timeout", error="sent no whole PROXY header within timeouts.handshake (2s)")
    equal(service.accepted, 0, "connections to the service")


@case("access.allow and limits.per_source go by whom the load balancer names")
def by_the_header(case):
    pki = Pki(case)
    service = Server(case, echo, failing=True)
    persona = gateway(case, pki, service, access={"allow": ["192.0.2.0/24"]}, limits={"per_source": 2})
    expect_refused(persona.address, header(("203.0.113.9", 1)))
    line = persona.next_close("access_denied")
    equal((line["client"], line["error"]), ("203.0.113.9:1", "client address 203.0.113.9 is not in access.allow"), "who")
    expect_refused(persona.address, SIGNATURE + b"\x20\0\0\0")
    check("127.0.0.1 is not in access.allow" in persona.next_close("access_denied")["error"], "the load balancer itself")
    with contextlib.ExitStack() as held:
        for port in (1, 2):
            expect_echo(held.enter_context(relayed(persona, pki, header(("192.0.2.7", port)))))
        expect_refused(persona.address, header(("192.0.2.7", 3)))
        line = persona.next_close("limit_reached")
        check(line["client"] == "192.0.2.7:3" and "limits.per_source of 2 reached" in line["error"], "the third", line)
        expect_echo(held.enter_context(relayed(persona, pki, header(("192.0.2.8", 1)))))
    equal(service.accepted, 3, "connections to the service")


@case("what cannot be is told")
def checked(case):
    pki = Pki(case)
    content = config(pki, service="127.0.0.1:1")
    content["listen"] = {"address": f"unix:{case.folder}/socket", "proxy_protocol": {"from": "10.0.0.0/8"}}
    content["admin"] = {"listen": {"address": "127.0.0.1:0", "proxy_protocol": {"from": "10.0.0.0/8"}}}
    output = cli("check", "--config", write_config(case, content), expect=2)
    for words in ("proxy_protocol\" belongs to an address", "administrators come without PROXY headers"):
        check(words in output, words, output)
    del content["admin"]
    content["listen"] = behind(["10.0.0.0/8", "::1"])
    output = cli("check", "--config", write_config(case, content))
    check("127.0.0.1:0, with PROXY headers from 10.0.0.0/8, ::1/128" in output, "what `check` says", output)


main()
