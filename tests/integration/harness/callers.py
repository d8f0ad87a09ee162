"""Clients that come all the time, while something else changes."""

import threading

from .runner import check, equal
from .sockets import connect, expect_echo


class Callers:
    """Clients that connect, send, receive and leave, one after the other, until told to stop: as fast as they can, or so many
    in each second at the most."""

    def __init__(self, address, each_second=None):
        self.address = address
        self._pause = 1 / each_second if each_second else 0
        self.served = 0
        self.failures = []
        self._some = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._call, daemon=True)

    def _call(self):
        while not self._over.wait(self._pause):
            try:
                with connect(self.address) as client:
                    expect_echo(client)
                self.served += 1
            except Exception as failure:  # noqa: BLE001 whatever it is, the case fails with it
                self.failures.append(repr(failure))
            self._some.set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, failed, *_):
        if not failed:  # what they are beside may have been over before the first of them came
            self._some.wait(60)
        self._over.set()
        self._thread.join(60)
        check(not self._thread.is_alive(), "a client hangs")

    def check(self):
        check(self.served > 0, "no client was served")
        equal(self.failures, [], "failures of clients")
