"""A certificate that `persona pki revoke` has revoked is refused from the next connection on, in both modes, without a
restart; connections that are open go on."""

from harness.persona import Persona, cli
from harness.runner import case, check, equal, main
from harness.sockets import Server, connect, echo, expect_echo, expect_refused


class Tunnel:
    """Two personas with certificates of one CA, which both watch its CRL."""

    def __init__(self, case):
        self.case = case
        self.folder = case.folder / "pki"
        self.pki("init", "--name", "Example CA")
        self.pki("issue", "server", "gateway.test")
        self.pki("issue", "client", "laptop")
        self.pki("issue", "client", "desktop")
        self.pki("crl")
        self.service = Server(case, echo)
        self.gateway = Persona(case, self.config("gateway.test", service=str(self.service)), "gateway")
        self.laptop, self.desktop = (
            Persona(case, self.config(name, gateway={"address": str(self.gateway), "server_name": "gateway.test"}), name)
            for name in ("laptop", "desktop"))

    def pki(self, *arguments):
        return cli("pki", *arguments, "--dir", self.folder)

    def config(self, name, **more):
        issued = self.folder / "issued" / name
        return {"listen": "127.0.0.1:0", "log": {"format": "json"}, "threads": 2,
                "identity": {"certificate": str(issued / "certificate.pem"), "private_key": str(issued / "private_key.pem")},
                "trust": {"ca": str(issued / "ca.pem"), "crl": str(self.folder / "ca" / "ca.crl")}, **more}

    def works(self, persona):
        with connect(persona.address) as client:
            expect_echo(client)
        return self.gateway.next_close("gateway_closed")["resumed"]


@case("a client that was revoked is refused at once, ticket or not; the others and open connections go on")
def client_revoked(case):
    tunnel = Tunnel(case)
    equal([tunnel.works(tunnel.laptop) for _ in range(2)], [False, True], "resumed")
    live = connect(tunnel.laptop.address)
    expect_echo(live)
    tunnel.pki("revoke", "laptop", "--reason", "keyCompromise")
    tunnel.gateway.wait_log("reloaded")
    expect_refused(tunnel.laptop.address, b"secret")
    line = tunnel.gateway.next_close("verify_failed", error="client certificate was revoked by CN=Example CA: CN=laptop")
    equal(line["verify_reason"], "revoked", "the reason word")
    refused = tunnel.laptop.wait_log("connection closed", reason="client_certificate_refused")
    check("certificate_revoked" in refused["error"], "the alert is not named", refused)
    expect_echo(live, b"still here")
    live.close()
    tunnel.gateway.next_close("gateway_closed")
    tunnel.works(tunnel.desktop)


@case("a gateway that was revoked gets no byte")
def gateway_revoked(case):
    tunnel = Tunnel(case)
    tunnel.works(tunnel.laptop)
    tunnel.laptop.next_close("local_closed")
    tunnel.pki("revoke", "gateway.test")
    tunnel.laptop.wait_log("reloaded")
    before = tunnel.service.accepted
    expect_refused(tunnel.laptop.address, b"secret")
    line = tunnel.laptop.next_close("verify_failed", error="gateway certificate was revoked by CN=Example CA: CN=gateway.test")
    equal((line["verify_reason"], line["bytes_up"]), ("revoked", 0), "the reason word, and what left")
    equal(tunnel.service.accepted, before, "connections to the service")


main()
