"""The container image: it runs as anybody, with a read-only root and no capability, as process 1; it says how far its own sandbox
goes in there; and it is the same each time that it is made."""

import json
import os
import pathlib
import re
import signal
import tarfile
import time

from harness import containers
from harness.certificates import Pki
from harness.machine import NameServer
from harness.persona import config
from harness.rotation import Witness, wait_reloaded
from harness.runner import case, check, equal, main
from harness.sockets import Server, connect, expect_echo, reserve_port

CONFIG, TLS = "/etc/persona/config", "/etc/persona/tls"
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
GATEWAY = "gateway.in.cluster.test"  # a name that DNS alone knows


def status_of(pid):
    return dict(re.findall(r"^(\w+):\s*(.*)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))


def wait_no_children(pid):
    """Neither one that runs nor a zombie."""
    deadline = time.monotonic() + 20
    while children := children_of(pid):
        check(time.monotonic() < deadline, "children that have ended are still there", [status_of(child)["State"] for child in children])
        time.sleep(0.02)


def children_of(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


class Pod:
    """A persona whose configuration and certificates are volumes, before a gateway that tells whom it sees."""

    def __init__(self, case, forbidden=containers.FORBIDDEN):
        self.pki = Pki(case)
        self.witness = Witness(self.pki.server_context())
        self.secret, self.map = containers.Volume(case.folder / "secret"), containers.Volume(case.folder / "map")
        self.rotate(self.pki.client)
        NameServer(case).answer()
        gateway = Server(case, self.witness)
        holder, (host, port) = reserve_port()
        case.defer(holder.close)
        self.content = config(
            self.pki, gateway=f"{GATEWAY}:{gateway.address[1]}",
            identity={"certificate": f"{TLS}/tls.crt", "private_key": f"{TLS}/tls.key"}, trust={"ca": f"{TLS}/ca.crt"},
            admin={"listen": f"{host}:{port}"}, reload={"interval": "0s"})
        self.configure()
        self.mounts = [(self.map.folder, CONFIG), (self.secret.folder, TLS)]
        self.path = f"{CONFIG}/service.yaml"
        self.forbidden = forbidden

    def configure(self, **more):
        self.map.put(service_yaml=json.dumps(self.content | more).encode())

    def start(self, case):
        return containers.Container(case, self.path, self.mounts, self.forbidden)

    def rotate(self, credential):
        self.secret.put(tls_crt=credential.certificate, tls_key=credential.key, ca_crt=self.pki.ca.certificate)


@case("demo --once passes as user 65534, with a read-only root, no /tmp and no capability", deadline=150)
def demo(case):
    output = containers.run_to_end(case, "demo", "--once")
    check("3 of 3 checks passed" in output, "the verdict of the demo", output[-800:])


@case("process 1: shut in by the engine and by itself, names by DNS, a Secret that is renewed, an exec probe", deadline=150)
def process_1(case):
    pod = Pod(case)
    persona = pod.start(case)
    status = status_of(persona.pid)
    equal({name: int(status[name], 16) for name in CAPABILITIES}, dict.fromkeys(CAPABILITIES, 0), "capabilities")
    equal((status["Uid"].split(), status["NoNewPrivs"], status["Seccomp"], status["NSpid"].split()[-1]),
          ([str(containers.USER)] * 4, "1", "2", "1"), "user, no_new_privs, seccomp and number in its namespace")
    root = next(line for line in pathlib.Path(f"/proc/{persona.pid}/mountinfo").read_text().splitlines() if line.split()[4] == "/")
    check("ro" in root.split()[5].split(","), "the root can be written", root)
    equal(persona.wait_log("sandbox")["restricts"], "files, ports, system calls, privileges", "persona's own sandbox")
    equal(persona.execute("ready", "--config", pod.path), "ready\n", "the exec probe")
    with connect(persona.address) as client:
        expect_echo(client)
    pod.witness.saw_last(pod.pki.client)
    for count in (2, 3):
        new = pod.pki.ca.issue(f"client{count}")
        pod.rotate(new)
        wait_reloaded(persona, new)
        with connect(persona.address) as client:
            expect_echo(client)
        pod.witness.saw_last(new)


@case("process 1 drains at SIGTERM, and leaves no zombie of a process that it lost", deadline=150)
def drains(case):
    pod = Pod(case)
    persona = pod.start(case)
    broker, = children_of(persona.pid)
    equal(status_of(broker)["Name"], "persona-broker", "the process beside it")
    with connect(persona.address) as client:
        expect_echo(client)
        os.kill(int(broker), signal.SIGKILL)
        persona.wait_log_like("looks up names and opens files for this one has ended")
        wait_no_children(persona.pid)
        persona.signal(signal.SIGTERM)
        persona.wait_log("draining")
        expect_echo(client)  # still
    persona.wait_stopped()


@case("where the engine forbids Landlock, auto says what is missing, and required does not start", deadline=150)
def no_landlock(case):
    forbidden = [*containers.FORBIDDEN, *containers.LANDLOCK]
    pod = Pod(case, forbidden)
    persona = pod.start(case)
    equal(persona.wait_log("sandbox")["restricts"], "system calls, privileges", "persona's own sandbox")
    missing = persona.wait_log_like("no Landlock")["message"]
    check("by a container" in missing, "why", missing)
    with connect(persona.address) as client:
        expect_echo(client)
    persona.stop()
    pod.configure(sandbox="required")
    output = containers.run_to_end(case, "run", "--config", pod.path, mounts=pod.mounts, forbidden=forbidden, expect=2)
    check("no Landlock" in output, "why it does not start", output)


@case("what is in it: one program, a user of its own, licenses, what scanners read; no CAs, nothing to write to", deadline=150)
def content(case):
    manifest = json.loads(containers.blob(containers.description()["digest"]).read_text())
    started = json.loads(containers.blob(manifest["config"]["digest"]).read_text())["config"]
    equal((started["Entrypoint"], started["Cmd"], started["User"]),
          (["/usr/bin/persona"], ["run", "--config", "/etc/persona"], "65532:65532"), "what it starts, as whom")
    with tarfile.open(containers.blob(manifest["layers"][0]["digest"])) as layer:
        members = {member.name: member for member in layer.getmembers()}
    for folder, expected in (("usr/bin", {"persona"}), ("etc", {"group", "nsswitch.conf", "os-release", "passwd", "persona"}),
                             ("", {"dev", "etc", "lib", "lib64", "proc", "run", "sys", "usr", "var"})):
        found = {name.rpartition("/")[2] for name in members if name.rpartition("/")[0] == folder}
        equal(found - {"lib64"}, expected - {"lib64"}, f"/{folder}")  # what the loader's folder is called is the machine's
    for name, member in members.items():
        check(member.uid == 0 and (member.issym() or member.mode & 0o7022 == 0), f"{name} can be written or has a special bit",
              member.uid, oct(member.mode))
    packages = {name.rpartition("/")[2] for name in members if "/status.d/" in name}
    check({"libc6", "libstdc++6", "libuv1-dev"} <= packages, "packages that scanners find", packages)
    for license in ("persona/LICENSE", *(f"{package}/copyright" for package in packages)):
        check(f"usr/share/doc/{license}" in members and members[f"usr/share/doc/{license}"].size > 0, f"no {license}")


@case("made again, elsewhere and by another umask and time zone, it has the same digest", deadline=150)
def reproducible(case):
    first = containers.description()["digest"]
    folder = case.folder / "elsewhere"
    again = containers.make_image(folder, env=os.environ | {"TZ": "Pacific/Auckland"}, umask=0o077)
    equal(again, first, "digest")
    check((folder / "persona.tar").read_bytes() == (containers.image() / "persona.tar").read_bytes(), "the archives differ")


containers.enter_or_skip({})
main()
