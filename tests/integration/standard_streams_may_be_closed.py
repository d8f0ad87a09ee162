"""Whoever starts persona may have closed standard input, output or error: nothing else takes their place, and persona
serves and ends as always."""

import contextlib
import itertools
import signal
import time

from harness.certificates import Pki
from harness.persona import BINARY, cli, config, environment, write_config
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

SHELL = ("sh", "-c")


def closing(streams):
    """Runs a command without these of the standard streams."""
    return [*SHELL, 'exec "$@" ' + " ".join(f"{stream}>&-" for stream in streams), "sh"]


def wait_served(persona, socket):
    deadline = time.monotonic() + 20
    while True:  # its log may lead nowhere
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError), connect(socket) as client:
            expect_echo(client)
            return
        check(time.monotonic() < deadline and persona.running(), "it does not serve", persona.tail())
        time.sleep(0.01)


def serves_and_ends(case, streams):
    pki = Pki(case)
    socket = case.folder / "socket"
    path = write_config(case, config(pki, gateway=tls_gateway(case, pki.server_context()), listen=f"unix:{socket}"))
    persona = Process(case, *closing(streams), BINARY, "run", "--config", path, name="persona",
                      env=environment())
    wait_served(persona, socket)
    persona.signal(signal.SIGTERM)
    equal(persona.wait(timeout=45), 0, f"exit code without the streams {streams} ({persona.tail()})")
    said = any('"stopped"' in line for line in persona.lines)
    equal(said, 2 not in streams, "whether its last line is on the standard error")


for count in range(4):
    for closed in itertools.combinations(range(3), count):
        case(f"without {closed or 'none'}")(lambda running, streams=closed: serves_and_ends(running, streams))


@case("an error is the exit code, whoever hears of it")
def refuses(case):
    for streams in [(0,), (1,), (2,), (0, 1, 2)]:
        cli("check", "--config", case.folder / "none.yaml", expect=2, prefix=closing(streams))


main()
