"""A certificate that mbedTLS cannot parse disables nothing else: not the other CAs beside it in trust.ca, and no chain
that does not need it. The peer's own is never passed over."""

import copy
import datetime

from harness import process
from harness.certificates import Pki
from harness.persona import Persona, cli, config, native, write_config
from harness.runner import case, check, equal, main
from harness.servers import openssl_server
from harness.sockets import Server, connect, echo, expect_refused, read_exactly

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

VERSIONS = ("1.2", "1.3")
ANY_KEY = "ALL:@SECLEVEL=0"  # else OpenSSL presents no chain with a key that it cannot read either
ED25519_OID, UNKNOWN_OID = b"\x06\x03\x2b\x65\x70", b"\x06\x03\x2b\x65\x7f"


def name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])


def sign(subject, issuer, public_key, signer, names=()):
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(public_key)
               .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
               .not_valid_after(now + datetime.timedelta(days=30))
               .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, names)), critical=False)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(signer, algorithm).public_bytes(serialization.Encoding.DER)


def pem(der):
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def by_openssl(case, common_name, *options):
    """For keys that Python does not make."""
    key, certificate = case.folder / "odd.key", case.folder / "odd.crt"
    process.run("openssl", "genpkey", *options, "-out", key)
    process.run("openssl", "req", "-x509", "-key", key, "-subj", f"/CN={common_name}", "-days", "30", "-out", certificate)
    return certificate.read_bytes()


def odd_ones(case):
    """What is odd, the certificate, and what check says of it."""
    edwards, curve = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    of_edwards = sign("Edwards CA", "Edwards CA", edwards.public_key(), edwards)
    pss = by_openssl(case, "PSS CA", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048")
    koblitz = by_openssl(case, "Koblitz CA", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:sect283k1")
    return {
        "Ed25519": (pem(of_edwards), "has an Ed25519 key, which is not supported: CN=Edwards CA"),
        "signed with Ed25519": (pem(sign("Cross CA", "Edwards CA", curve.public_key(), edwards)), "has an Ed25519 signature, which is not supported: CN=Cross CA"),
        "RSA-PSS": (pss, "has an RSA-PSS key, which is not supported: CN=PSS CA"),
        "no subject": (pem(sign("", "", curve.public_key(), curve)), "does not name its issuer, which is not supported: serial "),
        "unknown curve": (koblitz, "has an EC key on the curve 1.3.132.0.16, which is not supported: CN=Koblitz CA"),
        "unknown key": (pem(of_edwards.replace(ED25519_OID, UNKNOWN_OID)), "CN=Edwards CA"),
    }


@case("in trust.ca: a warning for each, and the others count; none that counts is an error")
def in_trust(case):
    pki = Pki(case)
    content = config(pki, gateway="127.0.0.1:1")
    good, path = pki.ca.certificate.read_bytes(), case.folder / "bundle.pem"
    content["trust"]["ca"] = str(path)
    odd = odd_ones(case)
    for what, (certificate, words) in odd.items():
        path.write_bytes(certificate + good)
        output = cli("check", "--config", write_config(case, content))
        check("warning: CA certificate is left out, because it " in output and words in output
              and f"in {native(path)} (line 1)" in output and "CN=Test CA, expires" in output and "1 warning" in output, what, output)
        path.write_bytes(certificate)
        output = cli("check", "--config", write_config(case, content), expect=2)
        check("CA certificate is left out" in output and words in output and "1 error" in output, f"{what}, alone", output)
    path.write_bytes(good + b"".join(certificate for certificate, _ in odd.values()) + good)
    equal(cli("check", "--config", write_config(case, content)).count("is left out"), len(odd), "warnings")


@case("presented by a gateway beyond need, in both versions, first and last in the chain", deadline=120)
def by_a_gateway(case):
    pki = Pki(case)
    odd = [certificate for certificate, _ in odd_ones(case).values()]
    chain = case.folder / "chain.pem"
    chain.write_bytes(b"".join([*odd, pki.ca.certificate.read_bytes(), *odd]))
    for version in VERSIONS:
        gateway = openssl_server(case, pki, f"-tls{version.replace('.', '_')}", "-cert_chain", chain,
                                 "-cipher", ANY_KEY)
        persona = Persona(case, config(pki, gateway=gateway), f"to-{version}")
        with connect(persona.address) as client:
            client.sendall(b"hello\n")
            equal(read_exactly(client, 6), b"olleh\n", f"the line reversed, TLS {version}")
        persona.next_close("local_closed")
        persona.stop()


@case("presented by a client beyond need, in both versions")
def by_a_client(case):
    pki = Pki(case)
    client = copy.copy(pki.client)
    client.certificate = case.folder / "client-chain.pem"
    client.certificate.write_bytes(pki.client.certificate.read_bytes()
                                   + b"".join(certificate for what, (certificate, _) in odd_ones(case).items()
                                              if what != "unknown key"))  # Python's client does not send that one
    persona = Persona(case, config(pki, service=Server(case, echo)))
    for version in VERSIONS:
        context = pki.client_context(client, version)
        with context.wrap_socket(connect(persona.address), server_hostname=Pki.GATEWAY_NAME) as connection:
            connection.sendall(b"hello")
            equal(read_exactly(connection, 5), b"hello", f"the echo, TLS {version}")
            connection.unwrap()
        equal(persona.next_close("gateway_closed").get("peer"), "CN=client", "the peer")


@case("the gateway's own is not passed over for the next of the same key, though that one is good")
def own(case):
    pki = Pki(case)
    edwards = ed25519.Ed25519PrivateKey.generate()
    key = serialization.load_pem_private_key(pki.gateway.key.read_bytes(), None)
    chain = case.folder / "chain.pem"
    chain.write_bytes(pki.gateway.certificate.read_bytes())
    odd = copy.copy(pki.gateway)
    odd.certificate = case.folder / "odd.pem"
    odd.certificate.write_bytes(pem(sign("odd", "Edwards CA", key.public_key(), edwards, [Pki.GATEWAY_NAME])))
    for version in VERSIONS:
        gateway = openssl_server(case, pki, f"-tls{version.replace('.', '_')}", "-cert_chain", chain, credential=odd)
        persona = Persona(case, config(pki, gateway=gateway), f"to-{version}")
        expect_refused(persona.address, b"secret")
        persona.next_close("verify_failed", error="the gateway's certificate has an Ed25519 signature, which is not "
                           "supported (keys are RSA, or EC on P-256, P-384 or P-521): CN=odd")
        persona.stop()


@case("a chain that needs what was left out is refused: its issuer is not known")
def needed(case):
    pki = Pki(case)
    edwards = ed25519.Ed25519PrivateKey.generate()
    middle = ec.generate_private_key(ec.SECP256R1())
    key = serialization.load_pem_private_key(pki.gateway.key.read_bytes(), None)
    credential = copy.copy(pki.gateway)
    credential.certificate = case.folder / "leaf.pem"
    credential.certificate.write_bytes(pem(sign("leaf", "Middle CA", key.public_key(), middle, [Pki.GATEWAY_NAME])))
    chain = case.folder / "chain.pem"
    chain.write_bytes(pem(sign("Middle CA", "Edwards CA", middle.public_key(), edwards)))
    for version in VERSIONS:
        gateway = openssl_server(case, pki, f"-tls{version.replace('.', '_')}", "-cert_chain", chain, credential=credential)
        persona = Persona(case, config(pki, gateway=gateway), f"to-{version}")
        expect_refused(persona.address, b"secret")
        equal(persona.next_close("verify_failed").get("verify_reason"), "untrusted_issuer", f"the reason, TLS {version}")
        persona.stop()


main()
