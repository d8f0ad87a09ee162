"""Whoever sits between persona and the other side of TLS 1.3 and alters, drops, repeats or adds records gets no byte
through: the alert that RFC 8446 names is sent, the plaintext side is reset, and what it had got by then is genuine."""

import queue
import random
import socket
import ssl

from harness.certificates import Pki, accept_tls
from harness.persona import Persona, config
from harness.relay import APPLICATION_DATA, Relay
from harness.runner import case, check, equal, main
from harness.sockets import TIMEOUT, Server, connect, expect_echo, read_exactly, read_to_end

ANSWER = b"the whole answer"


def header(content_type, size):
    return bytes([content_type, 3, 3]) + size.to_bytes(2, "big")


def flipped(at):
    def alter(record):
        altered = bytearray(record)
        altered[at] ^= 1
        return bytes(altered)
    return alter


def shortened(record):
    return header(APPLICATION_DATA, len(record) - 6) + record[5:-1]


def lengthened(record):
    return header(APPLICATION_DATA, len(record) - 4) + record[5:] + b"\0"


def first(extra):
    """Something that no key has sealed, before the record."""
    return lambda record: extra + record


# What comes instead of the record with the answer, the alert that answers it, and how much of the answer is genuine.
ALTERATIONS = {
    "a flipped bit of the ciphertext": (flipped(5), "BAD_RECORD_MAC", b""),
    "a flipped bit in the middle": (flipped(20), "BAD_RECORD_MAC", b""),
    "a flipped bit of the tag": (flipped(-1), "BAD_RECORD_MAC", b""),
    # What is added is authenticated with the header (section 5.2).
    "another record version": (flipped(1), "BAD_RECORD_MAC", b""),
    "a record without its last byte": (shortened, "BAD_RECORD_MAC", b""),
    "a record with one byte more": (lengthened, "BAD_RECORD_MAC", b""),
    "a record shorter than a tag": (first(header(APPLICATION_DATA, 15) + bytes(15)), "BAD_RECORD_MAC", b""),
    "an empty record": (first(header(APPLICATION_DATA, 0)), "BAD_RECORD_MAC", b""),
    "a record twice": (lambda record: record + record, "BAD_RECORD_MAC", ANSWER),
    "a record of the allowed size that no key has sealed": (
        first(header(APPLICATION_DATA, 16_640) + bytes(16_640)), "BAD_RECORD_MAC", b""),
    "a record longer than allowed": (first(header(APPLICATION_DATA, 16_641) + bytes(16_641)), "RECORD_OVERFLOW", b""),
    "only the header of a record longer than allowed": (
        lambda _: header(APPLICATION_DATA, 0xffff), "RECORD_OVERFLOW", b""),
    "a close_notify in plaintext": (first(header(21, 2) + b"\x01\x00"), "UNEXPECTED_MESSAGE", b""),
    "a fatal alert in plaintext": (first(header(21, 2) + b"\x02\x28"), "UNEXPECTED_MESSAGE", b""),
    "a handshake message in plaintext": (first(header(22, 5) + b"\x18\x00\x00\x01\x00"), "UNEXPECTED_MESSAGE", b""),
    "a change_cipher_spec": (first(header(20, 1) + b"\x01"), "UNEXPECTED_MESSAGE", b""),
    "something else than TLS": (first(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "UNEXPECTED_MESSAGE", b""),
}


class Middle:
    """A relay that passes on what it is given until it is armed."""

    def __init__(self, case, target, way, alter):
        self.armed = False
        self.relay = Relay(case, target, self._pass_on)
        self._way = way
        self._alter = alter

    def _pass_on(self, way, _number, record):
        return self._alter(record) if self.armed and way == self._way else record


def alert_of(connection):
    """The alert that a TLS side is sent, by its name in OpenSSL."""
    try:
        while connection.recv(1 << 16):
            pass
    except ssl.SSLError as error:
        return error.reason
    return "close_notify"


def expect_alert(reason, expected):
    check(reason and reason.endswith(f"ALERT_{expected}"), f"the alert is not {expected}", reason)


def from_gateway(case, alter, serve, receive):
    """`serve(connection)` sends what is altered, `receive(client)` checks what arrives. Returns persona, and what waits
    for the alert that the gateway was sent."""
    pki = Pki(case)
    alerts = queue.Queue()

    def gateway(connection):
        connection = accept_tls(context, connection)
        connection.sendall(read_exactly(connection, 5))
        read_exactly(connection, 2)
        serve(connection)
        alerts.put(alert_of(connection))

    context = pki.server_context(version="1.3")
    middle = Middle(case, Server(case, gateway).address, "down", alter)
    persona = Persona(case, config(pki, gateway=middle.relay))
    client = connect(persona.address)
    expect_echo(client)
    middle.armed = True
    client.sendall(b"go")
    receive(client)
    return persona, lambda: alerts.get(timeout=TIMEOUT)


def arrives(client, genuine):
    received, end = read_to_end(client)
    equal((received, end), (genuine, "reset"), "what the plaintext side got, and how it ended")


def to_client(case, name):
    alter, alert, genuine = ALTERATIONS[name]
    persona, sent = from_gateway(case, alter, lambda connection: connection.sendall(ANSWER),
                                 lambda client: arrives(client, genuine))
    expect_alert(sent(), alert)
    persona.next_close("protocol_error", error=f"answered by alert {alert.lower()}")


def to_service(case, name):
    """The same from a client of the gateway mode."""
    alter, alert, genuine = ALTERATIONS[name]
    pki = Pki(case)
    ends = queue.Queue()

    def serve(connection):
        connection.sendall(read_exactly(connection, 5))
        ends.put(read_to_end(connection))

    persona = Persona(case, config(pki, service=Server(case, serve)))
    middle = Middle(case, persona.address, "up", alter)
    client = pki.client_context(pki.client, "1.3").wrap_socket(
        connect(middle.relay.address), server_hostname=Pki.GATEWAY_NAME, suppress_ragged_eofs=False)
    client.sendall(b"hello")
    equal(read_exactly(client, 5), b"hello", "the echo")
    middle.armed = True
    client.sendall(ANSWER)
    expect_alert(alert_of(client), alert)
    equal(ends.get(timeout=TIMEOUT), (genuine, "reset"), "what the service got, and how it ended")
    persona.next_close("protocol_error", error=f"answered by alert {alert.lower()}")


def define(name):
    @case(f"from the gateway: {name}")
    def one(case):
        to_client(case, name)

    @case(f"from a client of gateway mode: {name}")
    def other(case):
        to_service(case, name)


for alteration in ALTERATIONS:
    define(alteration)


@case("two records in the wrong order, and one that is missing")
def reordered(case):
    def swap(held):
        def alter(record):
            held.append(record)
            return held[1] + held[0] if len(held) == 2 else b"" if len(held) == 1 else record
        return alter

    def drop(seen):
        def alter(record):
            seen.append(record)
            return record if len(seen) > 1 else b""
        return alter

    def serve(connection):
        connection.sendall(b"one")
        connection.sendall(b"two")

    for alter in (swap([]), drop([])):
        persona, sent = from_gateway(case, alter, serve, lambda client: arrives(client, b""))
        expect_alert(sent(), "BAD_RECORD_MAC")
        persona.next_close("protocol_error", error="answered by alert bad_record_mac")
        persona.stop()


@case("a flipped bit in the middle of bulk data: what came before it is genuine, nothing behind it comes")
def bulk(case):
    data = random.Random(7).randbytes(8 << 20)
    # Each record but the last is full, so this many bytes are genuine.
    for damaged in (0, 1, 100, 300):
        seen = []

        def alter(record):
            seen.append(len(record))
            return flipped(1000)(record) if len(seen) == damaged + 1 else record

        def receive(client):
            received, end = read_to_end(client)
            equal(end, "reset", "how the client ended")
            check(data.startswith(received), "the client got something else than was sent", len(received))
            # A reset may take back what the client has not read, but adds nothing.
            check(len(received) <= sum(size - 22 for size in seen[:damaged]), "too much came", len(received))

        def serve(connection):
            try:
                connection.sendall(data)
            except (ssl.SSLError, OSError):
                pass  # refused before all was sent

        persona, _ = from_gateway(case, alter, serve, receive)
        persona.next_close("protocol_error", error="answered by alert bad_record_mac")
        persona.stop()


@case("an end in the middle of a record is truncation")
def cut(case):
    def serve(connection):
        connection.sendall(ANSWER)
        socket.socket.shutdown(connection, socket.SHUT_WR)  # past the TLS layer: no close_notify

    persona, _ = from_gateway(case, lambda record: record[:-1], serve, lambda client: arrives(client, b""))
    persona.next_close("truncated", error="close_notify")


main()
