"""Children of the benchmark: started on given cores, watched until they listen, measured, stopped by pid."""

import contextlib
import ctypes
import os
import selectors
import signal
import socket
import subprocess
import time

PATIENCE = 120  # seconds that any step of a measurement may take
_PR_SET_PDEATHSIG = 1
_CPUCLOCK_SCHED = 2
_LISTEN = "0A"  # <net/tcp_states.h>
_libc = ctypes.CDLL(None)


class BenchError(Exception):
    """Ends the run; its text is for the user."""


def poll(condition, seconds, interval=0.005):
    """The first true value of condition(), or the last false one when the time is over."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(interval)
    return value


def free_port():
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Child:
    """A process and the processes that it has started."""

    def __init__(self, name, command, cores, log):
        self.name = name
        self._log = log
        self._buffer = b""

        def prepare():
            os.sched_setaffinity(0, cores)
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

        try:
            with log.open("wb") as stderr:
                self._process = subprocess.Popen(
                    [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=stderr, cwd=log.parent, preexec_fn=prepare, start_new_session=True)
        except OSError as error:
            raise BenchError(f"{name} cannot be started: {error}") from error
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def log_tail(self, lines=8):
        text = self._log.read_text(errors="replace").strip()
        return "\n".join("    " + line for line in text.splitlines()[-lines:]) or "    (it said nothing)"

    def alive(self):
        return self._process.poll() is None

    def failure(self, what):
        status = self._process.poll()
        ended = "" if status is None else f" (it ended with status {status})"
        return BenchError(f"{self.name} {what}{ended}; its last words:\n{self.log_tail()}")

    def pids(self):
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError, IndexError):
                    with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                        parents[int(entry)] = int(stat.read().rpartition(")")[2].split()[1])
        family = [self.pid]
        for pid in family:
            family.extend(child for child, parent in parents.items() if parent == pid)
        return family

    def listens_on(self, port):
        """Whether one of the processes holds the listening socket: nothing else can be mistaken for it."""
        inodes = set()
        with open("/proc/net/tcp", encoding="ascii") as table:
            for row in list(table)[1:]:
                fields = row.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
        for pid in self.pids() if inodes else ():
            with contextlib.suppress(OSError):
                for number in os.listdir(f"/proc/{pid}/fd"):
                    with contextlib.suppress(OSError):
                        if os.readlink(f"/proc/{pid}/fd/{number}") in inodes:
                            return True
        return False

    def cpu(self):
        """Seconds of user and system time of all threads, past ones included, to the nanosecond."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                total += time.clock_gettime_ns((~pid << 3) | _CPUCLOCK_SCHED)
        return total / 1e9

    def settled_cpu(self):
        """The same when nothing runs any more."""
        last = [-1.0]

        def quiet():
            before, last[0] = last[0], self.cpu()
            return last[0] == before

        if not poll(quiet, 10, interval=0.01):
            raise self.failure("does not come to rest")
        return last[0]

    def pss(self):
        """Proportional set size in bytes."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
                total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        return total * 1024

    def say(self, line):
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise self.failure("does not listen to us") from error

    def line(self, what, seconds=PATIENCE):
        """The next line of its output."""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    raise self.failure(f"did not finish within {seconds} seconds: {what}")
                piece = os.read(self._process.stdout.fileno(), 65536)
                if not piece:
                    self._process.wait()
                    raise self.failure(f"gave up: {what}")
                self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()

    def stop(self):
        pids = self.pids() if self.alive() else []
        if pids:
            self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            for pid in pids:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()
