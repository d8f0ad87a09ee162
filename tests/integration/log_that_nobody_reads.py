"""A log that nobody reads, or that cannot be written, stops nothing: lines wait in memory, what finds no room there is
dropped, and how many those were is told when lines are written again."""

import contextlib
import fcntl
import json
import os
import pty
import resource
import signal
import threading
import time

from harness.certificates import Pki
from harness.persona import BINARY, address_of, config, environment, write_config
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

SMALL = 4096  # bytes, the smallest pipe that Linux has
LOST = "log lines before this one are lost: "
CTRL_S, CTRL_Q = b"\x13", b"\x11"


class Log:
    """The lines that come out of a pipe, for as long as somebody asks for them."""

    def __init__(self, case, reader):
        self._file = os.fdopen(reader, "rb")
        case.defer(self._file.close)

    def until(self, message):
        """The lines up to the first whose message begins so."""
        lines = []
        while not (lines and lines[-1]["message"].startswith(message)):
            line = self._file.readline()
            check(line, f"the log ended without {message!r}", lines[-3:])
            lines.append(json.loads(line))
        return lines

    def connections(self, count):
        """The lines up to the end of the last of so many connections."""
        lines = []
        for _ in range(count):
            lines += self.until("connection closed")
        return lines

    def close(self):
        self._file.close()


def run(case, content, **options):
    return Process(case, BINARY, "run", "--config", write_config(case, content), env=environment(), **options)


def run_unread(case, content, reader, writer):
    """A persona that logs there, and what it logs: read until it is ready, and then no more."""
    persona = run(case, content, stderr=writer)
    os.close(writer)
    log = Log(case, reader)
    listening = next(line for line in log.until("ready") if line["message"] == "listening")
    persona.address = address_of(listening["address"])
    return persona, log


def small_pipe():
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, SMALL)
    return reader, writer


def end(persona):
    persona.signal(signal.SIGTERM)
    equal(persona.wait(timeout=100), 0, "exit code")


def traffic(address, count, threads=4):
    """So many connections, all of which are served."""
    failed = []

    def some():
        try:
            for _ in range(count // threads):
                with connect(address) as client:
                    expect_echo(client)
        except Exception as error:  # pylint: disable=broad-except
            failed.append(error)

    running = [threading.Thread(target=some) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    equal(failed, [], "connections that failed")


def connections_in(lines):
    """How many lines say that a connection opened or closed, none of them twice."""
    said = [(line["message"], line["id"]) for line in lines
            if line["message"] in ("connection open", "connection closed")]
    equal(len(set(said)), len(said), "lines of connections that are not the same")
    return len(said)


def lost_in(lines):
    return [line["lines_lost"] for line in lines if line["message"].startswith(LOST)]


@case("a full pipe: connections are served, live ones go on, and the log is whole when it is read again")
def full_pipe(case):
    pki = Pki(case)
    persona, log = run_unread(case, config(pki, gateway=tls_gateway(case, pki.server_context())), *small_pipe())
    with connect(persona.address) as live:
        expect_echo(live)
        for _ in range(4):
            traffic(persona.address, 100)
            expect_echo(live)
    lines = log.connections(401)
    end(persona)
    equal((connections_in(lines), lost_in(lines)), (2 * 401, []), "lines of connections, and lost ones")
    equal(log.until("stopped")[0]["message"], "draining", "what follows")


@case("more than fits into memory: what is dropped is told once, to the line", deadline=120)
def dropped(case):
    pki = Pki(case)
    # A long name in every line, of the 4 kB that are shown of one: a few hundred connections are more than 4 MiB.
    pki.gateway = pki.ca.issue("long", [pki.GATEWAY_NAME], units=["\u00fc" * 40] * 16)
    persona, log = run_unread(case, config(pki, gateway=tls_gateway(case, pki.server_context())), *small_pipe())
    with connect(persona.address) as live:
        expect_echo(live)
        for _ in range(12):
            traffic(persona.address, 40)
            expect_echo(live)
        lines = log.until(LOST)
        expect_echo(live)
    lines += log.connections(1)
    end(persona)
    lost = lost_in(lines)
    equal(len(lost), 1, "lines that tell of a loss")
    equal(connections_in(lines) + lost[0], 2 * 481, "lines of connections, there and lost")
    check(lines[0]["message"] == "connection open" and connections_in(lines) > 100, "it is not the oldest that are kept")


@case("a full pipe does not keep it from ending")
def ends(case):
    pki = Pki(case)
    persona, _ = run_unread(case, config(pki, gateway=tls_gateway(case, pki.server_context())), *small_pipe())
    traffic(persona.address, 40)
    end(persona)


@case("a pipe whose reader has gone")
def reader_gone(case):
    pki = Pki(case)
    persona, log = run_unread(case, config(pki, gateway=tls_gateway(case, pki.server_context())), *small_pipe())
    log.close()
    traffic(persona.address, 40)
    end(persona)


@case("a terminal that Ctrl-S has stopped")
def stopped_terminal(case):
    pki = Pki(case)
    terminal, program = pty.openpty()
    keyboard = os.dup(terminal)
    case.defer(os.close, keyboard)
    persona, log = run_unread(case, config(pki, gateway=tls_gateway(case, pki.server_context())), terminal, program)
    os.write(keyboard, CTRL_S)
    traffic(persona.address, 40)
    os.write(keyboard, CTRL_Q)
    lines = log.connections(40)
    end(persona)
    equal((connections_in(lines), lost_in(lines)), (2 * 40, []), "lines of connections, and lost ones")


@case("log.file is a FIFO: lines wait for who reads it, also for the next who does")
def fifo(case):
    pki = Pki(case)
    path = case.folder / "log"
    os.mkfifo(path)
    socket = case.folder / "socket"
    persona = run(case, config(pki, gateway=tls_gateway(case, pki.server_context()), listen=f"unix:{socket}",
                               log={"format": "json", "file": str(path)}))
    deadline = time.monotonic() + 20
    while True:  # nobody can be told yet when it listens
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError), connect(socket) as client:
            expect_echo(client)
            break
        check(time.monotonic() < deadline and persona.running(), "it does not listen", persona.tail())
        time.sleep(0.01)
    log = Log(case, os.open(path, os.O_RDONLY))
    lines = log.until("connection closed")
    equal([line["message"] for line in lines].count("listening"), 1, "lines from before somebody read it")
    log.close()
    traffic(socket, 200)
    log = Log(case, os.open(path, os.O_RDONLY))
    lines = log.connections(200)
    end(persona)
    equal((connections_in(lines), lost_in(lines)), (2 * 200, []), "lines of connections, and lost ones")


@case("log.file cannot grow: what that costs is told when it can")
def largest_size(case):
    pki = Pki(case)
    path = case.folder / "persona.log"
    persona = run(case, config(pki, gateway=tls_gateway(case, pki.server_context()), listen=f"unix:{case.folder}/socket",
                               log={"format": "json", "file": str(path)}))
    deadline = time.monotonic() + 20
    while not (path.exists() and '"ready"' in path.read_text()):
        check(time.monotonic() < deadline and persona.running(), "no ready line in the file", persona.tail())
        time.sleep(0.01)
    # As a full disk: what would make the file larger is refused, and by default a signal ends who tries.
    resource.prlimit(persona.pid, resource.RLIMIT_FSIZE, (path.stat().st_size + 1000, resource.RLIM_INFINITY))
    traffic(case.folder / "socket", 40)
    resource.prlimit(persona.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    end(persona)
    lines = []
    for line in path.read_bytes().splitlines():
        with contextlib.suppress(ValueError):  # beginnings of lines that did not fit
            lines.append(json.loads(line))
    check(sum(lost_in(lines)) > 0, "nothing was lost", lines[-3:])
    equal(connections_in(lines) + sum(lost_in(lines)), 2 * 40, "lines of connections, there and lost")
    equal(lines[-1]["message"], "stopped", "the last line")


main()
