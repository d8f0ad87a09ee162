"""Whatever a gateway does instead of a handshake ends in the right word, a sentence and a reset."""

import ssl

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.sockets import Server, expect_refused, hold, reset


def fails(case, serve, reason, sentence, **more):
    persona = Persona(case, config(Pki(case), gateway=Server(case, serve, failing=True), **more))
    # A client that waits and one that has data under way.
    for data in (b"", b"secret"):
        expect_refused(persona.address, data)
        line = persona.next_close(reason, error=sentence)
        equal((line["bytes_up"], line["bytes_down"]), (0, 0), "bytes of a session that never was")
    return persona


@case("garbage instead of TLS")
def garbage(case):
    def serve(connection):
        connection.sendall(b"hello, who is there?\r\n")
        connection.recv(4096)

    fails(case, serve, "handshake_failed", 'the gateway does not speak TLS here: its first bytes are "hello"')


@case("a ServerHello of nonsense")
def nonsense(case):
    def serve(connection):
        connection.recv(4096)
        connection.sendall(b"\x16\x03\x03\x00\x20" + b"\x02\x00\x00\x1c" + b"\xff" * 28)
        connection.recv(4096)

    fails(case, serve, "handshake_failed", "gateway")


@case("silence")
def silence(case):
    persona = fails(case, hold, "handshake_timeout", "timeouts.handshake", timeouts={"handshake": "300ms"})
    for line in persona.find("connection closed"):
        check(250 <= line["duration_ms"] < 5000, "the timeout was not kept", line)


@case("FIN before the first byte")
def end_at_once(case):
    fails(case, lambda connection: connection.recv(4096) and None, "handshake_failed", "closed the connection")


@case("reset before ServerHello")
def reset_before(case):
    def serve(connection):
        connection.recv(4096)
        reset(connection)

    fails(case, serve, "gateway_reset", "reset")


@case("reset after ServerHello")
def reset_after(case):
    pki = Pki(case)
    # In TLS 1.2 the client answers the first flight, so that it is known to have been read.
    context = pki.server_context(version="1.2")

    def serve(connection):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        engine = context.wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(connection.recv(4096))
        try:
            engine.do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
        check(connection.recv(4096), "the client's second flight did not come")
        reset(connection)

    persona = Persona(case, config(pki, gateway=Server(case, serve)))
    expect_refused(persona.address)
    persona.next_close("gateway_reset", error="reset")


@case("no version in common")
def no_version(case):
    pki = Pki(case)
    context = pki.server_context(version="1.2")
    gateway = Server(case, lambda connection: context.wrap_socket(connection, server_side=True), failing=True)
    persona = Persona(case, config(pki, gateway=gateway, tls={"min_version": "1.3"}))
    expect_refused(persona.address)
    persona.next_close("handshake_failed", error="version")


main()
