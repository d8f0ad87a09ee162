"""How long a service takes to connect while the name servers of other services are silent.

    python3 bench/silent_names.py [--persona FILE]... [--connections N]

A process with a healthy service, whose gateway is a name in /etc/hosts, and ten whose gateways are names that no name
server answers for; with eight clients each that wait, and, in a second process, without. Time is from the client's
connect() to the first byte that came back through the gateway: name, TCP, full TLS handshake, one round trip. On a
machine of its own (a network namespace), so it needs root or user namespaces, and what the tests need.
"""

import argparse
import pathlib
import statistics
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "integration"))

from harness import persona as program  # noqa: E402
from harness.certificates import Pki  # noqa: E402
from harness.machine import NameServer, enter_or_skip  # noqa: E402
from harness.runner import Case  # noqa: E402
from harness.servers import tls_gateway  # noqa: E402
from harness.sockets import connect, expect_echo  # noqa: E402

HEALTHY = "healthy.test"
SERVICES = 10
CLIENTS = 8
WARM_UP = 20
PATIENCE = 15  # seconds; then a connection counts as this long, and is the last


def one(address):
    """Milliseconds, at most those that we wait."""
    started = time.perf_counter()
    try:
        with connect(address, timeout=PATIENCE) as client:
            expect_echo(client, b"x")
            return (time.perf_counter() - started) * 1e3
    except OSError:
        return PATIENCE * 1e3


def start(case, pki, gateway, hosts, name):
    """The program with a service for each host; returns their addresses."""
    (case.folder / name).mkdir()
    for number, host in enumerate(hosts):
        program.write_config(case, program.config(
            pki, gateway=f"{host}:{gateway.address[1]}", timeouts={"connect": "5m"}, tls={"resumption": False}),
            f"{name}/service{number:02}")
    persona = program.Persona(case, case.folder / name, name)
    return [program.address_of(line["address"]) for line in persona.listening()]


def measure(binary, count):
    """The times alone and beside the silent ones: of two processes that are connected to in turn, so that whatever else
    the machine does is in both."""
    program.BINARY = str(binary)
    case = Case("silent_names")
    case.failed = True  # how it ends is not what is measured
    try:
        name_server = NameServer(case)
        pki = Pki(case)
        gateway = tls_gateway(case, pki.server_context(), failing=True)
        hosts = [HEALTHY, *(f"gateway{number}.silent.test" for number in range(SERVICES))]
        alone, *_ = start(case, pki, gateway, hosts, "alone")
        beside, *silent = start(case, pki, gateway, hosts, "beside")
        for _ in range(WARM_UP):
            one(alone)
            one(beside)
        for _ in range(CLIENTS):
            for address in silent:
                case.defer(connect(address).close)
        name_server.wait_asked(8)  # what stops all others where they share libuv's pool
        times = [], []
        while len(times[0]) < count and PATIENCE * 1e3 not in times[1]:
            turn = [(times[0], alone), (times[1], beside)]
            for into, address in turn if len(times[0]) % 2 else reversed(turn):
                into.append(one(address))
        return times
    finally:
        case.finish()


def figure(value):
    return f"> {PATIENCE:,} s" if value >= PATIENCE * 1e3 else f"{value:.2f} ms"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persona", action="append", type=pathlib.Path, help="the program; several are compared")
    parser.add_argument("--connections", type=int, default=1000, help="of each kind")
    options = parser.parse_args()
    enter_or_skip([HEALTHY])
    print("| program | connections | | alone | beside ten silent ones | ratio |\n|---|---|---|---|---|---|")
    for binary in options.persona or [TOP / "build" / "release" / "bin" / "persona"]:
        alone, beside = measure(binary.resolve(), options.connections)
        for name, at in (("median", statistics.median), ("p95", lambda times: sorted(times)[int(len(times) * 0.95)])):
            before, after = at(alone), at(beside)
            label = binary.resolve().parent.parent.name
            print(f"| {label} | {len(alone)} | {name} | {figure(before)} | {figure(after)} | {after / before:,.2f} |",
                  flush=True)


main()
