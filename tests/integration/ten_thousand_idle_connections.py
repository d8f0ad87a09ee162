"""10,000 idle connections at once through one persona, in both modes: each still echoes, and costs little memory."""

import pathlib
import subprocess
import sys

from harness import process
from harness.certificates import Pki
from harness.persona import CLEAN, pair
from harness.runner import SANITIZED, case, check, equal, main
from harness.sockets import connect, expect_echo

WANTED = 500 if SANITIZED else 10_000
BATCH = 250
SPARE = 64  # descriptors for all else
KIB_PER_CONNECTION = 16
SERVICE = pathlib.Path(__file__).parent / "harness" / "echo_service.py"


@case("each of 10,000 connections echoes before and after all of them were idle", deadline=200)
def idle(case):
    # Each connection takes two descriptors of persona.
    count = min(WANTED, (process.raise_descriptor_limit(2 * WANTED + SPARE) - SPARE) // 2)
    if count < 10_000:
        print(f"only {count} connections: " + ("a sanitizer's build" if SANITIZED else "the hard limit of open files "
                                              "(ulimit -Hn) is too low for more"))
    check(count >= 400, "the limit of open files leaves no room for this test", count)

    service = process.Process(case, sys.executable, "-B", SERVICE, name="echo service", stdin=subprocess.PIPE)
    port = service.wait_until(lambda: service.lines[:1], "its port")[0]
    many = {"limits": {"connections": count}, "timeouts": {"handshake": "60s"}}  # a batch shakes hands at once
    near, far = pair(case, Pki(case), f"127.0.0.1:{port}", persona=many, gateway=many)
    before = {side: side.proportional_kib() for side in (near, far)}

    clients = []
    for _ in range(0, count, BATCH):
        batch = [connect(near.address) for _ in range(min(BATCH, count - len(clients)))]
        for client in batch:
            expect_echo(client)
        clients += batch
    equal(len(clients), count, "connections")
    for side, mode in ((near, "gateway:"), (far, "service:")):
        equal(side.closed.total(), 0, "connections that ended")
        each = (side.proportional_kib() - before[side]) / count
        print(f"{count} idle connections, mode {mode} {each:.1f} KiB (PSS) each, {before[side]} KiB without any")
        check(SANITIZED or each <= KIB_PER_CONNECTION, f"an idle connection costs more than {KIB_PER_CONNECTION} KiB",
              each)

    for number, client in enumerate(clients):
        expect_echo(client, b"still here %d" % number)
    for client in clients:
        client.close()
    for side in (near, far):
        side.wait_closed(count)
        check(set(side.closed) <= CLEAN, "connections ended badly", side.closed)


main()
