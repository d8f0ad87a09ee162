"""Connections through a persona, and whether they fail."""

import contextlib
import threading

from harness.persona import CLEAN
from harness.runner import check, equal
from harness.sockets import connect, expect_echo, read_to_end


def serves(persona):
    with connect(persona.address) as client:
        expect_echo(client)


def is_refused(persona):
    with connect(persona.address) as client, contextlib.suppress(ConnectionError):
        client.sendall(b"hello")
        equal(read_to_end(client)[0], b"", "bytes of a service that is not ours")


class Traffic:
    """A connection that stays, and others that come and go, through `persona`. None may fail, in the log of any of `all_of_them`."""

    def __init__(self, case, persona, all_of_them):
        self._persona = persona
        self._all = all_of_them
        self._stays = connect(persona.address)
        case.defer(self._stays.close)
        expect_echo(self._stays, b"before")
        self._ending = threading.Event()
        self._errors = []
        self.short = 0  # that have come and gone
        self._thread = threading.Thread(target=self._come_and_go, daemon=True)
        self._thread.start()

    def _come_and_go(self):
        try:
            while not self._ending.is_set():
                serves(self._persona)
                self.short += 1
        except Exception as error:
            self._errors.append(error)

    def end(self):
        self._ending.set()
        self._thread.join(30)
        equal(self._errors, [], "connections that failed")
        check(self.short > 0, "nobody came")
        expect_echo(self._stays, b"after")
        self._stays.close()
        for persona in self._all:
            persona.wait_closed(self.short + 1)
            equal(set(persona.closed) - CLEAN, set(), f"reasons of ends {persona.closed}")
