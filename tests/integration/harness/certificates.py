"""Throwaway authorities and certificates, and ssl contexts made of them."""

import base64
import contextlib
import copy
import datetime
import hashlib
import ipaddress
import socket
import ssl
import sys

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as error:
    sys.exit(f"python3-cryptography is not installed for {sys.executable}: run scripts/setup --tests ({error})")

_TCP_CLOSE = 7  # <linux/tcp_states.h>
DAY = datetime.timedelta(days=1)
# What a certificate's key may be, and how one is made; RSA-4096 takes a second or two.
KEY_KINDS = {
    **{f"RSA-{bits}": lambda bits=bits: rsa.generate_private_key(65_537, bits) for bits in (2048, 3072, 4096)},
    **{f"P-{curve.key_size}": lambda curve=curve: ec.generate_private_key(curve)
       for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())},
}


def _now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def _name(common_name, units=()):
    return x509.Name([*(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units),
                      x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject, issuer, key, issuer_key, not_before, not_after):
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(not_before).not_valid_after(not_after)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False))


def _alternative(name):
    if "://" in name:
        return x509.UniformResourceIdentifier(name)
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Credential:
    """A certificate and its key on disk."""

    def __init__(self, folder, stem, certificate, key):
        self.certificate = folder / f"{stem}.crt"
        self.key = folder / f"{stem}.key"
        self.serial = certificate.serial_number
        self.pin = "sha256//" + base64.b64encode(hashlib.sha256(certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).digest()).decode()
        self.both = folder / f"{stem}.pem"  # what HAProxy wants
        certificate_text = certificate.public_bytes(serialization.Encoding.PEM)
        key_text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption())
        self.certificate.write_bytes(certificate_text)
        for path, content in ((self.key, key_text), (self.both, certificate_text + key_text)):
            path.touch(0o600)
            path.write_bytes(content)

    def config(self):
        """The `identity:` of a configuration."""
        return {"certificate": str(self.certificate), "private_key": str(self.key)}

    def private_parts(self):
        """Texts of which each would show the key, which is an elliptic one."""
        content = self.key.read_bytes()
        key = serialization.load_pem_private_key(content, None)
        number = key.private_numbers().private_value.to_bytes((key.key_size + 7) // 8, "big")
        grouped = number.hex(":")
        return ["PRIVATE KEY", *content.decode().split("\n")[1:-2], number.hex(), number.hex().upper(), grouped, grouped.upper(),
                base64.b64encode(number).decode().rstrip("=")]

    def encrypt_key(self, path, password):
        """A copy of the key in a file that takes a password."""
        key = serialization.load_pem_private_key(self.key.read_bytes(), None)
        path.touch(0o600)
        path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.BestAvailableEncryption(password.encode())))
        return path

    def followed_by(self, path, size):
        """A copy whose file has certificates of so many bytes in all behind its own: strangers, which are sent too."""
        other = copy.copy(self)
        other.certificate = path
        key, name = KEY_KINDS["P-256"](), _name("stranger")
        padding = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.1"), bytes(4000))
        texts = [self.certificate.read_bytes()]
        while size > 0:
            stranger = (_builder(name, name, key, key, _now() - DAY, _now() + DAY).add_extension(padding, critical=False)
                        .sign(key, hashes.SHA256()))
            texts.append(stranger.public_bytes(serialization.Encoding.PEM))
            size -= len(stranger.public_bytes(serialization.Encoding.DER))
        path.write_bytes(b"".join(texts))
        return other


class Authority:
    def __init__(self, folder, common_name="Test CA"):
        self._folder = folder
        self._key = KEY_KINDS["P-256"]()
        self._subject = _name(common_name)
        self._stem = common_name.lower().replace(" ", "-")
        certificate = (
            _builder(self._subject, self._subject, self._key, self._key, _now() - DAY, _now() + 365 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256()))
        self.certificate = folder / f"{self._stem}.crt"
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, common_name, names=(), expired=False, self_signed=False, days=90, units=(), key=None, since=-30):
        """A certificate for both sides of TLS, as small PKIs issue them; for a new P-256 key if none is given."""
        key = key or KEY_KINDS["P-256"]()
        subject = _name(common_name, units)
        not_after = _now() - 3 * DAY if expired else _now() + days * DAY
        issuer, signer = (subject, key) if self_signed else (self._subject, self._key)
        builder = _builder(subject, issuer, key, signer, _now() + since * DAY, not_after)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(map(_alternative, names)), critical=False)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
                           critical=False)
            .sign(signer, hashes.SHA256()))
        kind = "-expired" if expired else "-self-signed" if self_signed else ""
        return Credential(self._folder, f"{self._stem}-{common_name}{kind}", certificate, key)

    def revocation_list(self, number, revoked=(), since=-1, until=30):
        """A CRL in PEM that revokes these credentials; valid between so many days from now."""
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self._subject)
                   .last_update(_now() + since * DAY).next_update(_now() + until * DAY)
                   .add_extension(x509.CRLNumber(number), critical=False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False))
        for each in revoked:
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(each.serial)
                                                      .revocation_date(_now() - DAY).build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Pki:
    """One authority, one gateway and one client, and an authority that nobody trusts."""

    GATEWAY_NAME = "gateway.test"

    def __init__(self, case):
        self.ca = Authority(case.folder)
        self.other_ca = Authority(case.folder, "Other CA")
        self.gateway = self.ca.issue("gateway", [self.GATEWAY_NAME])
        self.client = self.ca.issue("client")

    def authorities_with_long_names(self, path, count):
        """A file of this PKI's authority and so many others, with 165 bytes of a name each."""
        key = KEY_KINDS["P-256"]()
        texts = [self.ca.certificate.read_bytes()]
        for number in range(count):
            name = _name(f"{number:060}", [f"{number:060}"])
            other = (_builder(name, name, key, key, _now() - DAY, _now() + DAY)
                     .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                     .sign(key, hashes.SHA256()))
            texts.append(other.public_bytes(serialization.Encoding.PEM))
        path.write_bytes(b"".join(texts))
        return path

    def server_context(self, credential=None, ca=None, version=None, client_certificate=True):
        """For a gateway made of Python's ssl module."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        credential = credential or self.gateway
        context.load_cert_chain(credential.certificate, credential.key)
        _prepare(context, version)
        if client_certificate:
            context.load_verify_locations((ca or self.ca).certificate)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client_context(self, credential=None, version=None):
        """For a client of persona's gateway mode. No credential: it presents none."""
        context = ssl.create_default_context(cafile=self.ca.certificate)
        if credential:
            context.load_cert_chain(credential.certificate, credential.key)
        _prepare(context, version)
        return context

    def client_hello(self):
        """The first message of a client that may be let in."""
        outgoing = ssl.MemoryBIO()
        client = self.client_context(self.client).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=self.GATEWAY_NAME)
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        return outgoing.read()


def _prepare(context, version):
    # Else Python would take a FIN without close_notify for a clean end.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    if version:
        context.minimum_version = context.maximum_version = {
            "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]


def accept_tls(context, connection):
    """The server's handshake. A FIN without close_notify will raise instead of looking like the end."""
    return context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False)


def end_of(connection):
    """How the other side ends a TLS connection: "close_notify", "truncated" or "reset"."""
    try:
        while connection.recv(1 << 16):
            pass
    except ssl.SSLEOFError:
        # Python reports a reset with the same words. RST leaves the state CLOSE behind, FIN leaves CLOSE_WAIT.
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return "reset" if state == _TCP_CLOSE else "truncated"
    except ConnectionResetError:
        return "reset"
    return "close_notify"
