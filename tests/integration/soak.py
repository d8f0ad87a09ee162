"""Connections that come and go without a pause, a reload every five seconds with another certificate, and a replacement of one
end every minute: no connection fails, and neither memory nor descriptors grow. Twenty minutes with scripts/test --all."""

import contextlib
import os
import signal
import time
from collections import Counter

from harness.callers import Callers
from harness.certificates import Pki
from harness.persona import CLEAN, Persona, config, write_config
from harness.rotation import Live
from harness.runner import SANITIZED, amount, case, check, main
from harness.sockets import Server, echo

SECONDS = amount(1_200, 60, 20)
BETWEEN_REPLACEMENTS = amount(60, 20, 8)
BETWEEN_RELOADS = 5
CLIENTS = 4
EACH_SECOND = 25
WARM = 20  # more reloads than threads
BOUND_KIB = 1024


class Measured:
    """What a process has when nothing is open, from when it has warmed up."""

    def __init__(self, persona):
        self.persona = persona
        self.memory, self.descriptors = persona.anonymous_kib(), persona.settled_descriptors()

    def check_flat(self):
        grown = self.persona.anonymous_kib() - self.memory
        more = self.persona.settled_descriptors() - self.descriptors
        print(f"{self.persona.name}: {grown} KiB more than {self.memory} KiB, {more} descriptors more than {self.descriptors}")
        check(SANITIZED or grown < BOUND_KIB, f"the memory of {self.persona.name} grew by {grown} KiB")
        check(more <= 0, f"{self.persona.name} has {more} descriptors more")


class Pair:
    """A persona before another in mode gateway, with clients that come all the time."""

    def __init__(self, case):
        self._case = case
        pki = Pki(case)
        self._identities = [pki.client, pki.ca.issue("client")]
        self._live = Live(case, self._identities[0], [pki.ca])
        self.far = Persona(case, config(pki, service=Server(case, echo, failing=True)), "gateway")
        self._path = write_config(case, config(pki, gateway=self.far, **self._live.config()), "persona")
        self.near = Persona(case, self._path, "persona")
        self._reloads = Counter()
        self.served = 0

    @contextlib.contextmanager
    def busy(self):
        with contextlib.ExitStack() as coming:
            callers = [coming.enter_context(Callers(self.near.address, EACH_SECOND)) for _ in range(CLIENTS)]
            yield
        for each in callers:
            each.check()
            self.served += each.served

    def reload(self):
        """Another certificate, used by now."""
        self._identities.reverse()
        self._live.put(self._identities[0])
        for each in (self.near, self.far):
            each.signal(signal.SIGHUP)
            self._reloads[each.pid] += 1
            each.wait_log("reloaded", count=self._reloads[each.pid], cause="asked")

    def warm_up(self):
        """Every thread that loads something has done so."""
        with self.busy():
            for _ in range(WARM):
                self.reload()

    def replace(self):
        with self.busy():
            following = Persona(self._case, self._path, "persona", options=["--replace"])
            self.near.wait_stopped()
        self.near = following


@case("churn, reloads and replacements", deadline=SECONDS + 240)
def churn(case):
    os.environ["RUNTIME_DIRECTORY"] = str(case.folder)
    pair = Pair(case)
    pair.warm_up()
    far, near = Measured(pair.far), Measured(pair.near)
    ends = time.monotonic() + SECONDS
    replaced = 0
    while time.monotonic() < ends:
        replacement_due = time.monotonic() + BETWEEN_REPLACEMENTS
        with pair.busy():
            while (left := min(ends, replacement_due) - time.monotonic()) > 0:
                time.sleep(min(left, BETWEEN_RELOADS))  # the clients go on: nothing is waited for
                pair.reload()
        near.check_flat()
        pair.replace()
        replaced += 1
        pair.warm_up()
        near = Measured(pair.near)
    far.check_flat()
    print(f"{pair.served} connections, {replaced} replacements")
    for each in (pair.near, pair.far):
        each.stop()
        bad = [line for line in each.find("connection closed") if line["reason"] not in CLEAN]
        check(not bad, "connections that failed", bad[:3])


main()
