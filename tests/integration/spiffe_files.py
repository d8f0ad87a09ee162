"""X.509-SVIDs in the three files of spiffe-helper, at both ends: who is let in by a SPIFFE ID, and what becomes of connections while
SVID, key and bundle are rotated."""

import os

from harness.persona import CLEAN, Persona, cli, write_config
from harness.rotation import put, wait_refused, wait_reloaded
from harness.runner import amount, case, check, equal, main
from harness.spiffe import SPIRE, TrustDomain
from harness.sockets import Server, echo
from harness.traffic import Traffic, is_refused, serves

DOMAIN = "spiffe://example.org"
DATABASE, APP = f"{DOMAIN}/db", f"{DOMAIN}/app/reports"


class Workload:
    """svid.pem, svid_key.pem and svid_bundle.pem, as spiffe-helper names them."""

    def __init__(self, case, name, svid, *authorities):
        self.folder = case.folder / name
        self.folder.mkdir()
        self.svid, self.key, self.bundle = (self.folder / f"svid{each}.pem" for each in ("", "_key", "_bundle"))
        self.rewrite(svid, *authorities)

    def rewrite(self, svid=None, *authorities):
        """In place, one file after the other in this order: so does spiffe-helper (os.WriteFile of Go)."""
        for path, content, mode in self._contents(svid, authorities):
            path.touch(mode)
            path.write_bytes(content)

    def replace(self, svid=None, *authorities):
        """Each file by a rename, which no reader sees half of."""
        for path, content, mode in self._contents(svid, authorities):
            put(path, content, mode)

    def _contents(self, svid, authorities):
        if svid:
            yield self.svid, svid.certificate.read_bytes(), 0o644
            yield self.key, svid.key.read_bytes(), 0o600
        if authorities:
            yield self.bundle, b"".join(each.certificate.read_bytes() for each in authorities), 0o644

    def config(self):
        return {"identity": {"certificate": str(self.svid), "private_key": str(self.key)}, "trust": {"ca": str(self.bundle)}}


def database(case, workload, service, allow=f"{DOMAIN}/app/*", name="database", **more):
    return Persona(case, {"listen": "127.0.0.1:0", "service": str(service), "clients": {"allow": {"uri": [allow]}},
                          "log": {"format": "json"}, "reload": {"interval": "200ms"}, **workload.config(), **more}, name)


def app(case, workload, gateway, server_name=DATABASE, name="app", **more):
    return Persona(case, {"listen": "127.0.0.1:0", "gateway": {"address": str(gateway), "server_name": server_name},
                          "log": {"format": "json"}, "reload": {"interval": "200ms"}, **workload.config(), **more}, name)


class Scene:
    """A tunnel between two workloads, a connection that stays, and others that come and go; none of them may fail."""

    def __init__(self, case):
        self.domain = TrustDomain(case.folder, "trust domain")
        self.workloads = [Workload(case, "db-files", self.domain.svid(DATABASE), self.domain),
                          Workload(case, "app-files", self.domain.svid(APP), self.domain)]
        self.database = database(case, self.workloads[0], Server(case, echo))
        self.app = app(case, self.workloads[1], self.database)
        self.traffic = Traffic(case, self.app, (self.app, self.database))

    def ends(self):
        return zip((self.database, self.app), self.workloads, (DATABASE, APP))

    def end(self):
        self.traffic.end()
        for persona in (self.app, self.database):
            persona.stop()


@case("a gateway and a client know each other by SPIFFE IDs, with SPIRE's subject or with none")
def by_id(case):
    domain = TrustDomain(case.folder, "trust domain")
    service = Server(case, echo)
    for name, subject in (("spire", SPIRE), ("none", [])):
        gateway = database(case, Workload(case, f"db-{name}", domain.svid(DATABASE, subject), domain), service, name=f"database-{name}")
        persona = app(case, Workload(case, f"app-{name}", domain.svid(APP, subject), domain), gateway, name=f"app-{name}")
        serves(persona)
        persona.next_close(CLEAN)
        line = gateway.next_close(CLEAN)
        equal(line["peer"], APP, "the client in the gateway's line")
        output = cli("check", "--config", write_config(case, {
            "listen": "127.0.0.1:1", "gateway": {"address": "127.0.0.1:2", "server_name": DATABASE},
            **Workload(case, f"check-{name}", domain.svid(APP, subject), domain).config()}, f"check-{name}"))
        check(f"verified as {DATABASE}" in output and ": ok\n" in output, "what check says", output)
        persona.stop()
        gateway.stop()


@case("another ID than the one expected is refused, at either end, and so is one of another trust domain's CA")
def other_ids(case):
    domain, stranger = TrustDomain(case.folder, "trust domain"), TrustDomain(case.folder, "other domain")
    service = Server(case, echo)
    gateway = database(case, Workload(case, "db", domain.svid(DATABASE), domain), service)
    other = Workload(case, "other", domain.svid(f"{DOMAIN}/web"), domain)
    persona = app(case, other, gateway, name="client-of-another-id")
    is_refused(persona)
    gateway.next_close("verify_failed", "matches nothing in clients.allow")
    persona = app(case, other, gateway, f"{DOMAIN}/db/replica", name="gateway-of-another-id")
    is_refused(persona)
    persona.next_close("verify_failed", "spiffe://example.org/db")
    persona = app(case, Workload(case, "stranger", stranger.svid(APP), domain), gateway, name="client-of-another-ca")
    is_refused(persona)
    line = gateway.wait_log("connection closed", reason="verify_failed", count=2)
    equal(line["verify_reason"], "untrusted_issuer", "why")


@case("SVIDs are rotated in place and by renames, bundles with them, while connections come, go and stay: none fails", deadline=180)
def rotated(case):
    scene = Scene(case)
    for number in range(amount(30, 12, 4)):
        for persona, workload, spiffe_id in scene.ends():
            svid = scene.domain.svid(spiffe_id)
            (workload.replace if number % 2 else workload.rewrite)(svid, scene.domain)
            wait_reloaded(persona, svid)
    scene.end()


@case("an SVID whose key is not there yet changes nothing, and is used once that is", deadline=120)
def between_files(case):
    scene = Scene(case)
    for persona, workload, spiffe_id in scene.ends():
        since = len(persona.log)
        svid = scene.domain.svid(spiffe_id)
        workload.svid.write_bytes(svid.certificate.read_bytes())
        wait_refused(persona, "the private key does not match the certificate", since)
        before = scene.traffic.short
        persona.wait_until(lambda: scene.traffic.short > before + 2, "connections with the old SVID")
        workload.key.write_bytes(svid.key.read_bytes())
        wait_reloaded(persona, svid)
        for empty in (workload.key, workload.svid, workload.bundle):  # a writer that was ended between truncating and writing
            since, content = len(persona.log), empty.read_bytes()
            os.truncate(empty, 0)
            wait_refused(persona, empty.name, since)
            empty.write_bytes(content)
            persona.wait_log("the files are again those in use", count=len(persona.find("the files are again those in use")) or 1)
    scene.end()


@case("a trust domain changes its CA: the bundle has both, then SVIDs are of the new one, then the old one goes", deadline=120)
def new_authority(case):
    scene = Scene(case)
    old, new = scene.domain, TrustDomain(case.folder, "next ca of the domain")

    def all_reloaded(step):
        counts = [len(persona.find("reloaded")) for persona, _, _ in scene.ends()]
        step()
        for count, (persona, _, _) in zip(counts, scene.ends()):
            persona.wait_log("reloaded", count=count + 1)

    all_reloaded(lambda: [workload.rewrite(None, old, new) for workload in scene.workloads])
    for persona, workload, spiffe_id in scene.ends():
        svid = new.svid(spiffe_id)
        workload.rewrite(svid, old, new)
        wait_reloaded(persona, svid)
    all_reloaded(lambda: [workload.rewrite(None, new) for workload in scene.workloads])
    scene.end()


@case("an SVID that lives for an hour is not warned of, but one whose time is nearly over is")
def short_lived(case):
    domain = TrustDomain(case.folder, "trust domain")

    for since, minutes, is_told in ((0, 60, False), (-35, 25, False), (-50, 10, True)):
        workload = Workload(case, f"since{since}", domain.svid(APP, since=since, minutes=minutes), domain)
        output = cli("check", "--config", write_config(case, {
            "listen": "127.0.0.1:1", "gateway": {"address": "127.0.0.1:2", "server_name": DATABASE}, **workload.config()}))
        equal("warning: certificate expires in" in output, is_told, f"a warning with {minutes} of {minutes - since} minutes left: {output}")


main()
