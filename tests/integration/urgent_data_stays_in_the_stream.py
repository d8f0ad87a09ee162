"""Urgent data (MSG_OOB; Oracle sends breaks so) stays where it is in the stream, in both roles and directions."""

import queue
import signal
import socket

from harness.certificates import Pki
from harness.persona import pair
from harness.runner import case, equal, main
from harness.servers import unix_server
from harness.sockets import TIMEOUT, Server, connect, expect_end, read_to_end

# What is sent, in so many calls, and which of them as urgent data.
PIECES = [(b"!", True), (b"begin", False), (b"?", True), (b"middle" * 5_000, False), (b"several", True), (b"1", True), (b"2", True),
          (b"3", True), (b"end", False), (b".", True)]
WHOLE = b"".join(piece for piece, _ in PIECES)


def send(connection):
    for piece, urgent in PIECES:
        if urgent:
            equal(connection.send(piece, socket.MSG_OOB), len(piece), "urgent bytes sent")
        else:
            connection.sendall(piece)


def answer(connection):
    request, end = read_to_end(connection)
    equal((request == WHOLE, end), (True, "end"), f"what the service got, {len(request)} of {len(WHOLE)} bytes")
    send(connection)


@case("from the client to the service and back")
def both_ways(case):
    near, _ = pair(case, Pki(case), Server(case, answer))
    with connect(near.address) as client:
        send(client)
        client.shutdown(socket.SHUT_WR)
        expect_end(client, WHOLE)
    near.next_close("local_closed")


@case("the same over Unix sockets")
def unix_sockets(case):
    path, _ = unix_server(case, answer)
    near, _ = pair(case, Pki(case), f"unix:{path}", persona={"listen": f"unix:{case.folder}/entrance"})
    with connect(near.address) as client:
        send(client)
        client.shutdown(socket.SHUT_WR)
        expect_end(client, WHOLE)
    near.next_close("local_closed")


def ended_first(case, listen):
    received = queue.Queue()

    def serve(connection):
        connection.sendall(b"x")
        connection.shutdown(socket.SHUT_WR)
        request, end = read_to_end(connection)
        received.put((request == WHOLE, end))

    near, far = pair(case, Pki(case), Server(case, serve), persona={"listen": listen})
    client = connect(near.address)
    equal(read_to_end(client), (b"x", "end"), "what the service sent")
    near.signal(signal.SIGSTOP)
    send(client)
    client.close()
    near.signal(signal.SIGCONT)
    line = far.next_close("local_closed")
    equal((line["bytes_up"], *received.get(timeout=TIMEOUT)), (len(WHOLE), True, "end"), "what the service got")
    near.next_close("gateway_closed")


@case("it does not hide what comes after it, when the other side has ended before")
def after_the_end(case):
    ended_first(case, "127.0.0.1:0")


@case("nor on a Unix socket")
def after_the_end_unix(case):
    ended_first(case, f"unix:{case.folder}/entrance")


main()
