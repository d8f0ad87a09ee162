"""Drives bench_load as the load generator: one process per measurement."""

import json

from process import BenchError, Child


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
