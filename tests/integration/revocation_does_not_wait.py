"""trust.on_revocation: cut ends live connections of a certificate as soon as a new CRL revokes it; and a valid newer CRL is
used even where the rest of a reload is refused."""

import pathlib
import ssl
import subprocess
import sys

from harness.certificates import Authority, Pki
from harness.persona import Persona, config, native
from harness.process import Process
from harness.rotation import Live, put, serial, wait_refused
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, expect_refused, expect_reset

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from chains import issue  # noqa: E402

VERSIONS = ("1.2", "1.3")
NEWER = "a newer revocation list is in use, though the rest of what is on disk is refused"


class Scene:
    """A PKI whose CRL everybody follows."""

    def __init__(self, case):
        self.case = case
        self.pki = Pki(case)
        self.crl = case.folder / "ca.crl"
        self.number = 0
        self.publish(since=-2)

    def publish(self, *revoked, since=-1.0):
        self.number += 1
        put(self.crl, self.pki.ca.revocation_list(self.number, revoked, since=since))

    def persona(self, name, on_revocation="cut", **more):
        content = config(self.pki, **more)
        content["trust"] = {**content["trust"], "crl": str(self.crl)}
        if on_revocation != "keep":  # the default
            content["trust"]["on_revocation"] = on_revocation
        return Persona(self.case, content, name)

    def client(self, name, gateway, credential, version="1.3"):
        """A persona that does not look at CRLs itself."""
        return Persona(self.case, config(self.pki, gateway=gateway, tls={"max_version": version},
                                         identity=credential.config()), name)


def opened(persona):
    """A connection that works."""
    client = connect(persona.address)
    expect_echo(client)
    return client


def check_cut(persona, credential, sentence, **more):
    line = persona.wait_log("connection closed", reason="verify_failed", verify_reason="revoked", error=sentence,
                            peer_serial=serial(credential), peer_pin=credential.pin, **more)
    check(line["bytes_up"] > 0, "it was not open", line)
    persona.wait_log(sentence, level="warn", reason="verify_failed")


@case("a CRL that cuts: of two clients of openssl the revoked one is cut, and the other lives")
def cut_openssl(case):
    scene = Scene(case)
    pki = scene.pki
    gateway = scene.persona("gateway", service=Server(case, echo, failing=True))
    clients = []
    for version in VERSIONS:
        for name in ("laptop", "desktop"):
            credential = pki.ca.issue(name)
            client = Process(case, "openssl", "s_client", "-connect", str(gateway), "-CAfile", pki.ca.certificate,
                             "-cert", credential.certificate, "-key", credential.key, "-quiet",
                             f"-tls{version.replace('.', '_')}", stdin=subprocess.PIPE)
            client.say("hello\n")
            client.wait_line("hello")
            clients.append((client, credential, name))
    scene.publish(*(credential for _, credential, name in clients if name == "laptop"))
    for client, credential, name in clients:
        if name == "laptop":
            check_cut(gateway, credential, "client certificate was revoked by CN=Test CA: CN=laptop")
            client.wait()
    for client, _, name in clients:
        if name == "desktop":
            client.say("still here\n")
            client.wait_line("still here")
    equal(gateway.closed, {"verify_failed": 2}, "connections that ended")


@case("sessions that were resumed are cut, too, and cannot be resumed again")
def cut_resumed(case):
    for version in VERSIONS:
        scene = Scene(case)
        pki = scene.pki
        gateway = scene.persona(f"gateway-{version}", service=Server(case, echo, failing=True))
        credentials = [pki.ca.issue(name) for name in ("laptop", "desktop")]
        laptop, desktop = (scene.client(f"{number}-{version}", gateway, credential, version)
                           for number, credential in enumerate(credentials))
        live = []
        for count, persona in enumerate((laptop, desktop), 1):
            opened(persona).close()
            gateway.wait_log("connection closed", count)
            live.append(opened(persona))
            gateway.wait_log("connection open", count, resumed=True)
        scene.publish(credentials[0])
        check_cut(gateway, credentials[0], "client certificate was revoked by CN=Test CA: CN=laptop", resumed=True)
        expect_reset(live[0])
        expect_echo(live[1], b"still here")
        expect_refused(laptop.address, b"secret")
        live[1].close()


@case("a gateway whose certificate is revoked loses the connections to it, resumed or not; those to another live")
def cut_gateway(case):
    for version in VERSIONS:
        scene = Scene(case)
        pki = scene.pki
        old = pki.ca.issue("old", [Pki.GATEWAY_NAME])
        personas = [scene.persona(f"{name}-{version}", gateway=tls_gateway(case, pki.server_context(credential, version=version),
                                                                           failing=True))
                    for name, credential in (("revoked", old), ("sound", pki.gateway))]
        live = [[opened(persona) for _ in range(2)] for persona in personas]
        for persona in personas:
            persona.wait_log("connection open", resumed=True)
        scene.publish(old)
        sentence = "gateway certificate was revoked by CN=Test CA: CN=old"
        for resumed in (False, True):
            check_cut(personas[0], old, sentence, resumed=resumed)
        for client in live[0]:
            expect_reset(client)
        for client in live[1]:
            expect_echo(client, b"still here")
            client.close()


@case("a client whose handshake began before it was revoked, and ends after, is cut before a byte is forwarded")
def cut_under_way(case):
    for version in VERSIONS:
        scene = Scene(case)
        pki = scene.pki
        gateway = scene.persona(f"gateway-{version}", service=Server(case, echo, failing=True))
        waiting = connect(gateway.address)
        # It is accepted before this one.
        opened(scene.client(f"desktop-{version}", gateway, pki.ca.issue("desktop"), version)).close()
        gateway.next_close("gateway_closed")
        laptop = pki.ca.issue("laptop")
        scene.publish(laptop)
        gateway.wait_log("reloaded")
        try:
            client = pki.client_context(laptop, version).wrap_socket(waiting, server_hostname=Pki.GATEWAY_NAME)
            client.sendall(b"secret")
            answer = client.recv(100)
        except (ssl.SSLError, ConnectionResetError, BrokenPipeError):
            answer = b""
        equal(answer, b"", "what came back")
        line = gateway.next_close("verify_failed", error="client certificate was revoked by CN=Test CA: CN=laptop")
        equal((line["verify_reason"], line["bytes_up"], line["peer_serial"]), ("revoked", 0, serial(laptop)),
              "what the log says")


@case("an intermediate that is revoked takes everyone with it whom it has certified")
def cut_intermediate(case):
    root = issue.Certificate("CN=Root", is_ca=True)
    fallen, sound = (issue.Certificate(f"CN={name}", root, is_ca=True) for name in ("Fallen", "Sound"))
    crl = case.folder / "all.crl"

    def publish(*revoked, since):
        lists = [issue.RevocationList(root, revoked, since=since),
                 *(issue.RevocationList(one, since=since) for one in (fallen, sound))]
        put(crl, "".join(one.pem for one in lists).encode())

    publish(since=-2)
    pki = Pki(case)
    ca = case.folder / "root.crt"
    ca.write_text(root.pem)
    content = config(pki, service=Server(case, echo, failing=True))
    content["trust"] = {"ca": str(ca), "crl": str(crl), "on_revocation": "cut"}
    gateway = Persona(case, content, "gateway")
    live = []
    for by in (fallen, sound):
        leaf = issue.Certificate(f"CN=by-{by.subject[3:]}", by, eku=["clientAuth"])
        chain, key = (case.folder / f"{by.subject}.{kind}" for kind in ("pem", "key"))
        chain.write_text(leaf.pem + by.pem)
        key.touch(0o600)
        key.write_text(leaf.key_pem)
        context = pki.client_context()
        context.load_cert_chain(chain, key)
        client = context.wrap_socket(connect(gateway.address), server_hostname=Pki.GATEWAY_NAME)
        expect_echo(client)
        live.append(client)
    publish(fallen, since=-1)
    line = gateway.next_close("verify_failed", error="CA certificate in the client's chain was revoked by CN=Root: CN=Fallen")
    equal((line["verify_reason"], line["peer"]), ("revoked", "CN=by-Fallen"), "what the log says")
    expect_echo(live[1], b"still here")
    equal(len(gateway.find("connection closed")), 1, "connections that ended")
    for client in live:
        client.close()


def broken(case, on_revocation):
    """A gateway with two clients, of which one is revoked while the gateway's own certificate on disk is broken."""
    scene = Scene(case)
    pki = scene.pki
    live = Live(case, pki.gateway, [pki.ca])
    gateway = scene.persona("gateway", on_revocation, service=Server(case, echo, failing=True), **live.config(),
                            reload={"interval": "100ms"})
    return scene, live, gateway


@case("a certificate that is broken on disk does not keep a newer CRL from being used")
def not_held_up(case):
    scene, live, gateway = broken(case, "keep")
    laptop_certificate = scene.pki.ca.issue("laptop")
    laptop = scene.client("laptop", gateway, laptop_certificate)
    desktop = scene.client("desktop", gateway, scene.pki.ca.issue("desktop"))
    held = opened(laptop)
    put(live.key, scene.pki.ca.issue("other").key.read_bytes())
    wait_refused(gateway, "does not match the certificate")
    scene.publish(laptop_certificate)
    line = gateway.wait_log(NEWER)
    equal((line["issuer"], line["file"], line["revoked"]), ("CN=Test CA", native(scene.crl), 1), "which list")
    expect_refused(laptop.address, b"secret")
    equal(gateway.wait_log("connection closed", reason="verify_failed")["verify_reason"], "revoked", "why")
    expect_echo(held, b"kept")
    opened(desktop).close()
    equal(gateway.find("reloaded"), [], "reloads that succeeded")
    # What is mended is loaded as a whole, and the list counts on.
    live.put(scene.pki.gateway)
    gateway.wait_log("reloaded")
    expect_refused(laptop.address, b"secret")
    opened(desktop).close()
    equal(len(gateway.find(NEWER)), 1, "how often it is told")
    held.close()


@case("... nor from cutting")
def cut_though_refused(case):
    scene, live, gateway = broken(case, "cut")
    laptop_certificate = scene.pki.ca.issue("laptop")
    laptop = scene.client("laptop", gateway, laptop_certificate)
    desktop = scene.client("desktop", gateway, scene.pki.ca.issue("desktop"))
    cut, kept = opened(laptop), opened(desktop)
    put(live.key, scene.pki.ca.issue("other").key.read_bytes())
    scene.publish(laptop_certificate)
    gateway.wait_log(NEWER)
    check_cut(gateway, laptop_certificate, "client certificate was revoked by CN=Test CA: CN=laptop")
    expect_reset(cut)
    expect_echo(kept, b"still here")
    kept.close()


@case("an older CRL, one of a stranger and half of one are not used by themselves")
def not_valid(case):
    scene, live, gateway = broken(case, "cut")
    laptop_certificate = scene.pki.ca.issue("laptop")
    laptop = scene.client("laptop", gateway, laptop_certificate)
    kept = opened(laptop)
    put(live.key, scene.pki.ca.issue("other").key.read_bytes())
    wait_refused(gateway, "does not match the certificate")
    (case.folder / "stranger").mkdir()
    stranger = Authority(case.folder / "stranger")  # of the same name
    lists = [stranger.revocation_list(9, [laptop_certificate]),
             scene.pki.ca.revocation_list(9, [laptop_certificate], since=-3),
             scene.pki.ca.revocation_list(9, [laptop_certificate])[:200]]
    for text in lists:
        since = len(gateway.log)
        put(scene.crl, text)
        # Every change of what is refused is told once; a new key that does not fit either shows that it was looked at.
        name = f"other{since}"
        put(live.certificate, scene.pki.ca.issue(name).certificate.read_bytes())
        wait_refused(gateway, f"does not match the certificate: CN={name}", since)
        expect_echo(kept, b"still here")
        opened(laptop).close()
    equal(gateway.find(NEWER), [], "lists that came into use")
    kept.close()


@case("a trial connection that fails does not keep a newer CRL from being used")
def probe_refused(case):
    scene = Scene(case)
    pki = scene.pki
    live = Live(case, pki.client, [pki.ca])
    persona = scene.persona("persona", gateway=tls_gateway(case, pki.server_context(), failing=True), **live.config(),
                            reload={"probe": True, "interval": "100ms"})
    held = opened(persona)
    live.put(pki.other_ca.issue("stranger"))
    wait_refused(persona, "the trial connection to the gateway failed")
    scene.publish(pki.gateway)
    persona.wait_log(NEWER)
    expect_reset(held)
    expect_refused(persona.address, b"secret")


main()
