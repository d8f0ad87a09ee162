"""persona as a Windows service: its verbs, and its log, which is in a file because nobody has its standard streams."""

import contextlib
import itertools
import json
import os
import subprocess
import time

from . import process
from .persona import BINARY, address_of, cli, write_config
from .runner import check
from .sockets import text

_numbers = itertools.count(1)


def unused_name():
    """Of a service. The system's services are the same for all tests that run at once."""
    return f"persona-test-{os.getpid()}-{next(_numbers)}"


def windows(program, *arguments):
    """Runs a program of Windows itself."""
    return process.run(process.RUNNER, program, *arguments)


def registry(key):
    """The values below a key of HKEY_LOCAL_MACHINE in words; empty if it is not there."""
    asked = subprocess.run(process.command(process.RUNNER, "reg.exe", "query", rf"HKLM\{key}", "/s"), timeout=60,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return process.decoded(asked.stdout).strip() if asked.returncode == 0 else ""


def is_installed(name):
    return bool(registry(rf"SYSTEM\CurrentControlSet\Services\{name}"))


def event_source(name):
    return registry(rf"SYSTEM\CurrentControlSet\Services\EventLog\Application\{name}")


class Service:
    """Installed, not started. It is uninstalled with the case."""

    def __init__(self, case, content, *options):
        self.name = unused_name()
        self._log_path = case.folder / f"{self.name}.log"
        self.content = {**content, "log": {"format": "json", "file": str(self._log_path)}}
        self.config = write_config(case, self.content, self.name)
        self._case = case
        case.defer(self._remove)
        self.installed = self.verb("install", "--config", self.config, *options)

    def __str__(self):
        return text(self.address)

    def _remove(self):
        # Of a case that has failed already, too.
        with contextlib.suppress(AssertionError):
            self.verb("uninstall")
        check(not is_installed(self.name), f"{self.name} is still there")

    def verb(self, verb, *options, expect=0):
        return cli("service", verb, "--name", self.name, *options, expect=expect)

    def write(self, content):
        """Another configuration, for the same log."""
        write_config(self._case, {**content, "log": self.content["log"]} if isinstance(content, dict) else content, self.name)

    def start(self):
        """It listens when `start` returns; its log is written by a thread of its own."""
        before = len(self.find("listening"))
        output = self.verb("start")
        self.address = address_of(self.wait_log("listening", count=before + 1)["address"])
        return output

    def stop(self, cut=0):
        output = self.verb("stop")
        self.wait_log("stopped", count=len(self.find("stopped")) or 1, connections_cut=cut)
        return output

    def log(self):
        return [json.loads(line) for line in self._log_path.read_text().splitlines()] if self._log_path.exists() else []

    def find(self, message, **fields):
        return [line for line in self.log() if line.get("message") == message
                and all(line.get(key) == value for key, value in fields.items())]

    def wait_log(self, message, count=1, timeout=20, **fields):
        """The count-th line with this message and these fields."""
        deadline = time.monotonic() + timeout
        while len(found := self.find(message, **fields)) < count:
            check(time.monotonic() < deadline, f"{self.name} without log line {message!r} {fields or ''}", self.tail())
            time.sleep(0.02)
        return found[count - 1]

    def tail(self):
        return self.log()[-12:]

    def wait_status(self, words, timeout=20):
        """Until `status` says this."""
        deadline = time.monotonic() + timeout
        while words not in (output := process.run(BINARY, "service", "status", "--name", self.name, expect=None)):
            check(time.monotonic() < deadline, f"{self.name} is not {words!r}", output)
        return output
