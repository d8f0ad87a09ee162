"""`protocol:`, byte by byte: whoever has had no answer is told why in Redis' words (what real clients of all four print
is in databases_clients_are_told.py), at both ends, and nobody else is told anything."""

import contextlib
import socket
import threading

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import (Server, connect, echo, expect_echo, expect_end, expect_refused, expect_reset, hold, read_exactly,
                             read_to_end, refused_address, reset, text)

SSL_REQUEST = bytes.fromhex("0000000804d2162f")


def told(connection, *words, command=b"PING\r\n"):
    """The client says its first word, and is answered with an error and an end."""
    connection.sendall(command)
    received, end = read_to_end(connection)
    equal(end, "end", "how the connection ended")
    check(received.startswith(b"-ERR persona ") and received.endswith(b"\r\n"), f"the client was sent {received!r}")
    for word in words:
        check(str(word).encode() in received, f"{word!r} is not in {received!r}")


def gateway_of(case, pki, service, **more):
    return Persona(case, config(pki, service=service, protocol="redis", **more), "gateway")


@contextlib.contextmanager
def tls_client(pki, gateway, version=None):
    with connect(gateway.address) as connection:
        with pki.client_context(pki.client, version).wrap_socket(connection, server_hostname=pki.GATEWAY_NAME) as client:
            yield client


@case("a gateway's client is told in its TLS session that the service is down, and the session ends cleanly")
def dead_service(case):
    pki = Pki(case)
    with refused_address() as address:
        gateway = gateway_of(case, pki, text(address), name="queue")
        for version in ("1.2", "1.3"):
            with tls_client(pki, gateway, version) as client:
                told(client, "persona cannot reach the service queue: it cannot be connected to")
            line = gateway.next_close("dial_failed")
            check(str(address[1]) in line["error"], "the log names the address", line)


@case("through two personas, of which only the gateway's has the key, too")
def at_the_far_end(case):
    pki = Pki(case)
    with refused_address() as address:
        gateway = gateway_of(case, pki, text(address), name="queue")
        persona = Persona(case, config(pki, gateway=gateway))
        with connect(persona.address) as client:
            told(client, "persona cannot reach the service queue")
        gateway.next_close("dial_failed")
        persona.next_close("gateway_closed")


@case("a service or gateway that ends without an answer is no clean end")
def unanswered(case):
    pki = Pki(case)
    service = Server(case, lambda connection: connection.recv(1000) and None)
    gateway = gateway_of(case, pki, service)
    with tls_client(pki, gateway) as client:
        told(client, "it ended the connection without an answer")
    line = gateway.next_close("local_closed")
    check("ended the connection before it had sent a byte" in line["error"], "the log says so too", line)
    far = tls_gateway(case, pki.server_context(), lambda connection: connection.recv(1000) and connection.unwrap(),
                      failing=True)
    persona = Persona(case, config(pki, gateway=far, protocol="redis"))
    with connect(persona.address) as client:
        told(client, f"persona cannot reach the gateway {far}: it ended the connection without an answer")
    check("is the service behind it running?" in persona.next_close("gateway_closed")["error"], "the log says so too")
    with connect(persona.address) as client:  # but Redis answers this one with nothing but its end
        client.sendall(b"SHUTDOWN NOSAVE\r\n")
        expect_end(client)
    persona.next_close("gateway_closed")


@case("whoever comes when limits.connections is reached is told, at both ends")
def limit(case):
    pki = Pki(case)
    echo = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=echo, protocol="redis", limits={"connections": 1}))
    with connect(persona.address) as living:
        expect_echo(living)
        with connect(persona.address) as client:
            told(client, f"persona takes no more connections to the gateway {echo} now")
        persona.next_close("limit_reached", error="limits.connections of 1 reached")
        expect_echo(living)
    service = Server(case, lambda connection: connection.sendall(connection.recv(1000)) or hold(connection))
    gateway = gateway_of(case, pki, service, name="queue", limits={"connections": 1})
    # Who comes later is reset at once; this one had begun its handshake.
    with connect(gateway.address) as waiting, tls_client(pki, gateway) as living:
        expect_echo(living)
        with pki.client_context(pki.client).wrap_socket(waiting, server_hostname=pki.GATEWAY_NAME) as client:
            told(client, "persona takes no more connections to the service queue now")
        gateway.next_close("limit_reached")


@case("of many who come when the limit is reached and say nothing, 64 wait to be told, and the rest is reset")
def many_refused(case):
    pki = Pki(case)
    echo = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=echo, protocol="redis", limits={"connections": 1}))
    with connect(persona.address) as living:
        expect_echo(living)
        waiting = [connect(persona.address) for _ in range(64)]
        persona.wait_log("connection closed", count=64, reason="limit_reached")
        for _ in range(10):
            expect_refused(persona.address)
        told(waiting.pop(), "takes no more connections")
        expect_echo(living)
        for client in waiting:
            client.close()


@case("who waits for a gateway when persona is stopped is told; who says nothing is reset")
def stopped(case):
    pki = Pki(case)
    dialled = threading.Semaphore(0)
    silent = Server(case, lambda connection: dialled.release() or hold(connection))
    persona = Persona(case, config(pki, gateway=silent, protocol="redis", timeouts={"shutdown": "200ms"}))
    with connect(persona.address) as client, connect(persona.address) as mute:
        client.sendall(b"PING\r\n")
        check(dialled.acquire(timeout=20) and dialled.acquire(timeout=20), "both are waiting")
        persona.stop(cut=2)
        told(client, "persona is being stopped", command=b"")
        expect_reset(mute)


@case("who is refused by access.allow is told nothing")
def refused(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway="127.0.0.1:1", protocol="redis", access={"allow": ["127.0.0.2"]}))
    expect_refused(persona.address, b"PING\r\n")
    persona.next_close("access_denied")


@case("nobody is told anything once a byte of the far side's has come")
def in_the_middle(case):
    pki = Pki(case)

    def answer_and_abort(connection):
        connection.sendall(connection.recv(1000))
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes.fromhex("0100000000000000"))
        socket.socket.close(connection)

    far = tls_gateway(case, pki.server_context(), answer_and_abort, failing=True)
    persona = Persona(case, config(pki, gateway=far, protocol="redis"))
    with connect(persona.address) as client:
        expect_echo(client, b"PING\r\n")
        client.sendall(b"PING\r\n")
        expect_reset(client)
    persona.next_close("gateway_reset")
    persona.stop()

    # MySQL's server speaks first: its client has said nothing yet, and the facade still listens.
    go_on = threading.Event()

    def greet_and_abort(connection):
        connection.sendall(b"greeting")
        check(go_on.wait(20), "the client has the greeting")
        reset(connection)

    far = tls_gateway(case, pki.server_context(), greet_and_abort, failing=True)
    persona = Persona(case, config(pki, gateway=far, protocol="mysql"))
    with connect(persona.address) as client:
        equal(read_exactly(client, 8), b"greeting", "what the client is sent")
        go_on.set()
        equal(read_to_end(client), (b"", "reset"), "what follows")
    persona.next_close("gateway_reset")


@case("the end that a client leaves behind is its own, however the far side takes it; without the key it is not")
def left_behind(case):
    pki = Pki(case)

    def answer(connection):
        connection.sendall(connection.recv(1000))
        while connection.recv(1000):
            pass

    def abort(connection):
        answer(connection)
        reset(connection)

    def leave(client):
        expect_echo(client, b"PING\r\n")
        client.sendall(b"QUIT\r\n")

    far = tls_gateway(case, pki.server_context(), abort, failing=True)
    bare = tls_gateway(case, pki.server_context(), answer)  # ends without close_notify
    service = Server(case, abort)
    for protocol, reason, of_bare in (("redis", "local_closed", "local_closed"), (None, "gateway_reset", "truncated")):
        more = {"protocol": protocol} if protocol else {}
        for gateway, expected in ((far, reason), (bare, of_bare)):
            persona = Persona(case, config(pki, gateway=gateway, **more), "persona")
            with connect(persona.address) as client:
                leave(client)
            persona.next_close(expected)
            persona.stop()
        gateway = Persona(case, config(pki, service=service, **more), "gateway")
        with tls_client(pki, gateway) as client:
            leave(client)
            with contextlib.suppress(OSError):
                client.unwrap()
        gateway.next_close("gateway_closed" if protocol else "local_reset")
        gateway.stop()


@case("PostgreSQL's client is answered at once at either end, also for who has no persona of its own")
def asked(case):
    pki = Pki(case)
    service = Server(case, echo)
    gateway = Persona(case, config(pki, service=service, protocol="postgresql"), "gateway")
    with tls_client(pki, gateway) as client:
        for _ in range(2):
            client.sendall(SSL_REQUEST)
            equal(read_exactly(client, 1), b"N", "the answer")
        expect_echo(client, b"\0\0\0\x09\0\3\0\0\0")
        client.unwrap()
    gateway.next_close("gateway_closed")


@case("what is not whole, or not of the protocol, arrives unchanged, in pieces and with its end")
def unchanged(case):
    pki = Pki(case)
    far = tls_gateway(case, pki.server_context())
    service = Server(case, echo)
    for protocol in ("postgresql", "mysql", "redis", "mssql"):
        persona = Persona(case, config(pki, gateway=far, protocol=protocol), f"persona-{protocol}")
        gateway = Persona(case, config(pki, service=service, protocol=protocol), f"gateway-{protocol}")
        for content in (b"\0\0\0", b"\0", b"\x12", b"\0\0\0\x08\x04\xd2\x16", b"GET / HTTP/1.1\r\n\r\n"):
            with connect(persona.address) as client:
                client.sendall(content)
                client.shutdown(socket.SHUT_WR)
                expect_end(client, content)
            persona.next_close("local_closed")
        with connect(persona.address) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            content = b"\0\0\0\x08\x04\xd2\x16\x99something else"
            for octet in content:
                client.sendall(bytes([octet]))
            equal(read_exactly(client, len(content)), content, "what came back")
        persona.next_close("local_closed")
        with tls_client(pki, gateway) as client:
            expect_echo(client, b"\x16something else")
            client.unwrap()
        persona.stop()
        gateway.stop()


main()
