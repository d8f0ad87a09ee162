"""Keys and signatures: which are taken, and which are too weak."""

from cryptography.hazmat.primitives import serialization

from . import der
from .table import LEFT_OUT, ONE, ROOT, ca, leaf, no, ok


def with_key(kind, digest=None):
    """A leaf with such a key, by an intermediate with such a key, by a root with such a key."""
    root = ca("Root of that kind", key=kind, digest=digest)
    authority = ca("CA of that kind", root, key=kind, digest=digest)
    return {"serve": [leaf(authority, key=kind, digest=digest), authority], "trust": [root]}


def by(kind, **more):
    """An ordinary leaf by a CA with such a key."""
    authority = ca("Weak CA", ROOT, key=kind)
    return [leaf(authority, **more), authority]


def explicit_p256(key):
    """A P-256 key whose curve is written out in numbers."""
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    x = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
    y = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    def field(number):
        return der.octets(number.to_bytes(32, "big"))

    curve = der.sequence(der.integer(1), der.sequence(der.oid("1.2.840.10045.1.1"), der.integer(p)),
                         der.sequence(field(p - 3), field(b)),
                         der.octets(b"\4" + x.to_bytes(32, "big") + y.to_bytes(32, "big")), der.integer(order),
                         der.integer(1))
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return der.sequence(der.sequence(der.oid("1.2.840.10045.2.1"), curve), der.bits(point))


_OLD_ROOT = ca("Old Root", key="rsa2048", digest="sha1")
_WEAK_ROOT = ca("Weak Root", key="rsa1024")
_RSA = ca("RSA CA", ROOT, key="rsa2048")
_OLD = ca("Old CA", _RSA, digest="sha1")
_OLDEST = ca("Oldest CA", _RSA, digest="md5")
EIGHTS = "CA/Browser Forum 6.1.5: a multiple of 8, as every honest tool makes them"
CURVES = "CA/Browser Forum 6.1.5 and 7.1.3.1.2: P-256, P-384 and P-521 by name"
EXPONENT = "a stranger decides how long we compute with such a key: exponents are below 2^32"
EXPONENT_SAYS = "would take too long to use: CN=the gateway (RSA 2048 with a public exponent of"
NOT_OFFERED = "persona offers no signature scheme that such a key could sign a handshake with"

CASES = [
    ok("rsa-2048", "RSA 2048", **with_key("rsa2048")),
    ok("rsa-3072", "RSA 3072, SHA-384", **with_key("rsa3072", "sha384")),
    ok("rsa-4096", "RSA 4096, SHA-512", **with_key("rsa4096", "sha512")),
    ok("rsa-pss", "RSA 2048, signed with RSASSA-PSS", **with_key("rsa2048", "pss-sha256")),
    ok("p-384", "P-384", **with_key("p384")),
    ok("p-521", "P-521", **with_key("p521")),
    ok("p-256-sha512", "P-256, SHA-512", **with_key("p256", "sha512")),
    ok("rsa-leaf", "an RSA leaf by an EC CA", [leaf(ONE, key="rsa2048"), ONE]),
    ok("ec-leaf", "an EC leaf by an RSA CA", [leaf(_RSA), _RSA]),
    ok("sha1-root", "the root's own signature is SHA-1, which nobody checks", [leaf(_OLD_ROOT)], trust=[_OLD_ROOT]),

    no("weak_signature", "sha1-leaf", "the leaf is signed with SHA-1", "SHA-1", [leaf(_RSA, digest="sha1"), _RSA]),
    no("weak_signature", "sha1-ecdsa", "the leaf is signed with ECDSA and SHA-1", "SHA-1",
       [leaf(ROOT, digest="sha1")]),
    no("weak_signature", "sha1-intermediate", "the intermediate is signed with SHA-1", "Old CA",
       [leaf(_OLD), _OLD, _RSA]),
    no("weak_signature", "sha1-pss", "the leaf is signed with RSASSA-PSS and its default, SHA-1", "SHA-1",
       [leaf(_RSA, digest="pss-sha1"), _RSA]),
    no("weak_signature", "md5-leaf", "the leaf is signed with MD5", "MD5", [leaf(_RSA, digest="md5"), _RSA]),
    no("weak_signature", "md5-intermediate", "the intermediate is signed with MD5", "Oldest CA",
       [leaf(_OLDEST), _OLDEST, _RSA]),
    no("weak_key", "rsa-1024-leaf", "an RSA leaf of 1024 bits", "RSA 1024", [leaf(ROOT, key="rsa1024")]),
    no("weak_key", "rsa-1024-intermediate", "an RSA intermediate of 1024 bits", "Weak CA", by("rsa1024")),
    no("weak_key", "rsa-1024-root", "an RSA root of 1024 bits", "Weak Root", [leaf(_WEAK_ROOT)], trust=[_WEAK_ROOT],
       wire="start"),
    no("weak_key", "rsa-2052", "an RSA leaf of 2052 bits", "RSA 2052", [leaf(ROOT, key="rsa2052")],
       openssl="accepts", why=EIGHTS),
    no("weak_key", "p-192-intermediate", "a P-192 intermediate", "Weak CA", by("p192")),
    no("weak_key", "p-224-intermediate", "a P-224 intermediate", "Weak CA", by("p224"), openssl="accepts", why=CURVES),
    no("weak_key", "p-192-leaf", "a P-192 leaf", "EC secp192r1", [leaf(ROOT, key="p192")], unservable=NOT_OFFERED),
    no("weak_key", "k-256", "a secp256k1 intermediate", "Weak CA", by("k256"), openssl="accepts", why=CURVES),
    no("weak_key", "brainpool", "a brainpoolP512r1 intermediate", "EC brainpoolP512r1", by("brainpool512"),
       openssl="accepts", why=CURVES),
    no("weak_key", "rsa-exponent-leaf", "an RSA leaf with an exponent as long as its modulus", EXPONENT_SAYS,
       [leaf(ROOT, key="rsa2048-long")], openssl="accepts", why=EXPONENT),
    no("weak_key", "rsa-exponent-intermediate", "an RSA intermediate with an exponent as long as its modulus",
       "Weak CA (RSA 2048 with", by("rsa2048-long"), openssl="accepts", why=EXPONENT),
    no("malformed", "ed25519", "an Ed25519 leaf", "cannot be parsed", [leaf(ROOT, key="ed25519")], openssl="accepts",
       why="mbedTLS has no Ed25519", unservable=NOT_OFFERED),
    no("malformed", "dsa", "a DSA leaf", "cannot be parsed", [leaf(ROOT, key="dsa")], unservable=NOT_OFFERED),
    no("untrusted_issuer", "explicit-curve", "an intermediate whose curve is written out in numbers", LEFT_OUT,
       [leaf(wordy := ca("Wordy CA", ROOT, spki=explicit_p256)), wordy]),
]
