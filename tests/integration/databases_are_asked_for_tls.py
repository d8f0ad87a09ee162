"""`gateway.negotiate`: what happens before TLS, with servers that do it as they must not. Nothing of the client's leaves before
the database is verified, and a failure is a sentence in the log and in the client's protocol."""

import socket
import ssl
import struct

from harness.certificates import Pki, accept_tls
from harness.persona import ANY_PORT, Persona, config, write_config
from harness.rotation import wait_refused
from harness.runner import case, check, equal, main
from harness.servers import echo_tls
from harness.sockets import Server, connect, expect_echo, hold, read_exactly, read_to_end

SSL_REQUEST = bytes.fromhex("0000000804d2162f")
STARTUP = struct.pack(">ii", 21, 3 << 16) + b"user\0secret\0\0"


def negotiated(pki, gateway, protocol="postgresql", **more):
    return config(pki, gateway=gateway, negotiate=protocol, **more)


def postgresql(context, seen=None):
    """Serves as PostgreSQL does: consent, TLS, then whatever comes is echoed."""
    def serve(connection):
        equal(read_exactly(connection, 8), SSL_REQUEST, "what comes first")
        connection.sendall(b"S")
        if seen is not None:
            seen.append(connection.recv(1 << 16, socket.MSG_PEEK))
        echo_tls(accept_tls(context, connection))
    return serve


def fatal(connection, first=STARTUP):
    """What PostgreSQL's client is told."""
    connection.sendall(first)
    received, end = read_to_end(connection)
    equal(end, "end", "how the connection ended")
    check(received[:1] == b"E" and b"FATAL" in received, f"the client was sent {received!r}")
    return received


@case("PostgreSQL is asked, verified, and only then given what the client has sent")
def good(case):
    pki = Pki(case)
    seen = []
    server = Server(case, postgresql(pki.server_context(), seen))
    persona = Persona(case, negotiated(pki, server))
    with connect(persona.address) as client:
        client.sendall(SSL_REQUEST)
        equal(read_exactly(client, 1), b"N", "the answer to the client's own question")
        expect_echo(client, STARTUP)
    persona.next_close("local_closed")
    check(seen[0][:1] == b"\x16" and b"secret" not in seen[0], f"after the consent came {seen[0]!r}")


@case("what is not a consent is refused in words, and nothing follows it")
def refused(case):
    pki = Pki(case)
    answers = {b"N": "TLS", b"SX": "S", b"S" + b"\x16\x03\x03": "S", b"HTTP/1.1 400 Bad Request\r\n\r\n": "HTTP",
               b"\x15\x03\x01\x00\x02\x02\x28": "negotiate", b"E\0\0\0\x0bFATAL\0\0": "", b"?": "", b"": ""}
    for answer, word in answers.items():
        leaked = []

        def serve(connection, answer=answer, leaked=leaked):
            read_exactly(connection, 8)
            if answer:
                connection.sendall(answer)
                leaked.append(read_to_end(connection)[0])

        server = Server(case, serve, failing=True)
        persona = Persona(case, negotiated(pki, server))
        with connect(persona.address) as client:
            check(b"the TLS handshake failed" in fatal(client) or word, "the client is told")
        line = persona.next_close("handshake_failed")
        check(line["error"].startswith(str(server)) and word in line["error"], f"{answer!r}: {line['error']}")
        equal([part for part in leaked if part], [], "what followed the refusal")
        persona.stop()


@case("a server that never answers has timeouts.handshake; another address is tried")
def silent(case):
    pki = Pki(case)
    mute = Server(case, hold)
    persona = Persona(case, negotiated(pki, mute, timeouts={"handshake": "500ms"}))
    with connect(persona.address) as client:
        check(b"took too long" in fatal(client), "the cause")
    persona.next_close("handshake_timeout", error="did not agree to TLS within timeouts.handshake (500ms)")
    persona.stop()
    without = Server(case, lambda connection: read_exactly(connection, 8) and connection.sendall(b"N"), failing=True)
    good = Server(case, postgresql(pki.server_context()))
    persona = Persona(case, negotiated(pki, [without, good]))
    with connect(persona.address) as client:
        expect_echo(client, STARTUP)
    persona.next_close("local_closed")


@case("a server that cannot be verified gets nothing")
def unverified(case):
    pki = Pki(case)
    leaked = []

    def serve(connection):
        read_exactly(connection, 8)
        connection.sendall(b"S")
        try:
            leaked.append(accept_tls(pki.server_context(pki.ca.issue("gateway", ["other.test"])), connection).recv(100))
        except (ssl.SSLError, OSError):
            pass

    persona = Persona(case, negotiated(pki, Server(case, serve, failing=True)))
    with connect(persona.address) as client:
        check(b"its certificate is for another name" in fatal(client), "the cause")
    persona.next_close("verify_failed")
    equal([part for part in leaked if part], [], "what it was given")


@case("a reload's trial asks for TLS as well")
def probe(case):
    pki = Pki(case)
    server = Server(case, postgresql(pki.server_context()), failing=True)
    without = Server(case, lambda connection: read_exactly(connection, 8) and connection.sendall(b"N"), failing=True)
    more = {"reload": {"probe": True, "interval": "100ms"}, **ANY_PORT}
    persona = Persona(case, negotiated(pki, server, **more))
    write_config(case, negotiated(pki, without, **more))
    line = wait_refused(persona, f"the trial connection to the gateway failed (reload.probe): {without} is PostgreSQL with TLS off")
    check(line, "a reason")
    write_config(case, negotiated(pki, [server], **more, limits={"connections": 7}))
    persona.wait_log("reloaded")

@case("PostgreSQL 17's direct TLS: no question, but its name in ALPN")
def direct(case):
    pki = Pki(case)
    context = pki.server_context()
    context.set_alpn_protocols(["postgresql"])

    def serve(connection):
        with accept_tls(context, connection) as secured:
            # As PostgreSQL does (backend_startup.c, ProcessSSLStartup).
            check(secured.selected_alpn_protocol() == "postgresql", "a direct connection without ALPN")
            echo_tls(secured)

    persona = Persona(case, config(pki, gateway=Server(case, serve), protocol="postgresql", tls={"alpn": ["postgresql"]}))
    with connect(persona.address) as client:
        client.sendall(SSL_REQUEST)
        equal(read_exactly(client, 1), b"N", "the answer to the client's own question")
        expect_echo(client, STARTUP)
    persona.next_close("local_closed")


CLIENT_SSL, PROTOCOL_41, SECURE = 0x800, 0x200, 0x8000


def packet(sequence, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([sequence]) + payload


def read_packet(connection):
    """Its sequence number and payload."""
    head = read_exactly(connection, 4)
    return head[3], read_exactly(connection, int.from_bytes(head[:3], "little"))


def greeting(capabilities=CLIENT_SSL | PROTOCOL_41 | SECURE):
    return packet(0, b"\x0a10.11.99-MariaDB\0" + struct.pack("<I", 7) + b"12345678\0" + struct.pack("<H", capabilities)
                  + b"\x2d\x02\x00\x08\x00\x15" + bytes(10) + b"123456789012\0mysql_native_password\0")


def response(capabilities=PROTOCOL_41 | SECURE):
    return packet(1, struct.pack("<IIB", capabilities, 1 << 24, 45) + bytes(23) + b"secret\0\x04abcd")


def mysql(context, seen, hello=None):
    """Serves as MySQL does: greeting, SSLRequest, TLS, the login, OK; then it echoes packets."""
    def serve(connection):
        connection.sendall(hello or greeting())
        seen.append(read_packet(connection))
        seen.append(connection.recv(1 << 16, socket.MSG_PEEK))
        with accept_tls(context, connection) as secured:
            seen.append(read_packet(secured))
            secured.sendall(packet(3, b"\0\0\0\2\0\0\0"))
            while part := secured.recv(1000):
                secured.sendall(part)
            secured.unwrap()
    return serve


def greeted(client):
    """As MySQL's client does: the greeting, which offers no TLS."""
    sequence, content = read_packet(client)
    equal(sequence, 0, "the greeting's sequence number")
    at = content.index(b"\0", 1) + 1 + 4 + 8 + 1
    check(b"MariaDB" in content and int.from_bytes(content[at:at + 2], "little") == PROTOCOL_41 | SECURE,
          f"the client was greeted with {content!r}")


def refused_with(client, *words):
    sequence, content = read_packet(client)
    equal((sequence, content[:1]), (2, b"\xff"), "the answer to the login")
    for word in words:
        check(word.encode() in content, f"{word!r} is not in {content!r}")
    equal(read_to_end(client), (b"", "end"), "how the connection ended")


@case("MySQL is asked, in the client's own terms, and given the login once it is verified")
def mysql_good(case):
    pki = Pki(case)
    seen = []
    persona = Persona(case, negotiated(pki, Server(case, mysql(pki.server_context(), seen)), "mysql"))
    with connect(persona.address) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        greeted(client)
        for octet in response():
            client.sendall(bytes([octet]))
        equal(read_packet(client), (2, b"\0\0\0\2\0\0\0"), "the answer to the login")
        for sequence in (0, 1, 255):  # after it nothing is looked at
            expect_echo(client, packet(sequence, b"\xffa command"))
        client.shutdown(socket.SHUT_WR)
        read_to_end(client)
    persona.next_close("local_closed")
    request, hello, login = seen
    terms = response()[4:36]
    expected = struct.pack("<I", PROTOCOL_41 | SECURE | CLIENT_SSL) + terms[4:]
    equal(request, (1, expected), "the request for TLS")
    check(hello[:1] == b"\x16", "what follows it is TLS", hello)
    equal(login, (2, expected + response()[36:]), "the login")


@case("MySQL that cannot be verified is given no login, and after its greeting no other address will do")
def mysql_unverified(case):
    pki = Pki(case)
    seen = []
    other = pki.server_context(pki.ca.issue("gateway", ["other.test"]))
    first, second = (Server(case, mysql(context, seen), failing=True) for context in (other, pki.server_context()))
    persona = Persona(case, negotiated(pki, [first, second], "mysql"))
    with connect(persona.address) as client:
        greeted(client)
        client.sendall(response())
        refused_with(client, "its certificate is for another name", "connection 1 in its log")
    persona.next_close("verify_failed")
    equal((len(seen), second.accepted), (2, 0), "what the first one got, and whether the second was dialled")


@case("before its greeting another address is tried; what MySQL says in its place is in the log")
def mysql_refused(case):
    pki = Pki(case)
    seen = []
    blocked = packet(0, b"\xff\x69\x04Host '10.0.0.1' is blocked\x1b[0m")
    for hello, words in ((blocked, "is blocked"), (greeting(PROTOCOL_41), "TLS"), (greeting() + b"more", ""),
                         (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"), (packet(0, b"\x09" + bytes(60)), "")):
        bad = Server(case, lambda connection, hello=hello: connection.sendall(hello) or read_to_end(connection) and None,
                     failing=True)
        good = Server(case, mysql(pki.server_context(), seen), failing=True)
        persona = Persona(case, negotiated(pki, [bad, good], "mysql"))
        with connect(persona.address) as client:
            greeted(client)
        line = persona.wait_until(
            lambda: next((each for each in persona.log if each.get("next") == "another address"), None), "a warning")
        check(line["message"].startswith(str(bad)) and words in line["message"] and "\x1b" not in line["message"],
              f"{hello!r}: {line['message']}")
        persona.next_close("local_closed")
        persona.stop()


@case("a database that dies after its greeting, and a client that does not answer it")
def mysql_halfway(case):
    pki = Pki(case)
    dying = Server(case, lambda connection: connection.sendall(greeting()))
    persona = Persona(case, negotiated(pki, dying, "mysql"))
    with connect(persona.address) as client:
        greeted(client)
        persona.next_close("handshake_failed")
        client.sendall(response())
        refused_with(client, "persona cannot reach the gateway")
    persona.stop()
    patient = Server(case, lambda connection: connection.sendall(greeting()) or hold(connection))
    persona = Persona(case, negotiated(pki, patient, "mysql", timeouts={"handshake": "500ms"}))
    with connect(persona.address) as client:
        greeted(client)
        persona.next_close("handshake_timeout", error="the client did not answer the greeting of")
        equal(read_to_end(client), (b"", "reset"), "what the mute client sees")


@case("a client of MySQL that insists on TLS is told to do without, and the log says so")
def mysql_insists(case):
    pki = Pki(case)
    patient = Server(case, lambda connection: connection.sendall(greeting()) or read_to_end(connection) and None)
    persona = Persona(case, negotiated(pki, patient, "mysql"))
    with connect(persona.address) as client:
        greeted(client)
        client.sendall(packet(1, struct.pack("<IIB", CLIENT_SSL | PROTOCOL_41 | SECURE, 1 << 24, 45) + bytes(23)))
        refused_with(client, "persona offers its clients no TLS, it adds that itself", "--skip-ssl")
    check("the client asked for TLS" in persona.next_close("local_closed")["error"], "the log says so too")


@case("a reload's trial asks MySQL in its own name")
def mysql_probe(case):
    pki = Pki(case)
    seen = []
    server = Server(case, mysql(pki.server_context(), seen), failing=True)
    plain = Server(case, lambda connection: connection.sendall(greeting(PROTOCOL_41)) or read_to_end(connection) and None,
                   failing=True)
    more = {"reload": {"probe": True, "interval": "100ms"}, **ANY_PORT}
    persona = Persona(case, negotiated(pki, server, "mysql", **more))
    write_config(case, negotiated(pki, plain, "mysql", **more))
    wait_refused(persona, f"the trial connection to the gateway failed (reload.probe): {plain}")
    write_config(case, negotiated(pki, server, "mysql", **more, limits={"connections": 7}))
    persona.wait_log("reloaded")
    equal(seen[0][0], 1, "the sequence number of the request for TLS")
    check(int.from_bytes(seen[0][1][:4], "little") & CLIENT_SSL, "it asks for TLS")


main()
