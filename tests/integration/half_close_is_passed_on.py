"""The end of one direction is passed on after all that came before it, and the other direction goes on."""

import queue
import random
import socket
import threading

from harness.certificates import Pki
from harness.persona import pair
from harness.runner import case, check, equal, main
from harness.sockets import TIMEOUT, Server, connect, echo, expect_end, expect_reset, hold, read_exactly, read_to_end

DATA = random.Random(3).randbytes(3_000_001)


def pause(seconds):
    """Paces traffic; nothing is synchronised by it."""
    threading.Event().wait(seconds)


def client_ends_first(case, tls):
    def serve(connection):
        request, end = read_to_end(connection)
        equal((end, request == DATA), ("end", True), "request at the service")
        connection.sendall(DATA[::-1])

    near, far = pair(case, Pki(case), Server(case, serve), gateway={"tls": {"max_version": tls}})
    client = connect(near.address)
    client.sendall(DATA)
    client.shutdown(socket.SHUT_WR)
    expect_end(client, DATA[::-1])
    for side, reason in ((near, "local_closed"), (far, "gateway_closed")):
        line = side.next_close(reason)
        equal((line["bytes_up"], line["bytes_down"]), (len(DATA), len(DATA)), "logged bytes")


def server_ends_first(case, tls):
    received = queue.Queue()

    def serve(connection):
        connection.sendall(DATA)
        connection.shutdown(socket.SHUT_WR)
        received.put(read_to_end(connection))

    near, far = pair(case, Pki(case), Server(case, serve), gateway={"tls": {"max_version": tls}})
    client = connect(near.address)
    equal(read_to_end(client) == (DATA, "end"), True, "what the service sent before its end arrived whole")
    client.sendall(DATA[::-1])
    client.close()
    near.next_close("gateway_closed")
    far.next_close("local_closed")
    equal(received.get(timeout=TIMEOUT) == (DATA[::-1], "end"), True,
          "what the client sent after the service's end arrived whole")


@case("TLS 1.3: the client ends first and the answer still comes")
def client_first_13(case):
    client_ends_first(case, "1.3")


@case("TLS 1.2: the client ends first and the answer still comes")
def client_first_12(case):
    client_ends_first(case, "1.2")


@case("TLS 1.3: the service ends first and the client's data still arrives")
def server_first_13(case):
    server_ends_first(case, "1.3")


@case("TLS 1.2: the service ends first and the client's data still arrives")
def server_first_12(case):
    server_ends_first(case, "1.2")


@case("a request and an end sent before the gateway is reached are both delivered")
def early_end(case):
    near, _ = pair(case, Pki(case), Server(case, echo))
    for _ in range(20):
        client = connect(near.address)
        client.sendall(b"request")
        client.shutdown(socket.SHUT_WR)
        expect_end(client, b"request")
        near.next_close("local_closed")


@case("a service that speaks first is heard")
def server_speaks_first(case):
    def greet(connection):
        connection.sendall(b"220 ready\r\n")
        echo(connection)

    near, _ = pair(case, Pki(case), Server(case, greet))
    client = connect(near.address)
    equal(read_exactly(client, 11), b"220 ready\r\n", "greeting")
    client.sendall(b"QUIT")
    client.shutdown(socket.SHUT_WR)
    expect_end(client, b"QUIT")


@case("traffic after a half-close extends its deadline")
def traffic_extends(case):
    def trickle(connection):
        read_to_end(connection)
        for _ in range(10):
            pause(0.25)
            connection.sendall(b"x")

    quick = {"timeouts": {"half_close": "1s"}}
    near, _ = pair(case, Pki(case), Server(case, trickle), persona=quick, gateway=quick)
    client = connect(near.address)
    client.sendall(b"request")
    client.shutdown(socket.SHUT_WR)
    expect_end(client, b"x" * 10)
    line = near.next_close("local_closed")
    check(line["duration_ms"] > 2000, "it ended too early", line)


@case("a half-close without traffic is cut after timeouts.half_close")
def silence_is_cut(case):
    near, far = pair(case, Pki(case), Server(case, hold), persona={"timeouts": {"half_close": "500ms"}})
    client = connect(near.address)
    client.sendall(b"request")
    client.shutdown(socket.SHUT_WR)
    expect_reset(client)
    near.next_close("half_close_timeout", error="timeouts.half_close")
    far.next_close("gateway_reset")


main()
