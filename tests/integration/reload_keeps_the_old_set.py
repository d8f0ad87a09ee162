"""What is on disk changes to something unusable: what is in use stays in use, the log says why, and the next good set is
used."""

import json
import signal

from harness.certificates import Pki
from harness.persona import Persona, config, native, write_config
from harness.rotation import REFUSED, Live, Witness, put, serial, wait_refused, wait_reloaded
from harness.runner import case, check, equal, main
from harness.sockets import Server, connect, expect_echo


class Scene:
    """A persona whose files are to be broken, with a connection that has to survive it."""

    def __init__(self, case, **reload):
        self.pki = Pki(case)
        self.live = Live(case, self.pki.client, [self.pki.ca])
        self.witness = Witness(self.pki.server_context())
        gateway = Server(case, self.witness)
        self.content = config(self.pki, gateway=gateway, **self.live.config(), reload=reload)
        self.file = write_config(case, self.content)
        self.persona = Persona(case, self.file)
        self.long = connect(self.persona.address)
        self.still_serves(self.pki.client)

    def still_serves(self, credential):
        """New connections present this certificate, and the old connection lives."""
        with connect(self.persona.address) as client:
            expect_echo(client)
        self.witness.saw_last(credential)
        expect_echo(self.long, b"still here")

    def end(self):
        self.long.close()


def breakages(scene, case):
    """What to do to the files, and what must be said of it."""
    live, other = scene.live, scene.pki.ca.issue("other")
    good = live.certificate.read_bytes()

    def half_written():
        with live.certificate.open("wb") as file:  # in place, and its writer has not come further
            file.write(good[:len(good) // 2])

    yield "mismatched key", lambda: put(live.key, other.key.read_bytes()), "does not match the certificate"
    yield "truncated certificate", lambda: put(live.certificate, good[:200]), native(live.certificate)
    yield "half-written certificate", half_written, native(live.certificate)
    yield "empty certificate", lambda: put(live.certificate, b""), native(live.certificate)
    yield "missing certificate", live.certificate.unlink, "no such file"
    yield "truncated key", lambda: put(live.key, scene.pki.client.key.read_bytes()[:80]), native(live.key)
    yield "empty CA file", lambda: put(live.ca, b""), native(live.ca)
    yield "expired certificate", lambda: live.put(scene.pki.ca.issue("old", expired=True)), "expired 3 days ago"
    yield "broken configuration", lambda: put(scene.file, b"listen: [\n"), "service.yaml:"
    yield "missing configuration", scene.file.unlink, "No such file or directory"
    yield "unknown key", lambda: put(scene.file, json.dumps({**scene.content, "gatway": 1}).encode()), \
        'unknown key "gatway"; did you mean "gateway"?'


@case("whatever is broken, the old set serves on, and the log says what is wrong; then the old and a new one work",
      deadline=120)
def broken(case):
    scene = Scene(case, interval="0s")
    persona = scene.persona
    used = scene.pki.client
    for count, (what, damage, words) in enumerate(breakages(scene, case), 1):
        since = len(persona.log)
        damage()
        line = wait_refused(persona, words, since)
        check(persona.find(line["error"], level="error"), "the finding has no line of its own", line)
        scene.still_serves(used)
        # The old set is back: nothing is reloaded, but it is told that all is well.
        put(scene.file, json.dumps(scene.content, indent=1).encode())
        scene.live.put(used, [scene.pki.ca])
        persona.wait_log("the files are again those in use", count=count)
        scene.still_serves(used)
    new = scene.pki.ca.issue("renewed")
    scene.live.put(new)
    wait_reloaded(persona, new)
    scene.still_serves(new)
    equal(len(persona.find("reloaded")), 1, "reloads that succeeded")
    scene.end()


@case("a refused set is tried again at every interval, and told once")
def told_once(case):
    scene = Scene(case, interval="100ms")
    persona, live = scene.persona, scene.live
    other = scene.pki.ca.issue("other")
    put(live.key, other.key.read_bytes())
    # A change is noticed a quarter of a second after it, so each of these waits for an interval, too.
    for name in ("one", "two", "three"):
        put(live.certificate, scene.pki.ca.issue(name).certificate.read_bytes())
        wait_refused(persona, f"does not match the certificate: CN={name}")
    for name in ("one", "two", "three"):
        equal(len([line for line in persona.log if line["level"] == "error" and line["message"].endswith(f"CN={name}")]),
              1, f"how often CN={name} is told")
    put(live.certificate, other.certificate.read_bytes())
    wait_reloaded(persona, other)
    scene.still_serves(other)
    scene.end()


@case("SIGHUP says so each time")
def signalled(case):
    scene = Scene(case, watch=False)
    persona = scene.persona
    put(scene.live.key, scene.pki.ca.issue("other").key.read_bytes())
    for count in (1, 2):
        persona.signal(signal.SIGHUP)
        line = persona.wait_log(REFUSED, count=count)
        equal(line["cause"], "asked", "cause")
    scene.still_serves(scene.pki.client)
    scene.end()


@case("all findings are told, each with its place in the configuration")
def all_findings(case):
    scene = Scene(case, watch=False)
    scene.live.certificate.unlink()
    put(scene.live.ca, b"nonsense")
    scene.persona.signal(signal.SIGHUP)
    equal(scene.persona.wait_log(REFUSED)["errors"], 2, "findings")
    findings = [line["message"] for line in scene.persona.log if line["level"] == "error"]
    equal(len(findings), 2, f"lines of findings ({findings})")
    lines = scene.file.read_text().splitlines()
    for finding in findings:
        place = finding.removeprefix(f"{scene.file}:").split(":")
        check(str(scene.live.folder) in lines[int(place[0]) - 1], "the place is not that of the file", finding)
    scene.still_serves(scene.pki.client)
    scene.end()


main()
