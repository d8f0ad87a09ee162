"""A refusal of our certificate is named as such, also when TLS 1.3 lets it come after the handshake."""

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, equal, main
from harness.servers import haproxy, tls_gateway
from harness.sockets import expect_refused


def refused_by(case, pki, gateway, name, sentence):
    persona = Persona(case, config(pki, gateway=gateway), name)
    # With and without data under way: a failed write must not hide the alert that explains it.
    for data in (b"", b"x" * 100_000):
        expect_refused(persona.address, data)
        line = persona.next_close("client_certificate_refused")
        equal(sentence in line["error"], True, f"{sentence!r} in {line['error']!r}")
        equal(line["bytes_down"], 0, "bytes from a gateway that refused us")
    persona.stop()


@case("TLS 1.2: in the handshake")
def tls12(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(version="1.2", ca=pki.other_ca), failing=True)
    refused_by(case, pki, gateway, "persona", "refused our certificate (CN=client, issued by CN=Test CA)")


@case("TLS 1.3: after the handshake")
def tls13(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(version="1.3", ca=pki.other_ca), failing=True)
    refused_by(case, pki, gateway, "persona", "refused our certificate (CN=client, issued by CN=Test CA)")


@case("HAProxy, both versions")
def by_haproxy(case):
    pki = Pki(case)
    pki.client = pki.other_ca.issue("stranger")
    for version in ("1.2", "1.3"):
        gateway = haproxy(case, pki, case.folder / "nothing", version)
        refused_by(case, pki, gateway, f"tls{version}",
                   "refused our certificate (CN=stranger, issued by CN=Other CA)")


main()
