"""The gateways that the forwarders dial. They live for the whole run."""

import contextlib
import json
import subprocess

import forwarders
from process import BenchError, Child, poll

CLASSICAL = "X25519"
HYBRID = "X25519MLKEM768"


class Gateway:
    """bench_load's. No `pki`: plain TCP. `tickets`: per handshake. `live_first`: handshakes wait for live connections."""

    def __init__(self, program, cores, folder, name, pki=None, groups=CLASSICAL, tickets=0, live_first=False):
        command = [program, "gateway"]
        if pki:
            command += ["--certificate", pki.gateway.certificate, "--key", pki.gateway.key, "--ca", pki.ca,
                        "--groups", groups, "--tickets", tickets, "--live-first", int(live_first)]
        self.pki = pki
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


class PersonaGateway:
    """persona with `service:` before a plain gateway: for what the load generator's OpenSSL does not know."""

    def __init__(self, program, cores, folder, name, pki, group, plain):
        self.pki = pki
        self.stats = plain.stats
        self.wait_until_empty = plain.wait_until_empty
        folder = folder / f"gateway-{name}"
        folder.mkdir()

        def configure(at, ends):
            return forwarders.run_persona(at, ends.folder, {
                "listen": f"127.0.0.1:{ends.listen}",
                "service": f"127.0.0.1:{ends.gateway}",
                "identity": {"certificate": str(pki.gateway.certificate), "private_key": str(pki.gateway.key)},
                "trust": {"ca": str(pki.ca)},
                "tls": {"min_version": "1.3", "ciphers": [forwarders.CIPHER], "groups": [group],
                        "resumption": False}})

        gateway = forwarders.Forwarder(f"persona-{name}", "gateway", "", program, configure)
        self._child = forwarders.start(gateway, forwarders.Way(plain.port, pki), folder, cores)
        self.port = self._child.port

    def stop(self):
        self._child.stop()

    def words(self):
        return self._child.log_tail(4)


def _openssl(program):
    """What bench_load is linked with: its version, and whether it knows the hybrid group."""
    done = subprocess.run([program, "openssl"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{program} openssl: {done.stderr.strip()}")
    return json.loads(done.stdout)


class Gateways:
    """By kind: plain | tickets | no-tickets | rsa | storm, and, where something here can be one, hybrid | classical:
    gateways that agree on that group and no other, so that a handshake with one is a proof."""

    def __init__(self, program, persona, cores, folder, pki, rsa):
        self._stack = contextlib.ExitStack()
        self._kinds = {}
        self.no_hybrid = None  # or why there is none

        def add(kind, made):
            self._kinds[kind] = made
            self._stack.callback(made.stop)

        def ours(kind, **options):
            add(kind, Gateway(program, cores, folder, kind, **options))

        with contextlib.ExitStack() as undo:
            undo.callback(self._stack.close)
            ours("plain")
            ours("tickets", pki=pki, tickets=2)
            ours("no-tickets", pki=pki)
            ours("rsa", pki=rsa)
            ours("storm", pki=pki, live_first=True)
            openssl = _openssl(program)
            unknown = forwarders.persona_lacks_hybrid(persona, pki, folder)
            if openssl["hybrid"]:
                ours("hybrid", pki=pki, groups=HYBRID)
                ours("classical", pki=pki)
            elif not unknown:
                for kind, group in (("hybrid", forwarders.OUR_HYBRID), ("classical", "x25519")):
                    add(kind, PersonaGateway(persona, cores, folder, kind, pki, group, self._kinds["plain"]))
            else:
                self.no_hybrid = f"no gateway here knows {HYBRID}: neither {openssl['version']} nor persona ({unknown})"
            undo.pop_all()

    def __getitem__(self, kind):
        return self._kinds[kind]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()
