"""`identity.spiffe`: SVIDs and bundles of an agent, by SPIFFE's Workload API, at both ends: the first ones, what becomes of connections
while they are rotated, agents that refuse, lie, are silent or die."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from harness.persona import BINARY, CLEAN, Persona, cli, write_config
from harness.rotation import serial
from harness.runner import SANITIZED, amount, case, check, equal, main
from harness.sockets import Server, echo
from harness.traffic import Traffic, is_refused, serves
from harness.spiffe import Agent, TrustDomain, key_of, of_pem, svid

DOMAIN, OTHER = "spiffe://example.org", "spiffe://example.com"
DATABASE, APP = f"{DOMAIN}/db", f"{DOMAIN}/app/reports"
PROGRAM = pathlib.Path(BINARY).parent / "../libexec/persona/persona-spiffe"
# With sanitizers a process cannot be confined all the way.
SANDBOX = "auto" if SANITIZED else "required"


def identity(agent, wait="20s", **more):
    return {"identity": {"spiffe": str(agent), "spiffe_wait": wait, **more}}


def database_config(agent, service, **more):
    return {"listen": "127.0.0.1:0", "service": str(service), "clients": {"allow": {"uri": [f"{DOMAIN}/app/*"]}},
            "log": {"format": "json"}, "sandbox": SANDBOX, **identity(agent), **more}


def app_config(agent, gateway, server_name=DATABASE, **more):
    return {"listen": "127.0.0.1:0", "gateway": {"address": str(gateway), "server_name": server_name}, "log": {"format": "json"},
            "sandbox": SANDBOX, **identity(agent), **more}


def children_of(pid):
    """Their names, by process id."""
    numbers = [int(each) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()]
    return {number: pathlib.Path(f"/proc/{number}/comm").read_text().strip() for number in numbers}


def asking(persona):
    return next(number for number, name in children_of(persona.pid).items() if name == "persona-spiffe")


def wait_gone(number):
    """Its parent has ended, so that who has it now, and may not wait for it, is not ours."""
    deadline = time.monotonic() + 20
    with contextlib.suppress(FileNotFoundError):
        while "Z (zombie)" not in pathlib.Path(f"/proc/{number}/status").read_text():
            check(time.monotonic() < deadline, "persona-spiffe does not end")
            time.sleep(0.02)


class Scene:
    """Two personas, each with an agent of its own, and an echo behind them."""

    def __init__(self, case):
        self.domain = TrustDomain(case.folder, "trust domain")
        self.agents = {DATABASE: Agent(case, "db").start(), APP: Agent(case, "app").start()}
        self.svids = {}
        for spiffe_id in self.agents:
            self.rotate(spiffe_id)
        self.database = Persona(case, database_config(self.agents[DATABASE], Server(case, echo)), "database")
        self.app = Persona(case, app_config(self.agents[APP], self.database), "app")
        self.personas = {DATABASE: self.database, APP: self.app}

    def rotate(self, spiffe_id, domain=None, *bundle):
        """A new SVID of the domain's CA; `bundle`: other CAs than that one alone."""
        made = (domain or self.domain).svid(spiffe_id)
        self.svids[spiffe_id] = made
        self.agents[spiffe_id].push(svid(spiffe_id, made, *(bundle or (domain or self.domain,))))
        return made

    def wait_used(self, spiffe_id):
        """The last SVID is."""
        line = self.personas[spiffe_id].wait_log("reloaded", serial=serial(self.svids[spiffe_id]))
        equal(line["certificate"], spiffe_id, "the certificate's name in the log")


@case("SVIDs and bundles are rotated as they are pushed, while connections come, go and stay: none fails", deadline=120)
def rotated(case):
    scene = Scene(case)
    traffic = Traffic(case, scene.app, scene.personas.values())
    for _ in range(amount(20, 4, 2)):
        for spiffe_id in scene.agents:
            scene.rotate(spiffe_id)
            scene.wait_used(spiffe_id)
    old, new = scene.domain, TrustDomain(case.folder, "next ca of the domain")
    for bundle in ((old, new), (new,)):  # both CAs, then SVIDs of the new one, then that one alone
        for spiffe_id in scene.agents:
            scene.rotate(spiffe_id, new if bundle == (new,) else old, old, new)
            scene.wait_used(spiffe_id)
    for spiffe_id in scene.agents:
        scene.rotate(spiffe_id, new)
        scene.wait_used(spiffe_id)
    traffic.end()
    # Just after the start files are looked at once more, which may find what was pushed.
    causes = {line["cause"] for persona in scene.personas.values() for line in persona.find("reloaded")}
    check("pushed" in causes and causes <= {"pushed", "files changed"}, "why it was reloaded", causes)
    scene.app.stop()
    # The bundle is what counts: whom the old CA has issued is not let in any more.
    scene.agents[APP].push(svid(APP, old.svid(APP), new))
    late = Persona(case, app_config(scene.agents[APP], scene.database), "late")
    is_refused(late)
    line = scene.database.wait_log("connection closed", reason="verify_failed")
    equal(line["verify_reason"], "untrusted_issuer", "why")


@case("the gateway knows its client by ID; in the process that forwards there is no gRPC, and who asks ends with it")
def at_rest(case):
    scene = Scene(case)
    serves(scene.app)
    equal(scene.database.next_close(CLEAN)["peer"], APP, "the client in the gateway's line")
    check("grpc" not in pathlib.Path(f"/proc/{scene.app.pid}/maps").read_text(), "gRPC is loaded")
    asks = asking(scene.app)
    if not SANITIZED:
        status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{asks}/status").read_text().splitlines() if ":\t" in line)
        equal((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"), "what confines persona-spiffe")
    os.kill(asks, signal.SIGTERM)  # of a whole group or service
    scene.rotate(APP)
    scene.wait_used(APP)
    scene.app.signal(signal.SIGKILL)
    scene.app.ends_otherwise()
    wait_gone(asks)


@case("a CRL that an agent pushes counts, and a broken one is refused")
def revoked(case):
    scene = Scene(case)
    serves(scene.app)
    scene.database.next_close(CLEAN)
    made = scene.domain.svid(DATABASE)
    scene.agents[DATABASE].push(svid(DATABASE, made, scene.domain), crl=[b"0" * 20])
    scene.database.wait_log_like("the CRL in what belongs to the bundle of example.org cannot be parsed")
    scene.agents[DATABASE].push(svid(DATABASE, made, scene.domain), crl=[scene.domain.revoking(scene.svids[APP])])
    scene.database.wait_log("reloaded", serial=serial(made))
    is_refused(scene.app)
    equal(scene.database.wait_log("connection closed", reason="verify_failed")["verify_reason"], "revoked", "why")


@case("what an agent pushes that cannot be used changes nothing, and is told; the next good one is used")
def refused(case):
    scene = Scene(case)
    agent, made, domain = scene.agents[APP], scene.svids[APP], scene.domain
    other = domain.svid(APP)
    pushes = {
        "cannot be parsed": svid(APP, made, domain, x509_svid_key=b"\x30\x03\x02\x01\x00" + b"x" * 40),
        "the private key does not match the certificate": svid(APP, made, domain, x509_svid_key=key_of(other)),
        "first certificate": svid(f"{DOMAIN}/web", made, domain),
        "without a private key": svid(APP, made, domain, x509_svid_key=b""),
        "without a bundle": svid(APP, made, domain, bundle=b""),
        "the SVID spiffe://example.org/app/reports": svid(APP, made, domain, x509_svid=b"\x30\x82\xff\xff" + os.urandom(200)),
        "the bundle of example.org": svid(APP, made, domain, bundle=os.urandom(100)),
        "certificate expired": svid(APP, domain.svid(APP, since=-60, minutes=-1), domain),
        "which is no SPIFFE ID": svid("https://example.org/app", made, domain)}
    for words, pushed in pushes.items():
        before = len(scene.app.log)
        agent.push(pushed)
        scene.app.wait_until(lambda: any(words in line.get("message", "") for line in scene.app.log[before:]), f"{words!r} in the log")
        serves(scene.app)
    for words, content in (("no SVID is in it", b""), ("is no X509SVIDResponse", b"\xff" * 300),
                           ("refuses (gRPC code 8)", b"\x12" + b"\xff\xff\xff\x02" + bytes(0x5fffff))):
        before = len(scene.app.log)
        agent.push_bytes(content)
        scene.app.wait_until(lambda: any(words in line.get("message", "") for line in scene.app.log[before:]), f"{words!r} in the log")
        serves(scene.app)
    scene.rotate(APP)
    scene.wait_used(APP)
    equal({line["reason"] for line in scene.app.find("connection closed")} - CLEAN, set(), "ends")


@case("an agent that dies is asked until it is back, and its last SVID goes on being used; one that ends, too, if it is persona-spiffe")
def away(case):
    scene = Scene(case)
    agent = scene.agents[APP]
    agent.stop()
    scene.app.wait_log_like("; what it gave last stays in use until it gives more")
    serves(scene.app)
    agent.start()
    scene.rotate(APP)
    scene.wait_used(APP)
    scene.app.wait_log(f"the SPIFFE agent at {agent} gives SVIDs again")
    agent.deny()
    scene.app.wait_log_like("has no identity for this process")
    serves(scene.app)
    os.kill(asking(scene.app), signal.SIGKILL)
    line = scene.app.wait_log_like("the program that asks the SPIFFE agent")
    equal(line["level"], "error", "its level")
    serves(scene.app)


@case("no identity, no answer, no agent: persona waits, says for what, and ends as without its files")
def never(case):
    domain = TrustDomain(case.folder, "trust domain")
    denying, silent = Agent(case, "denying").start(), socket.socket(socket.AF_UNIX)
    denying.deny()
    silent.bind(str(case.folder / "silent.sock"))
    silent.listen(8)
    case.defer(silent.close)
    for agent, words in ((denying, "has no identity for this process (uid"), (f"unix:{case.folder}/silent.sock", "has not answered"),
                         (f"unix:{case.folder}/none.sock", "is away")):
        path = write_config(case, app_config(agent, "127.0.0.1:1", **identity(agent, "300ms")))
        output = cli("run", "--config", path, expect=2)
        check("identity.spiffe: no SVID within 300ms: " in output and words in output, f"without {words!r}", output)
        check(f"{path}:" in output, "it does not say where", output)
    # One that is registered a little later, while persona waits.
    program = Persona(case, {**app_config(denying, "127.0.0.1:1"), **identity(denying, "60s")}, "waiting", is_ready=False)
    program.wait_line("waiting for an SVID, 1m at the most (identity.spiffe_wait): ")
    denying.push(svid(APP, domain.svid(APP), domain))
    program.wait_log("ready")


@case("of several SVIDs the first counts, or the one that is named; check and doctor ask once and say what came")
def several(case):
    domain, other = TrustDomain(case.folder, "trust domain"), TrustDomain(case.folder, "other domain")
    agent = Agent(case).start()
    agent.push(svid(APP, domain.svid(APP), domain), svid(DATABASE, domain.svid(DATABASE), domain),
               federated={OTHER: of_pem(other.certificate)})
    path = write_config(case, app_config(agent, "127.0.0.1:1"))
    output = cli("check", "--config", path)
    for words in (f"identity    {APP}\n", f"from the SPIFFE agent at {agent}, the first of 2 SVIDs", "the bundle of example.org", ": ok\n"):
        check(words in output, f"check does not say {words!r}", output)
    check(f"identity    {DATABASE}\n" in cli("check", "--config", write_config(
        case, {**app_config(agent, "127.0.0.1:1"), **identity(agent, spiffe_id=DATABASE)})), "the SVID that was named")
    output = cli("check", expect=2, *("--config", write_config(
        case, {**app_config(agent, "127.0.0.1:1"), **identity(agent, spiffe_id=f"{DOMAIN}/none")})))
    check("the agent gives no SVID with the ID spiffe://example.org/none, only spiffe://example.org/app/reports; " in output,
          "an ID that is not given", output)
    check("the bundle of example.com" in cli("check", "--config", write_config(case, app_config(agent, "127.0.0.1:1", f"{OTHER}/db"))),
          "the bundle for a gateway of another trust domain")
    output = cli("check", expect=2, *("--config", write_config(case, app_config(agent, "127.0.0.1:1", "spiffe://example.net/db"))))
    check("the agent gives no bundle of spiffe://example.net, only of spiffe://example.org; spiffe://example.com" in output,
          "a domain that is not federated", output)
    output = cli("check", expect=2, *("--config", write_config(case, database_config(
        agent, "127.0.0.1:1", clients={"allow": {"uri": [f"{OTHER}/app/*"]}}))))
    check("clients are verified by the bundle of our own trust domain, spiffe://example.org" in output, "foreign clients", output)
    agent.stop()
    path = write_config(case, {**app_config(agent, "127.0.0.1:1"), **identity(agent, "200ms")})
    output = cli("doctor", "--config", path, expect=1)
    check("no SVID within 200ms: the SPIFFE agent" in output, "doctor without an agent", output)


@case("a gateway of another trust domain is verified by that one's bundle, and no other CA's")
def federated(case):
    domain, other = TrustDomain(case.folder, "trust domain"), TrustDomain(case.folder, "other domain")
    far, near = Agent(case, "far").start(), Agent(case, "near").start()
    name = f"{OTHER}/db"
    far.push(svid(name, other.svid(name), other))
    clients = {"clients": {"allow": {"uri": [APP]}}, "trust": {"ca": str(domain.certificate)}}  # in place of the bundle
    gateway = Persona(case, database_config(far, Server(case, echo), **clients), "gateway")
    near.push(svid(APP, domain.svid(APP), domain), federated={OTHER: of_pem(other.certificate)})
    app = Persona(case, app_config(near, gateway, name), "app")
    serves(app)
    # Our own CA, which calls itself what it likes.
    lying = domain.svid(name)
    far.push(svid(name, lying, domain))
    gateway.wait_log("reloaded", serial=serial(lying))
    is_refused(app)
    equal(app.wait_log("connection closed", reason="verify_failed")["verify_reason"], "untrusted_issuer", "why")


@case("one program asks for all services of a folder; a service with another agent, a key apart and a missing program are refused")
def around(case):
    domain, agent = TrustDomain(case.folder, "trust domain"), Agent(case).start()
    agent.push(svid(APP, domain.svid(APP), domain))
    folder = case.folder / "services"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(write_config(case, app_config(agent, "127.0.0.1:1")).read_text())
    persona = Persona(case, folder, "folder")
    equal(list(children_of(persona.pid).values()).count("persona-spiffe"), 1, "programs that ask")
    second = Agent(case, "second").start()
    (folder / "three.yaml").write_text(write_config(case, app_config(second, "127.0.0.1:1")).read_text())
    persona.wait_log_like("persona started without this agent, and asks no other from then on")
    (folder / "three.yaml").unlink()
    made = domain.svid(APP)
    agent.push(svid(APP, made, domain))
    for name in ("one", "two"):
        persona.wait_log("reloaded", service=name, serial=serial(made))
    output = cli("run", "--separate-key", "--config", folder / "one.yaml", expect=2)
    check("--separate-key: " in output and "from a SPIFFE agent" in output, "with a key apart", output)
    alone = case.folder / "bin"
    alone.mkdir()
    shutil.copy(BINARY, alone / "persona")
    done = subprocess.run([alone / "persona", "check", "--config", folder / "one.yaml"], capture_output=True, text=True, timeout=60)
    equal(done.returncode, 2, "exit code")
    check("the program that asks a SPIFFE agent is not installed" in done.stderr and "libgrpc++-dev" in done.stderr,
          "without persona-spiffe", done.stderr)


if not PROGRAM.exists() and SANITIZED:
    print("  not with ThreadSanitizer, which takes gRPC for a race: persona-spiffe is not built", flush=True)
else:
    check(PROGRAM.exists(), "persona-spiffe is not built: run scripts/setup --tests, and configure again")
    main()
