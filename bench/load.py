"""Drives bench_load: gateways that live for the whole run, and one load generator per measurement."""

import json

from process import BenchError, Child, poll


class Gateway:
    """No `pki`: plain TCP. `tickets`: per handshake. `live_first`: handshakes wait for live connections."""

    def __init__(self, program, cores, folder, name, pki=None, tickets=0, live_first=False):
        command = [program, "gateway"]
        if pki:
            command += ["--certificate", pki.gateway.certificate, "--key", pki.gateway.key, "--ca", pki.ca,
                        "--tickets", tickets, "--live-first", int(live_first)]
        self._child = Child(f"the gateway ({name})", command, cores, folder / f"gateway-{name}.log")
        try:
            self.port = json.loads(self._child.line("its port"))["port"]
        except BaseException:
            self._child.stop()
            raise

    def stop(self):
        self._child.stop()

    def stats(self):
        self._child.say("stats")
        return json.loads(self._child.line("its counters"))

    def wait_until_empty(self):
        if not poll(lambda: self.stats()["open"] == 0, 30, interval=0.01):
            raise self._child.failure("still has connections of a client that is gone")

    def words(self):
        return self._child.log_tail(4)


class Load:
    """One run of the load generator against a forwarder."""

    def __init__(self, bench, forwarder, gateway, what, **options):
        command = [bench.program, what, "--port", forwarder.port]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", value]
        self._what = what
        self._forwarder = forwarder
        self._gateway = gateway
        self._child = Child("the load generator", command, bench.load_cores, bench.folder / "load.log")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.stop()

    def _line(self):
        try:
            return self._child.line(self._what)
        except BenchError as error:
            name = self._forwarder.name
            raise BenchError(f"{name}: {error}\n  {name} said:\n{self._forwarder.log_tail()}"
                             f"\n  the gateway said:\n{self._gateway.words()}") from error

    def wait_ready(self):
        line = self._line()
        if line != "ready":
            raise BenchError(f"the load generator said {line!r} instead of ready")

    def go(self):
        self._child.say("go")
        return json.loads(self._line())

    def hold(self, connections):
        self._child.say(str(connections))
        return json.loads(self._line())
