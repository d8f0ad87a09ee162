"""What traffic notices of many who ask the administrators' endpoint: idle ones, slow readers, and a flood of requests.

    python3 bench/slow_administrators.py [--persona FILE]... [--services N] [--seconds N]

A process with N services answers at one endpoint. 64 bytes go there and back on four live connections in turn, and every
20th time a new connection is opened for it (time from connect() to the first byte that came back, full TLS handshake). Each
load runs in a process of its own, and is there for half a second, then away for half a second, and so on, so that whatever
else the machine does is in both columns. Needs what the tests need.
"""

import argparse
import collections
import contextlib
import multiprocessing
import pathlib
import socket
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "integration"))

from harness import persona as program  # noqa: E402
from harness.administrators import admin_of  # noqa: E402
from harness.certificates import Pki  # noqa: E402
from harness.runner import Case  # noqa: E402
from harness.servers import tls_gateway  # noqa: E402
from harness.sockets import connect, expect_echo, read_to_end  # noqa: E402

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
LIVE = 4
SLICE = 0.5  # seconds
PAYLOAD = b"x" * 64
PATIENCE = 10  # seconds; a round trip that takes longer counts as this long, and is the last


def open_one(address, request=b""):
    """A connection whose own buffer has little room."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect(address)
    connection.sendall(request)
    return connection


def idle(address, held):
    """A thousand that send nothing, opened again as they are hung up on."""
    while len(held) < 1000:
        held.append(open_one(address))
    time.sleep(0.01)
    for _ in range(20):
        held.popleft().close()


def deaf(address, held):
    """Those that ask and never read, 500 a second."""
    for _ in range(5):
        held.append(open_one(address, REQUEST))
    while len(held) > 1000:
        held.popleft().close()
    time.sleep(0.01)


def trickling(address, held):
    """256 that read a byte every 20 ms, opened again as they are ended."""
    while len(held) < 256:
        held.append(open_one(address, REQUEST))
    for _ in range(len(held)):
        one = held.popleft()
        try:
            if one.recv(1):
                held.append(one)
        except OSError:
            one.close()
    time.sleep(0.02)


def greedy(address, held):
    """Sixteen at a time ask and read, as fast as they can."""
    while len(held) < 16:
        held.append(open_one(address, REQUEST))
    with held.popleft() as one:
        read_to_end(one)


LOADS = (idle, deaf, trickling, greedy)


def load(step, address, wanted, away):
    """In a process of its own. Lets go of all that it holds while it is not wanted."""
    held = collections.deque()
    while True:
        if not wanted.is_set():
            while held:
                held.popleft().close()
            away.set()
            wanted.wait()
            away.clear()
        with contextlib.suppress(OSError):
            step(address, held)


def one(client):
    begun = time.perf_counter()
    expect_echo(client, PAYLOAD)
    return (time.perf_counter() - begun) * 1e3


def new_one(address):
    begun = time.perf_counter()
    with connect(address, timeout=PATIENCE) as client:
        expect_echo(client, PAYLOAD)
        return (time.perf_counter() - begun) * 1e3


def measure_slice(persona, live, trips, opened):
    until = time.monotonic() + SLICE
    count = 0
    while time.monotonic() < until:
        trips.append(one(live[count % LIVE]))
        count += 1
        if count % 20 == 0:
            opened.append(new_one(persona.address))


def measure(binary, step, services, seconds):
    """Times of round trips and of new connections: without the load, with it."""
    program.BINARY = str(binary)
    case = Case("slow_administrators")
    case.failed = True  # how it ends is not what is measured
    wanted, away = multiprocessing.Event(), multiprocessing.Event()
    try:
        pki = Pki(case)
        gateway = tls_gateway(case, pki.server_context(), failing=True)
        (case.folder / "services").mkdir()
        for number in range(services):
            program.write_config(case, program.config(pki, gateway=gateway, **({} if number else {
                "admin": {"listen": "127.0.0.1:0"}})), f"services/service{number:03}")
        persona = program.Persona(case, case.folder / "services")
        loading = multiprocessing.Process(target=load, args=(step, admin_of(persona), wanted, away), daemon=True)
        loading.start()
        case.defer(loading.kill)
        live = [connect(persona.address, timeout=PATIENCE) for _ in range(LIVE)]
        times = ([], []), ([], [])
        for client in live * 50:
            one(client)
        for turn in range(int(seconds / SLICE)):
            if turn % 2:
                wanted.set()
            else:
                wanted.clear()
                away.wait(10)
            try:
                measure_slice(persona, live, *times[turn % 2])
            except TimeoutError:
                times[turn % 2][0].append(PATIENCE * 1e3)
                break
        return times
    finally:
        case.finish()


def percentile(times, share):
    if not times:
        return float("inf")  # not one was through
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persona", action="append", type=pathlib.Path, help="the program; several are compared")
    parser.add_argument("--services", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=10, help="for each load, with and without it")
    parser.add_argument("--loads", nargs="*", default=[step.__name__ for step in LOADS])
    options = parser.parse_args()
    print("| program | load | what | n without, with | p50 without | p50 with | p99 without | p99 with |\n"
          "|---|---|---|---|---|---|---|---|")
    for step in (each for each in LOADS if each.__name__ in options.loads):
        for binary in options.persona or [TOP / "build" / "release" / "bin" / "persona"]:
            without, beside = measure(binary.resolve(), step, options.services, options.seconds)
            for what, before, after in (("round trip", without[0], beside[0]), ("new connection", without[1], beside[1])):
                cells = [f"{value:.2f} ms" for share in (0.5, 0.99)
                         for value in (percentile(before, share), percentile(after, share))]
                print(f"| {binary.name} | {step.__name__} | {what} | {len(before)}, {len(after)} | " + " | ".join(cells) + " |",
                      flush=True)


if __name__ == "__main__":
    main()
