"""What a certificate is like, in words: all that decides whether it is accepted, and nothing that differs each time."""

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from .extensions import NAMES, USAGES

_USAGE_NAMES = {oid: name for name, oid in USAGES.items()}
_BITS = {"digital_signature": "digitalSignature", "content_commitment": "nonRepudiation",
         "key_encipherment": "keyEncipherment", "data_encipherment": "dataEncipherment",
         "key_agreement": "keyAgreement", "key_cert_sign": "keyCertSign", "crl_sign": "cRLSign"}
_NAME_KINDS = {x509.DNSName: "DNS", x509.IPAddress: "IP", x509.UniformResourceIdentifier: "URI",
               x509.RFC822Name: "email", x509.OtherName: "otherName", x509.RegisteredID: "RID",
               x509.DirectoryName: "dirName"}
_SIGNATURES = {"sha512": "SHA-512", "sha384": "SHA-384", "sha256": "SHA-256", "sha1": "SHA-1", "md5": "MD5"}


def _key(key):
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}.get(key.curve.name, key.curve.name)
    return type(key).__name__.strip("_").removesuffix("PublicKey")


def _kinds(names):
    kinds = []
    for name in names:
        kind = _NAME_KINDS[type(name)]
        kinds += [] if kind in kinds else [kind]
    return " ".join(kinds)


def _value(extension):
    value = extension.value
    if isinstance(value, x509.BasicConstraints):
        length = "" if value.path_length is None else f" pathlen:{value.path_length}"
        return f"CA:{str(value.ca).upper()}{length}"
    if isinstance(value, x509.KeyUsage):
        return " ".join(name for attribute, name in _BITS.items() if getattr(value, attribute))
    if isinstance(value, x509.ExtendedKeyUsage):
        return " ".join(_USAGE_NAMES.get(usage.dotted_string, usage.dotted_string) for usage in value)
    if isinstance(value, x509.SubjectAlternativeName):
        return _kinds(value)
    if isinstance(value, x509.AuthorityKeyIdentifier):
        return "+".join((["keyid"] if value.key_identifier else []) + (["issuer"] if value.authority_cert_issuer else []))
    if isinstance(value, x509.NameConstraints):
        return " ".join(word for word, trees in (("permitted", value.permitted_subtrees),
                                                 ("excluded", value.excluded_subtrees)) if trees)
    if extension.oid.dotted_string == "2.16.840.1.113730.1.1":
        return {0x40: "server", 0x80: "client", 0xC0: "client server", 0x07: "sslCA emailCA objCA",
                0x04: "sslCA"}[value.value[-1]]
    return ""


def certificate(data):
    """version 3, RSA 2048, SHA-256: basicConstraints! CA:TRUE, ..."""
    read = x509.load_der_x509_certificate(data)
    parts = [f"version {read.version.value + 1}", _key(read.public_key())]
    digest = read.signature_hash_algorithm
    if digest is None or digest.name != "sha256":
        parts.append(_SIGNATURES[digest.name] if digest else "no hash")
    if not list(read.subject):
        parts.append("no subject")
    elif not read.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        parts.append("no CN")
    written = [f"{NAMES.get(one.oid.dotted_string, one.oid.dotted_string)}{'!' if one.critical else ''} "
               f"{_value(one)}".strip() for one in read.extensions]
    # In the order of the names, which is not the tools'.
    order = list(NAMES.values())
    written.sort(key=lambda text: order.index(text.split()[0].rstrip("!"))
                 if text.split()[0].rstrip("!") in order else len(order))
    return ", ".join(parts) + (": " + ", ".join(written) if written else "")


class Read:
    """A certificate that a tool made; its key stays where it is."""
    key_pem = ""

    def __init__(self, pem):
        self._certificate = x509.load_pem_x509_certificate(pem.encode())
        self.der = self._certificate.public_bytes(serialization.Encoding.DER)
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM).decode()
