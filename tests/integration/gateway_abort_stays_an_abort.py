"""What a gateway cuts off never looks like a clean end to the local client, and the other way round."""

import queue
import socket

from harness.certificates import Pki, end_of
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import TIMEOUT, connect, expect_end, expect_reset, read_exactly, reset


def each_version(case, serve, then, failing=False, times=1):
    """`times`: what depends on two things coming at once is tried more than once."""
    for version in ("1.2", "1.3"):
        pki = Pki(case)
        gateway = tls_gateway(case, pki.server_context(version=version), serve, failing)
        persona = Persona(case, config(pki, gateway=gateway), f"tls{version}")
        for _ in range(times):
            client = connect(persona.address)
            client.sendall(b"hello")
            equal(read_exactly(client, 5), b"hello", "the echo")
            then(persona, client)
        persona.stop()


def answer_once(connection):
    connection.sendall(read_exactly(connection, 5))


@case("RST while data flows")
def gateway_resets(case):
    def serve(connection):
        answer_once(connection)
        read_exactly(connection, 2)  # the client has the answer
        reset(connection)

    def then(persona, client):
        client.sendall(b"go")
        expect_reset(client)
        line = persona.next_close("gateway_reset", error="reset")
        equal((line["bytes_up"], line["bytes_down"]), (7, 5), "logged bytes")
        check("refused" not in line["error"], "it has answered, so it has not refused us", line)

    each_version(case, serve, then)


@case("RST before the gateway has sent anything may be a refusal")
def gateway_resets_at_once(case):
    def serve(connection):
        read_exactly(connection, 5)
        reset(connection)

    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), serve)))
    client = connect(persona.address)
    client.sendall(b"hello")
    expect_reset(client)
    persona.next_close("gateway_reset", error="may have refused our certificate")


@case("RST right after data")
def gateway_sends_and_resets(case):
    def serve(connection):
        answer_once(connection)
        read_exactly(connection, 2)
        connection.sendall(b"half an answer")
        reset(connection)

    def then(persona, client):
        client.sendall(b"go")
        expect_reset(client)
        persona.next_close("gateway_reset", error="reset")

    each_version(case, serve, then, times=10)


@case("FIN without close_notify")
def gateway_truncates(case):
    def serve(connection):
        answer_once(connection)
        socket.socket.shutdown(connection, socket.SHUT_WR)
        end_of(connection)

    def then(persona, client):
        expect_reset(client)
        persona.next_close("truncated", error="close_notify")

    each_version(case, serve, then, failing=True)


@case("FIN without close_notify to a client that ended first: it is reset, but nobody is warned")
def gateway_answers_with_fin(case):
    def serve(connection):
        answer_once(connection)
        end_of(connection)
        socket.socket.shutdown(connection, socket.SHUT_WR)

    def then(persona, client):
        client.shutdown(socket.SHUT_WR)
        expect_reset(client)
        persona.next_close("truncated")
        persona.stop()  # so that all is logged
        equal([line for line in persona.log if line["level"] == "warn" and "close_notify" in line["message"]], [],
              "warnings")

    each_version(case, serve, then, failing=True)


@case("a damaged record")
def gateway_damages(case):
    def serve(connection):
        answer_once(connection)
        # Past the TLS layer: application data that no key has sealed.
        socket.socket.sendall(connection, b"\x17\x03\x03\x00\x30" + b"\x55" * 48)
        end_of(connection)

    def then(persona, client):
        expect_reset(client)
        persona.next_close("protocol_error")

    each_version(case, serve, then, failing=True)


@case("close_notify is a clean end")
def gateway_closes(case):
    def serve(connection):
        answer_once(connection)
        connection.unwrap()

    def then(persona, client):
        expect_end(client)
        persona.next_close("gateway_closed")

    each_version(case, serve, then)


@case("a local reset resets the gateway")
def client_resets(case):
    ends = queue.Queue()

    def serve(connection):
        answer_once(connection)
        ends.put(end_of(connection))

    def then(persona, client):
        reset(client)
        persona.next_close("local_reset")
        equal(ends.get(timeout=TIMEOUT), "reset", "what the gateway saw")

    each_version(case, serve, then)


@case("a local reset right after data resets the gateway")
def client_sends_and_resets(case):
    ends = queue.Queue()

    def serve(connection):
        answer_once(connection)
        ends.put(end_of(connection))

    def then(persona, client):
        # The data and the reset come at once: the reset must not be taken for an end of the data.
        client.sendall(b"last words")
        reset(client)
        persona.next_close("local_reset")
        equal(ends.get(timeout=TIMEOUT), "reset", "what the gateway saw")

    each_version(case, serve, then, times=10)


@case("a local end ends the gateway with close_notify")
def client_closes(case):
    ends = queue.Queue()

    def serve(connection):
        answer_once(connection)
        ends.put(end_of(connection))
        connection.unwrap()

    def then(persona, client):
        client.close()
        persona.next_close("local_closed")
        equal(ends.get(timeout=TIMEOUT), "close_notify", "what the gateway saw")

    each_version(case, serve, then)


main()
