"""Random bytes in odd chunks, both ways at once, arrive as they were sent."""

import hashlib
import random
import socket
import threading

from harness.certificates import Pki
from harness.persona import CLEAN, pair
from harness.runner import SANITIZED, Failure, case, equal, main
from harness.sockets import TIMEOUT, Server, connect, read_exactly

MIB = 1 << 20
# Around the edges of records and of buffers, and nothing that divides anything.
CHUNKS = [1, 7, 1_461, 16_383, 16_384, 16_385, 65_521, 262_147]


class Ledger:
    """What each side sent and received on each connection, by the number the client gave it."""

    def __init__(self):
        self.sent = {}
        self.received = {}

    def compare(self, connections):
        for number in range(connections):
            for way in ("up", "down"):
                key = (number, way)
                equal(self.received.get(key), self.sent.get(key), f"hash of connection {number} {way}")


def send(connection, count, seed):
    digest = hashlib.sha256()
    chance = random.Random(seed)
    left = count
    while left:
        chunk = chance.randbytes(min(left, chance.choice(CHUNKS)))
        connection.sendall(chunk)
        digest.update(chunk)
        left -= len(chunk)
    connection.shutdown(socket.SHUT_WR)
    return digest.hexdigest(), count


def receive(connection, seed):
    digest = hashlib.sha256()
    chance = random.Random(seed)
    total = 0
    while part := connection.recv(chance.choice(CHUNKS[2:])):
        digest.update(part)
        total += len(part)
    return digest.hexdigest(), total


def both_ways(connection, ledger, number, count, sent_way, received_way):
    """Sends and receives at once, until both ends have come."""
    failures = []

    def receiving():
        try:
            ledger.received[number, received_way] = receive(connection, number)
        except Exception as error:
            failures.append(error)

    receiver = threading.Thread(target=receiving, daemon=True)
    receiver.start()
    ledger.sent[number, sent_way] = send(connection, count, f"{number} {sent_way}")
    receiver.join()
    if failures:
        raise failures[0]


def transfer(case, tls, connections, count):
    pki = Pki(case)
    ledger = Ledger()

    def serve(connection):
        number = int.from_bytes(read_exactly(connection, 4), "big")
        both_ways(connection, ledger, number, count, "down", "up")
        served.release()

    served = threading.Semaphore(0)
    service = Server(case, serve)
    near, far = pair(case, pki, service, persona={"tls": {"min_version": tls, "max_version": tls}})
    failures = []

    def client(number):
        try:
            with connect(near.address) as connection:
                connection.sendall(number.to_bytes(4, "big"))
                both_ways(connection, ledger, number, count, "up", "down")
        except Exception as error:
            failures.append(f"connection {number}: {error!r}")

    clients = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(connections)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    if failures:
        raise Failure(failures[0])
    for _ in range(connections):
        if not served.acquire(timeout=TIMEOUT):
            raise Failure(f"the service did not finish | {service.errors}")
    for side in (near, far):
        for _ in range(connections):
            line = side.next_close(CLEAN)
            equal((line["bytes_up"], line["bytes_down"]), (count + 4, count), "logged bytes")
            equal(line["tls_version"], f"TLSv{tls}", "TLS version")
    ledger.compare(connections)


BIG = 8 * MIB if SANITIZED else 64 * MIB
MANY = 10 if SANITIZED else 50


@case("TLS 1.3: one connection, 64 MiB each way at once")
def big13(case):
    transfer(case, "1.3", 1, BIG)


@case("TLS 1.2: one connection, 64 MiB each way at once")
def big12(case):
    transfer(case, "1.2", 1, BIG)


@case("TLS 1.3: 50 connections at once")
def many13(case):
    transfer(case, "1.3", MANY, MIB + 12_345)


@case("TLS 1.2: 50 connections at once")
def many12(case):
    transfer(case, "1.2", MANY, MIB + 12_345)


main()
