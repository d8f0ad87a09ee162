"""Local clients that never read, never send, or vanish: persona stays bounded and both sides learn of the end."""

import queue
import socket
import threading

from harness.certificates import Pki
from harness.persona import pair
from harness.runner import SANITIZED, Failure, case, check, equal, main
from harness.sockets import TIMEOUT, Server, connect, echo, expect_echo, read_to_end, reset

MIB = 1 << 20
# What the kernel's socket buffers of all five sockets of a chain may take, and more than persona may.
MOST = 256 * MIB
# Resident memory that one stuck connection may cost each persona. Sanitizers keep freed memory.
BOUND_KIB = (64 if SANITIZED else 4) * 1024


def send_until_stuck(connection):
    """Sends until nothing has been taken for a second; how much was taken."""
    connection.settimeout(1)
    block = bytes(1 << 18)
    sent = 0
    while sent < MOST:
        try:
            sent += connection.send(block)
        except TimeoutError:
            connection.settimeout(TIMEOUT)
            return sent
    raise Failure(f"{MOST // MIB} MiB went into a connection whose other end does not read")


def warm(near, far):
    """One connection's worth of memory that stays: what comes after it is growth."""
    with connect(near.address) as client:
        expect_echo(client, bytes(100_000))
    near.next_close("local_closed")
    far.next_close()


def growth_is_bounded(persona, before):
    grown = persona.resident_kib() - before
    check(grown < BOUND_KIB, f"{persona.name} grew by {grown} KiB for one stuck connection")


@case("one that never reads while the service sends a lot")
def never_reads(case):
    stuck = queue.Queue()

    def serve(connection):
        if connection.recv(1, socket.MSG_PEEK) != b"!":
            return echo(connection)
        stuck.put(send_until_stuck(connection))
        return connection

    near, far = pair(case, Pki(case), Server(case, serve, failing=True), persona={"threads": 1}, gateway={"threads": 1})
    warm(near, far)
    before = near.resident_kib(), far.resident_kib()
    client = connect(near.address)
    client.sendall(b"!")
    stuck.get(timeout=TIMEOUT)
    growth_is_bounded(near, before[0])
    growth_is_bounded(far, before[1])
    # Other connections go on meanwhile, also on the same loop.
    with connect(near.address) as other:
        expect_echo(other)
    near.next_close("local_closed")
    # With unread data the kernel answers a close by a reset.
    client.close()
    near.next_close("local_reset")


@case("one that sends and never reads")
def sends_only(case):
    def serve(connection):
        connection.settimeout(None)  # it must not be the one who ends this
        echo(connection)

    near, far = pair(case, Pki(case), Server(case, serve, failing=True))
    warm(near, far)
    before = near.resident_kib(), far.resident_kib()
    client = connect(near.address)
    send_until_stuck(client)
    growth_is_bounded(near, before[0])
    growth_is_bounded(far, before[1])
    client.close()
    near.next_close("local_reset")
    far.next_close("gateway_reset")


@case("a service that never reads, and then a client that resets")
def service_never_reads(case):
    served = queue.Queue()

    def serve(connection):
        served.put(connection)
        return connection

    near, far = pair(case, Pki(case), Server(case, serve))
    client = connect(near.address)
    send_until_stuck(client)
    reset(client)
    # Nothing moves either way, so only the reset itself can tell that both connections are for nobody.
    near.next_close("local_reset")
    far.next_close("gateway_reset")
    equal(read_to_end(served.get(timeout=TIMEOUT))[1], "reset", "what the service saw")


@case("one that connects and never sends")
def silent(case):
    near, _ = pair(case, Pki(case), Server(case, echo))
    client = connect(near.address)
    near.wait_log("connection open")
    expect_echo(client, b"after a while")
    client.close()
    near.next_close("local_closed")


@case("many that come and go at once")
def many(case):
    near, far = pair(case, Pki(case), Server(case, echo, failing=True))
    warm(near, far)
    count = 100 if SANITIZED else 300

    def come_and_go(number):
        client = connect(near.address)
        if number % 3 == 0:
            return client.close()
        client.sendall(b"x" * number)
        return reset(client) if number % 3 == 1 else client.close()

    clients = [threading.Thread(target=come_and_go, args=(number,), daemon=True) for number in range(count)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    near.wait_log("connection closed", count=count + 1)
    reasons = {line["reason"] for line in near.find("connection closed")}
    check(reasons <= {"local_closed", "local_reset"}, "connections blamed on somebody else", reasons)


main()
