"""The program under test: its configuration, its log and its end."""

import collections
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from . import log_schema, process
from .certificates import Pki
from .runner import SANITIZED, Failure, check, equal
from .sockets import connect, read_to_end, text

BINARY = os.environ.get("PERSONA_BIN") or str(
    pathlib.Path(__file__).resolve().parents[3] / "build" / "release" / "bin" / "persona")
SANITIZER_REPORT = re.compile(r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:")

# For a reload to a gateway on a port that persona did not start with, which its sandbox would refuse.
ANY_PORT = {"sandbox": "off"}

CLEAN = frozenset({"local_closed", "gateway_closed"})  # where both ends leave, which one is seen first is chance


def config(pki, gateway=None, service=None, negotiate=None, **more):
    """A configuration as a dict. JSON is YAML, so it is written as it is. `negotiate`: the gateway is such a database."""
    if gateway is not None:
        addresses = [str(address) for address in (gateway if isinstance(gateway, list) else [gateway])]
        ours = {"gateway": {"address": addresses, "server_name": Pki.GATEWAY_NAME}, "identity": pki.client.config()}
        if negotiate:
            ours["gateway"]["negotiate"] = negotiate
    else:
        ours = {"service": str(service), "identity": pki.gateway.config()}
    return {"listen": "127.0.0.1:0", **ours, "trust": {"ca": str(pki.ca.certificate)}, "threads": 2,
            "log": {"format": "json"}, **more}


def write_config(case, content, name="service"):
    path = case.folder / f"{name}.yaml"
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def native(path):
    """As the program writes a path that it was given."""
    return str(path).replace("/", "\\") if process.RUNNER else str(path)


def address_of(logged):
    """What to connect to, from what is logged."""
    if logged.startswith("unix:"):
        return logged.removeprefix("unix:")
    host, port = logged.rsplit(":", 1)
    return host.strip("[]"), int(port)


def fails(persona, error, reason="handshake_failed"):
    """A connection to it comes to nothing, for a reason that is told."""
    with contextlib.suppress(ConnectionResetError), connect(persona.address) as client:  # it may be over as connect() returns
        read_to_end(client)
    return persona.next_close(reason, error)


def cli(*arguments, expect=0, prefix=(), timeout=60):
    """Runs the program to its end; returns what it wrote to both streams."""
    done = subprocess.run(process.command(*prefix, BINARY, *arguments), timeout=timeout, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.decoded(done.stdout)
    check(not SANITIZER_REPORT.search(output), "a sanitizer found something", output[-4000:])
    equal(done.returncode, expect, f"exit code of persona {' '.join(map(str, arguments))} ({output[-800:].strip()})")
    return output


def verify_cases(path, *provider):
    """The verifier's verdicts on a file in x509-limbo's format, a dict each: id, accepted, reason, sentence. `provider`:
    "mbedtls" where the default one is not meant."""
    tool = pathlib.Path(BINARY).with_stem("verify_cases")
    return [json.loads(line) for line in process.run(tool, path, *provider, timeout=120).splitlines()]


def environment():
    """For a program that a sanitizer looks into: root sees into every process, anybody else only into one that lets
    itself be seen."""
    return os.environ if process.as_root() else os.environ | {"PERSONA_DUMPABLE": "1"}


class Persona(process.Process):
    """`persona run`, ready for connections. It is stopped with the case, and must end cleanly."""

    def __init__(self, case, content, name="service", is_ready=True, variables=None, prefix=(), options=()):
        """`variables`: of its environment, besides ours; `prefix`: what starts it, a command line; `options`: of `run`,
        besides its configuration."""
        self.log = []  # parsed lines, in the order written
        self.closed = collections.Counter()  # connections, by reason
        self._closes_seen = 0
        self._stopped = False
        self._variables, self._prefix, self._options = variables or {}, prefix, options
        path = content if isinstance(content, pathlib.Path) else write_config(case, content, name)
        self._start(case, path, name)
        if is_ready:
            try:
                self.wait_log("ready")
            except Failure:
                # One program in some hundreds ends under a busy Wine before it has done anything. Ours says why it ends.
                if not process.RUNNER or self.lines:
                    raise
                print("  Wine did not start the program: once more", flush=True)
                self._start(case, path, name)
                self.wait_log("ready")
            self.address = address_of(self.listening()[0]["address"])

    def _start(self, case, path, name):
        super().__init__(case, *self._prefix, BINARY, "run", "--config", path, *self._options, name=f"persona {name}",
                         env={**environment(), **self._variables})
        case.defer(self._stop_at_the_end, case)  # before it is killed, which was deferred earlier

    def __str__(self):
        return text(self.address)

    def _received(self, line):
        with self._changed:
            try:
                parsed = json.loads(line)
                self.log.append(parsed)
                if parsed.get("message") == "connection closed":
                    self.closed[parsed["reason"]] += 1
            except ValueError:
                pass  # what is written before the log's format is known, and sanitizer reports: in `lines`
            super()._received(line)

    def listening(self):
        return [line for line in self.log if line.get("message") == "listening"]

    def find(self, message, **fields):
        return [line for line in list(self.log) if line.get("message") == message
                and all(line.get(key) == value for key, value in fields.items())]

    def wait_log(self, message, count=1, timeout=20, **fields):
        """The count-th line with this message and these fields, waiting for it."""
        what = f"log line {message!r} {fields or ''} number {count}"
        return self.wait_until(lambda: self.find(message, **fields)[count - 1:], what, timeout)[0]

    def wait_log_like(self, words, timeout=20):
        """The first line whose message has these words, waiting for it."""
        return self.wait_until(lambda: [line for line in list(self.log) if words in line.get("message", "")],
                               f"a log line with {words!r}", timeout)[0]

    def next_close(self, reason=None, error=None, timeout=20):
        """The next connection that ended, in the order of the log, with the reason and words that are expected."""
        self._closes_seen += 1
        line = self.wait_log("connection closed", count=self._closes_seen, timeout=timeout)
        if reason is CLEAN:
            check(line.get("reason") in CLEAN, "no clean end", line)
        elif reason:
            equal(line.get("reason"), reason, f"reason of {line}")
        if error:
            check(error in line.get("error", ""), f"the error does not say {error!r}", line)
            self.wait_until(lambda: any(one.get("message") == line["error"] and one.get("level") == "warn"
                                        for one in self.log), f"a warning {line['error']!r}")
        return line

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def settled_descriptors(self, timeout=10):
        """Their number once it no longer changes: a descriptor goes a moment after its connection's last line."""
        deadline = time.monotonic() + timeout
        count, unchanged = self.descriptors(), 0
        while unchanged < 10:
            check(time.monotonic() < deadline, "the number of descriptors does not settle")
            time.sleep(0.02)
            before, count = count, self.descriptors()
            unchanged = unchanged + 1 if count == before else 0
        return count

    def wait_descriptors(self, fits, what, timeout=20):
        deadline = time.monotonic() + timeout
        while not fits(count := self.descriptors()):
            check(time.monotonic() < deadline, f"the descriptors are not {what}", count)
            time.sleep(0.02)

    def resident_kib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def anonymous_kib(self):
        """Its heap and stacks. What it shares of its program with others that come and go does not count."""
        rollup = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Anonymous:\s+(\d+)", rollup, re.MULTILINE).group(1))

    def proportional_kib(self):
        """PSS: what of the memory it shares is its share."""
        rollup = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE).group(1))

    def wait_closed(self, count, timeout=60):
        """So many connections have ended, in whatever way."""
        self.wait_until(lambda: self.closed.total() >= count, f"{count} connections closed", timeout)

    def stop(self, cut=0, code=0):
        """Asks it to drain and asserts that nothing was left behind. Done for every case; idempotent."""
        if self._stopped:
            return
        if self.running():
            self.signal(signal.SIGTERM)
        self.wait_stopped(cut, code)

    def force(self, timeout=20):
        """Tells a persona that drains to stop, again and again: orders that follow at once count as the first."""
        deadline = time.monotonic() + timeout
        while not self.find("forced to stop"):
            check(time.monotonic() < deadline, f"{self.name} is not forced to stop", self.tail())
            self.signal(signal.SIGTERM)
            with self._changed:
                self._changed.wait(0.1)

    def _stop_at_the_end(self, case):
        if not case.failed:
            self.stop()
        elif not self._stopped:
            # The case has its reason already; only what a sanitizer says could explain it.
            with contextlib.suppress(Failure):
                self.signal(signal.SIGTERM)
                self.wait_log("draining", timeout=5)
                self.force(timeout=5)
                self.wait(timeout=10)
            self._check_sanitizer()

    def _check_sanitizer(self):
        report = "\n".join(self.lines)
        check(not SANITIZER_REPORT.search(report), "a sanitizer found something", report[-6000:])

    def ends_otherwise(self):
        """It is not persona's own end that it comes to: it is just killed."""
        self._stopped = True

    def wait_stopped(self, cut=0, code=0):
        self._stopped = True
        # Longer than the default timeouts.shutdown, so that what it cuts is told from what hangs.
        exit_code = self.wait(timeout=100 if SANITIZED else 45)
        self._check_sanitizer()
        log_schema.check_lines(line for line in self.log if isinstance(line, dict))
        check(not any("loop not closed" in line for line in self.lines), "a handle leaked", self.tail())
        check(exit_code == code, f"{self.name} exited with {exit_code} instead of {code}", self.tail(30))
        stopped = self.find("stopped")
        if stopped and cut is not None:
            equal(stopped[0].get("connections_cut"), cut, f"connections cut at the end{self.tail()}")


def pair(case, pki, service, persona=None, gateway=None):
    """A persona that dials a persona gateway that dials `service`."""
    far = Persona(case, config(pki, service=service, **(gateway or {})), "gateway")
    near = Persona(case, config(pki, gateway=far, **(persona or {})), "persona")
    return near, far
