"""Certificates and revocation lists of the chain cases: what one says is given by keywords, the rest is what a careful
CA would write. Nothing is made before it is asked for, and keys are shared within the process."""

import base64
import datetime
import functools
import hashlib
import itertools
import math

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa

from . import der

# The moment that all days of the cases count from.
NOW = datetime.datetime.utcnow().replace(microsecond=0)
_CURVES = {"p192": ec.SECP192R1, "p224": ec.SECP224R1, "p256": ec.SECP256R1, "p384": ec.SECP384R1,
           "p521": ec.SECP521R1, "k256": ec.SECP256K1, "brainpool512": ec.BrainpoolP512R1}
_HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384,
           "sha512": hashes.SHA512}
_RSA_OIDS = {"md5": "1.2.840.113549.1.1.4", "sha1": "1.2.840.113549.1.1.5", "sha256": "1.2.840.113549.1.1.11",
             "sha384": "1.2.840.113549.1.1.12", "sha512": "1.2.840.113549.1.1.13"}
_ECDSA_OIDS = {"sha1": "1.2.840.10045.4.1", "sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3",
               "sha512": "1.2.840.10045.4.3.4"}
_HASH_OIDS = {"sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2",
              "sha512": "2.16.840.1.101.3.4.2.3"}
_serials = itertools.count(0x1000)


def _day(offset):
    return NOW + datetime.timedelta(days=offset)


@functools.lru_cache(maxsize=None)
def make_key(kind, _label):
    """A key of this kind; another label, another key."""
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind]())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "dsa":
        return dsa.generate_private_key(1024)
    size = int(kind.removeprefix("rsa").removesuffix("-long"))
    key = rsa.generate_private_key(public_exponent=65537, key_size=size)
    return with_long_exponent(key) if kind.endswith("-long") else key


def with_long_exponent(key):
    """The same modulus with another pair of exponents, of which the public one is as long as it can be."""
    numbers = key.private_numbers()
    p, q = numbers.p, numbers.q
    order = math.lcm(p - 1, q - 1)
    exponent = numbers.public_numbers.n - 2
    while math.gcd(exponent, order) != 1:
        exponent -= 2
    private = pow(exponent, -1, order)
    return rsa.RSAPrivateNumbers(
        p, q, private, rsa.rsa_crt_dmp1(private, p), rsa.rsa_crt_dmq1(private, q), rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(exponent, p * q)).private_key()


def _key(kind, label):
    # Elliptic keys cost nothing; those of RSA are shared by all who need one of that size, one for CAs, one for leaves.
    return make_key(kind, label if kind in _CURVES else label == "leaf")


def _algorithm(key, digest):
    """The AlgorithmIdentifier of a signature."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return der.sequence(der.oid(_ECDSA_OIDS[digest]))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return der.sequence(der.oid("1.3.101.112"))
    if isinstance(key, dsa.DSAPrivateKey):
        return der.sequence(der.oid("2.16.840.1.101.3.4.3.2"))
    if digest.startswith("pss-"):
        digest = digest.removeprefix("pss-")
        if digest == "sha1":  # the default of each parameter
            return der.sequence(der.oid("1.2.840.113549.1.1.10"), der.sequence())
        hashed = der.sequence(der.oid(_HASH_OIDS[digest]), der.NULL)
        return der.sequence(der.oid("1.2.840.113549.1.1.10"), der.sequence(
            der.explicit(0, hashed), der.explicit(1, der.sequence(der.oid("1.2.840.113549.1.1.8"), hashed)),
            der.explicit(2, der.integer(_HASHES[digest].digest_size))))
    return der.sequence(der.oid(_RSA_OIDS[digest]), der.NULL)


def _signature(key, digest, data):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    chosen = _HASHES[digest.removeprefix("pss-")]()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(chosen))
    if isinstance(key, dsa.DSAPrivateKey):
        return key.sign(data, chosen)
    if digest.startswith("pss-"):
        return key.sign(data, padding.PSS(padding.MGF1(chosen), chosen.digest_size), chosen)
    return key.sign(data, padding.PKCS1v15(), chosen)


def _signed(tbs, key, digest, broken=False, outer=None):
    signature = bytearray(_signature(key, digest, tbs))
    if broken:
        signature[-1] ^= 1
    return der.sequence(tbs, _algorithm(key, outer or digest), der.bits(bytes(signature)))


def _pem(label, content):
    text = base64.encodebytes(content).decode().replace("\n", "")
    lines = [text[at:at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


class Certificate:
    """by: the issuing Certificate; nothing: self-signed. since, until: days from now. Of the extensions each is what
    der.py makes of it; None leaves it out. critical, uncritical: extensions that are it though they should not be."""

    def __init__(self, subject, by=None, *, is_ca=False, key="p256", key_of=None, digest=None, signer=None,
                 issuer=None, since=-30, until=90, serial=None, version=3, bc=None, path_length=None, ku=None, eku=None,
                 san=None, permitted=(), excluded=(), ski=True, aki=True, more=(), without=(), replaced=None,
                 critical=(), uncritical=(), broken=False, outer=None, spki=None, trailing=b""):
        self.subject = subject
        self.by = by
        self.is_ca = is_ca
        self._key_kind = key
        self._key_of = key_of  # another Certificate that has the same key
        self._digest = digest
        self._signer = signer  # whose key signs, where it is not the issuer's
        self._issuer = issuer
        self._since, self._until = since, until
        self.serial = next(_serials) if serial is None else serial
        self._version = version
        self._bc, self._path_length, self._ku, self._eku, self._san = bc, path_length, ku, eku, san
        self._permitted, self._excluded = permitted, excluded
        self._ski, self._aki = ski, aki
        self._more, self._without, self._replaced = more, without, replaced or {}
        self._critical, self._uncritical = critical, uncritical
        self._broken, self._outer, self._spki, self._trailing = broken, outer, spki, trailing

    @functools.cached_property
    def key(self):
        return self._key_of.key if self._key_of else _key(self._key_kind, id(self) if self.is_ca else "leaf")

    @functools.cached_property
    def spki(self):
        if self._spki:
            return self._spki(self.key)
        return self.key.public_key().public_bytes(serialization.Encoding.DER,
                                                  serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def key_id(self):
        return hashlib.sha256(self.spki).digest()[:20]

    @property
    def pin(self):
        return "sha256//" + base64.b64encode(hashlib.sha256(self.spki).digest()).decode()

    def _extensions(self):
        """In the order written: what it is, its content, whether it is critical."""
        is_ca = self.is_ca
        yield "bc", self._bc if self._bc is not None else der.basic_constraints(is_ca, self._path_length), True
        yield "ku", der.key_usage(self._ku if self._ku is not None
                                  else ["keyCertSign", "cRLSign"] if is_ca else ["digitalSignature"]), True
        if self._eku or not is_ca:
            yield "eku", der.sequence(*map(der.oid, self._eku or ["serverAuth"])), False
        if self._san or not is_ca:
            yield "san", der.general_names(self._san or ["dns:gateway.test"]), not self.subject
        if self._permitted or self._excluded:
            yield "nc", der.name_constraints(self._permitted, self._excluded), True
        if self._ski and is_ca:
            yield "ski", der.octets(self.key_id), False
        if self._aki and self.by:
            yield "aki", der.sequence(der.tlv(0x80, self.by.key_id)), False
        for kind, content, critical in self._more:
            yield kind, content, critical

    @functools.cached_property
    def der(self):
        by = self.by or self
        signing_key = (self._signer or by).key
        digest = self._digest or {"secp384r1": "sha384", "secp521r1": "sha512"}.get(
            getattr(getattr(signing_key, "curve", None), "name", ""), "sha256")
        extensions = [der.extension(kind, self._replaced.get(kind, content),
                                    kind not in self._uncritical and (critical or kind in self._critical))
                      for kind, content, critical in self._extensions() if kind not in self._without]
        tbs = der.sequence(
            der.explicit(0, der.integer(self._version - 1)) if self._version > 1 else b"",
            self.serial if isinstance(self.serial, bytes) else der.integer(self.serial),
            _algorithm(signing_key, digest),
            der.name(by.subject if self._issuer is None else self._issuer),
            der.sequence(der.time(_day(self._since)), der.time(_day(self._until))), der.name(self.subject), self.spki,
            der.explicit(3, der.sequence(*extensions)) if self._version == 3 and extensions else b"", self._trailing)
        return _signed(tbs, signing_key, digest, self._broken, self._outer)

    @functools.cached_property
    def pem(self):
        return _pem("CERTIFICATE", self.der)

    @property
    def key_pem(self):
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()).decode()


class RevocationList:
    """by: the CA. revoked: certificates, or (certificate, extensions of the entry)."""

    def __init__(self, by, revoked=(), *, signer=None, issuer=None, digest=None, since=-1, until=30, number=7,
                 critical=(), without=(), more=(), broken=False, version=2):
        self._by, self._revoked = by, revoked
        self._signer, self._issuer, self._digest = signer or by, issuer, digest or "sha256"
        self._since, self._until = since, until
        self._number, self._critical, self._without, self._more = number, critical, without, more
        self._broken, self._version = broken, version

    def _entry(self, revoked):
        certificate, extensions = revoked if isinstance(revoked, tuple) else (revoked, ())
        serial = certificate if isinstance(certificate, int) else certificate.serial
        return der.sequence(der.integer(serial), der.time(_day(self._since)),
                            der.sequence(*[der.extension(*each) for each in extensions]) if extensions else b"")

    @functools.cached_property
    def pem(self):
        extensions = [("aki", der.sequence(der.tlv(0x80, self._by.key_id)), False),
                      ("crl_number", der.integer(self._number), False), *self._more]
        written = [der.extension(kind, content, critical or kind in self._critical)
                   for kind, content, critical in extensions if kind not in self._without]
        tbs = der.sequence(
            der.integer(self._version - 1) if self._version > 1 else b"", _algorithm(self._signer.key, self._digest),
            der.name(self._issuer or self._by.subject), der.time(_day(self._since)),
            der.time(_day(self._until)) if self._until is not None else b"",
            der.sequence(*map(self._entry, self._revoked)) if self._revoked else b"",
            der.explicit(0, der.sequence(*written)) if self._version > 1 else b"")
        return _pem("X509 CRL", _signed(tbs, self._signer.key, self._digest, self._broken))
