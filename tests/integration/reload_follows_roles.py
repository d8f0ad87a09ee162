"""The same files in other roles are another identity and another trust: a reload uses them, and resumes nothing."""

from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.rotation import serial, wait_reloaded
from harness.runner import case, equal, main
from harness.sockets import Server, connect, echo, expect_echo, expect_refused, read_exactly


class Revocation:
    """A gateway, a client of its that is revoked, and files of which one has the CA with its CRL."""

    def __init__(self, case, **trust):
        self.folder = case.folder / "pki"
        cli("pki", "init", "--name", "Example CA", "--dir", self.folder)
        cli("pki", "issue", "server", "gateway.test", "--dir", self.folder)
        cli("pki", "issue", "client", "laptop", "--dir", self.folder)
        cli("pki", "revoke", "laptop", "--dir", self.folder)
        self.ca = self.folder / "ca" / "ca.crt"
        self.bundle = case.folder / "bundle.pem"
        self.bundle.write_bytes(self.ca.read_bytes() + (self.folder / "ca" / "ca.crl").read_bytes())
        self.case = case
        self.content = {"listen": "127.0.0.1:0", "log": {"format": "json"}, "service": str(Server(case, echo)),
                        "identity": self.identity("gateway.test"), "trust": self.trust(**trust)}
        self.gateway = Persona(case, self.content, "gateway")
        self.laptop = Persona(case, {
            "listen": "127.0.0.1:0", "log": {"format": "json"}, "identity": self.identity("laptop"),
            "gateway": {"address": str(self.gateway), "server_name": "gateway.test"}, "trust": {"ca": str(self.ca)}}, "laptop")
        self.reloads = 0

    def identity(self, name):
        issued = self.folder / "issued" / name
        return {"certificate": str(issued / "certificate.pem"), "private_key": str(issued / "private_key.pem")}

    def trust(self, **names):
        """Of the gateway: roles with the files' names in this class."""
        return {role: [str(getattr(self, name)) for name in files] if isinstance(files, list) else files
                for role, files in names.items()}

    def reload(self, **trust):
        write_config(self.case, {**self.content, "trust": self.trust(**trust)}, "gateway")
        self.reloads += 1
        equal(self.gateway.wait_log("reloaded", count=self.reloads)["changed"], True, "changed")

    def let_in(self):
        """Is the connection that comes now resumed?"""
        with connect(self.laptop.address) as client:
            expect_echo(client)
        return self.gateway.next_close("gateway_closed")["resumed"]

    def refused(self, words):
        expect_refused(self.laptop.address, b"secret")
        self.gateway.next_close("verify_failed", error=words)


@case("a bundle that was for its CA is now for its CRL: who is in it gets in no more, ticket or not")
def becomes_crl(case):
    scene = Revocation(case, ca=["ca", "bundle"])
    equal([scene.let_in() for _ in range(3)], [False, True, True], "resumed before")
    scene.reload(ca=["ca"], crl=["bundle"])
    scene.refused("client certificate was revoked by CN=Example CA: CN=laptop")


@case("a bundle that was for its CRL is now for its CA: nothing is asked of the CRL any more")
def becomes_ca(case):
    scene = Revocation(case, ca=["ca"], crl=["bundle"])
    scene.refused("revoked")
    scene.reload(ca=["ca", "bundle"])
    equal(scene.let_in(), False, "resumed")


@case("a CRL is named once more, as a CA, and then only so")
def both_roles(case):
    scene = Revocation(case, ca=["bundle"], crl=["bundle"])
    scene.refused("revoked")
    scene.reload(ca=["bundle", "bundle"])
    equal([scene.let_in() for _ in range(2)], [False, True], "resumed")
    scene.reload(ca=["bundle"], crl=["bundle"])
    scene.refused("revoked")


class Keys:
    """Two certificates of a gateway in one file, and a key for each of them."""

    def __init__(self, case):
        self.pki = Pki(case)
        self.credentials = [self.pki.ca.issue(name, [Pki.GATEWAY_NAME]) for name in ("one", "two")]
        certificates = b"".join(each.certificate.read_bytes() for each in self.credentials)
        self.files = [case.folder / f"{name}-and-both.pem" for name in ("one", "two")]
        for file, credential in zip(self.files, self.credentials):
            file.touch(0o600)
            file.write_bytes(certificates + credential.key.read_bytes())
        self.case = case
        self.service = Server(case, echo)
        self.gateway = Persona(case, self.content(0, 1), "gateway")

    def content(self, certificate, private_key):
        """By number of the files. The key decides which of the certificates is the gateway's."""
        identity = {"certificate": str(self.files[certificate])}
        if private_key is not None:
            identity["private_key"] = str(self.files[private_key])
        return {**config(self.pki, service=self.service), "identity": identity}

    def use(self, expected, certificate, private_key):
        """Until it is reloaded with the certificate that is expected."""
        before = len(self.gateway.find("reloaded", serial=serial(expected)))
        write_config(self.case, self.content(certificate, private_key), "gateway")
        wait_reloaded(self.gateway, expected, count=before + 1)

    def shown(self):
        """The serial number that a client sees."""
        context = self.pki.client_context(self.pki.client)
        with context.wrap_socket(connect(self.gateway.address), server_hostname=Pki.GATEWAY_NAME) as client:
            client.sendall(b"x")
            equal(read_exactly(client, 1), b"x", "the echo")
            seen = int(client.getpeercert()["serialNumber"], 16)
            client.unwrap()
            return seen


@case("certificate and private_key exchanged, or one of them left out: the certificate that the key belongs to is shown")
def keys(case):
    scene = Keys(case)
    one, two = scene.credentials
    equal(scene.shown(), two.serial, "the key of the second file")
    for files, expected in (((1, 0), one), ((1, None), two), ((0, None), one), ((0, 1), two), ((0, 0), one)):
        scene.use(expected, *files)
        equal(scene.shown(), expected.serial, f"files {files}")


main()
