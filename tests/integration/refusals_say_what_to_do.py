"""A refusal ends with what to do: the commands that it names are run as written, and then the gateway is let in."""

import re
import ssl

from harness import process
from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_refused

CA_EXTENSIONS = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash"


class Folder:
    """A CA (ca.crt, ca.key) and a gateway's request (gateway.csr, gateway.key), as the commands name them."""

    def __init__(self, case, ca_extensions=CA_EXTENSIONS):
        self.path = case.folder / "issuer"
        self.path.mkdir()
        for name in ("ca", "gateway"):
            self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}.test",
                         "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.write("ca.ext", ca_extensions)
        self.openssl("x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", "-extfile", "ca.ext", "-out", "ca.crt")

    def openssl(self, *arguments):
        return process.run("openssl", *arguments, cwd=self.path)

    def write(self, name, text):
        (self.path / name).write_text(text + "\n")

    def issue(self, extensions):
        self.write("gateway.ext", extensions)
        extensions = ("-extfile", "gateway.ext") if extensions else ()
        self.openssl("x509", "-req", "-in", "gateway.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                     *extensions, "-out", "gateway.crt")

    def shell(self, command):
        process.run("bash", "-ec", command, cwd=self.path)

    def context(self, ciphers="DEFAULT"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(ciphers)
        context.load_cert_chain(self.path / "gateway.crt", self.path / "gateway.key")
        return context

    def gateway(self, case, failing=False):
        return tls_gateway(case, self.context(), failing=failing)


def configured(pki, folder, gateway, name, ca="ca.crt", **more):
    content = config(pki, gateway=gateway, trust={"ca": str(folder.path / ca)})
    content["gateway"] |= {"server_name": name, **more}
    return content


def refusal(case, pki, folder, name, word, says, **more):
    persona = Persona(case, configured(pki, folder, folder.gateway(case, failing=True), name, **more), "refused")
    expect_refused(persona.address, b"secret")
    line = persona.next_close("verify_failed", error=says)
    persona.stop()
    check(line["verify_reason"] == word, f"refused as {line['verify_reason']}: {line['error']}")
    return line["error"]


def accepted(case, pki, folder, name, **more):
    persona = Persona(case, configured(pki, folder, folder.gateway(case), name, **more), "accepted")
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close("local_closed")
    persona.stop()


def command_in(sentence):
    found = re.search(r"openssl (x509|req) .* -out \S+?(?=;|,|$)", sentence)
    check(found, f"no command in {sentence!r}")
    return found.group()


def mended_by_command(case, extensions, name, word, says):
    pki = Pki(case)
    folder = Folder(case)
    folder.issue(extensions)
    folder.shell(command_in(refusal(case, pki, folder, name, word, says)))
    accepted(case, pki, folder, name)


@case("no subjectAltName: issued again with it")
def no_name(case):
    mended_by_command(case, "", "gateway.test", "name_mismatch", "a CN does not count (RFC 9525)")


@case("an address as a DNS name: issued again as an address")
def address_as_name(case):
    mended_by_command(case, "subjectAltName=DNS:127.0.0.1\nextendedKeyUsage=serverAuth", "127.0.0.1", "name_mismatch",
                      "it has the DNS name 127.0.0.1; an address counts only as one (IP:127.0.0.1)")


@case("a URI that is not the SPIFFE ID asked for")
def other_spiffe_id(case):
    mended_by_command(case, "subjectAltName=URI:spiffe://test/other", "spiffe://test/gateway", "name_mismatch",
                      "it has spiffe://test/other")


@case("for clients only: issued again for servers")
def for_clients(case):
    mended_by_command(case, "subjectAltName=DNS:gateway.test\nextendedKeyUsage=clientAuth", "gateway.test",
                      "extended_key_usage", "is not for servers (its extendedKeyUsage lacks serverAuth)")


@case("a keyUsage that is not for TLS: issued again")
def no_signatures(case):
    mended_by_command(case, "subjectAltName=DNS:gateway.test\nkeyUsage=keyEncipherment", "gateway.test", "key_usage",
                      "its keyUsage lacks digitalSignature")


@case("self-signed without subjectAltName: it signs itself again, and goes into trust.ca again")
def self_signed(case):
    pki = Pki(case)
    folder = Folder(case)
    folder.openssl("x509", "-req", "-in", "gateway.csr", "-signkey", "gateway.key", "-sha1", "-out", "gateway.crt")
    sentence = refusal(case, pki, folder, "gateway.test", "name_mismatch", "put it into trust.ca again", ca="gateway.crt")
    folder.shell(command_in(sentence))
    accepted(case, pki, folder, "gateway.test", ca="gateway.crt")


@case("a CA without a key identifier: the command works too")
def no_key_identifier(case):
    pki = Pki(case)
    folder = Folder(case, "basicConstraints=CA:TRUE\nsubjectKeyIdentifier=none")
    folder.issue("")
    folder.shell(command_in(refusal(case, pki, folder, "gateway.test", "name_mismatch", "a CN does not count")))
    accepted(case, pki, folder, "gateway.test")


@case("a weak key: another one, and a certificate for it")
def weak_key(case):
    pki = Pki(case)
    folder = Folder(case)
    folder.openssl("req", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=gateway.test", "-keyout", "gateway.key", "-out",
                   "gateway.csr")
    folder.issue("subjectAltName=DNS:gateway.test")
    gateway = tls_gateway(case, folder.context("ALL:@SECLEVEL=0"), failing=True)
    persona = Persona(case, configured(pki, folder, gateway, "gateway.test"), "refused")
    expect_refused(persona.address, b"secret")
    sentence = persona.next_close("verify_failed", error="RSA 1024")["error"]
    persona.stop()
    folder.shell(re.search(r"openssl genpkey .* -out gateway.key", sentence).group())
    folder.openssl("req", "-new", "-key", "gateway.key", "-subj", "/CN=gateway.test", "-out", "gateway.csr")
    folder.issue("subjectAltName=DNS:gateway.test")
    accepted(case, pki, folder, "gateway.test")


@case("a root that says it is no CA: it signs itself again, and what it has issued stays good")
def no_ca(case):
    pki = Pki(case)
    folder = Folder(case, "basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash")
    folder.issue("subjectAltName=DNS:gateway.test")
    sentence = refusal(case, pki, folder, "gateway.test", "not_a_ca", "has issued a certificate but is not a CA")
    folder.shell(command_in(sentence))
    accepted(case, pki, folder, "gateway.test", ca="new-ca.crt")


@case("gateway.verify: pins, with the pin that the refusal names")
def by_pin(case):
    pki = Pki(case)
    folder = Folder(case)
    folder.issue("")
    sentence = refusal(case, pki, folder, "gateway.test", "name_mismatch", "or go by its key")
    pin = re.search(r"sha256//[A-Za-z0-9+/=]{44}", sentence).group()
    check("gateway.verify: pins" in sentence, sentence)
    accepted(case, pki, folder, "gateway.test", verify="pins", pins=[pin])
    # The chain counts all the same, and another key of the same CA is not let in.
    refusal(case, pki, folder, "gateway.test", "pin_mismatch", "has a key that is none of gateway.pins", verify="pins",
            pins=["sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="])
    refusal(case, pki, folder, "gateway.test", "untrusted_issuer", "which trust.ca does not contain",
            ca=pki.other_ca.certificate, verify="pins", pins=[pin])


@case("a SPIFFE ID is the only URI, exactly; SNI is the host dialled")
def spiffe(case):
    pki = Pki(case)
    folder = Folder(case)
    folder.issue("subjectAltName=URI:spiffe://test/gateway,DNS:other.test")
    accepted(case, pki, folder, "spiffe://test/gateway")
    refusal(case, pki, folder, "spiffe://test/Gateway", "name_mismatch", "it has spiffe://test/gateway")
    folder.issue("subjectAltName=URI:spiffe://test/gateway,URI:urn:x")
    refusal(case, pki, folder, "spiffe://test/gateway", "name_mismatch", "with several URIs none is a SPIFFE ID")
    folder.issue("subjectAltName=URI:spiffe://test/gateway\nbasicConstraints=CA:TRUE\nkeyUsage=digitalSignature,keyCertSign")
    refusal(case, pki, folder, "spiffe://test/gateway", "key_usage", "which that of a SPIFFE ID must not")


@case("what is odd and tolerated is warned of once, however many connect")
def once(case):
    pki = Pki(case)
    folder = Folder(case)
    folder.issue("subjectAltName=DNS:gateway.test")
    content = configured(pki, folder, folder.gateway(case), "gateway.test") | {"tls": {"resumption": False}}
    persona = Persona(case, content)
    for _ in range(3):
        with connect(persona.address) as client:
            expect_echo(client)
        persona.next_close("local_closed")
    told = [line["verify_warning"] for line in list(persona.log) if "verify_warning" in line]
    equal(told.count("no_extended_key_usage"), 1, f"warnings ({told})")


@case("names that only look as if they matched are explained")
def near_misses(case):
    pki = Pki(case)
    folder = Folder(case)
    for names, asked, says in (
            ("DNS:*.example.test", "example.test", "*.example.test does not stand for example.test itself"),
            ("DNS:*.example.test", "a.b.example.test", "the * in *.example.test stands for one label only"),
            ("DNS:db*.example.test", "db1.example.test", "db*.example.test stands for nothing: only a whole first label may be *"),
            ("URI:https://gateway.test", "gateway.test", "gateway.test is there as a part of the URI https://gateway.test")):
        folder.issue(f"subjectAltName={names}")
        refusal(case, pki, folder, asked, "name_mismatch", says)


@case("a certificate with thousands of names is read, or told to be too long")
def many_names(case):
    pki = Pki(case)
    folder = Folder(case)
    many = ",".join(f"DNS:n{n}.example.test" for n in range(3000))
    folder.issue(f"subjectAltName={many}")
    accepted(case, pki, folder, "n2999.example.test")
    many = ",".join(f"DNS:n{n}.{'x' * 30}.example.test" for n in range(4000))
    folder.issue(f"subjectAltName={many}")
    persona = Persona(case, configured(pki, folder, folder.gateway(case, failing=True), "gateway.test"), "long")
    expect_refused(persona.address, b"secret")
    persona.next_close("handshake_failed", error="is longer than 128 KiB, the most that is accepted")


main()
