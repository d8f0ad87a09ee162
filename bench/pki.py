"""A throwaway authority, a gateway and a client, all with keys of one kind."""

import datetime

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as error:
    raise SystemExit(f"python3-cryptography is missing: run scripts/setup --bench ({error})") from error

GATEWAY_NAME = "gateway.test"


def p256():
    return ec.generate_private_key(ec.SECP256R1())


def rsa2048():
    return rsa.generate_private_key(65537, 2048)


class Pki:
    def __init__(self, folder, new_key):
        folder.mkdir()
        self._folder = folder
        self._new_key = new_key
        self._key = new_key()
        self._name = _name("Bench CA")
        ca = (_builder(self._name, self._name, self._key, self._key)
              .add_extension(x509.BasicConstraints(True, None), True))
        self.ca = folder / "ca.crt"
        self.ca.write_bytes(ca.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        self.gateway = self._issue("gateway", GATEWAY_NAME, ExtendedKeyUsageOID.SERVER_AUTH)
        self.client = self._issue("client", None, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _issue(self, stem, dns_name, usage):
        key = self._new_key()
        builder = (_builder(_name(stem), self._name, key, self._key)
                   .add_extension(x509.BasicConstraints(False, None), True)
                   .add_extension(x509.ExtendedKeyUsage([usage]), False))
        if dns_name:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns_name)]), False)
        certificate = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption())
        return Credential(self._folder / stem, certificate, private)


class Credential:
    def __init__(self, stem, certificate, key):
        self.certificate = stem.with_suffix(".crt")
        self.key = stem.with_suffix(".key")
        self.both = stem.with_suffix(".pem")  # what HAProxy wants
        contents = {self.certificate: certificate, self.key: key, self.both: certificate + key}
        for path, content in contents.items():
            path.touch(0o600)
            path.write_bytes(content)


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject, issuer, key, issuer_key):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=90))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False))
