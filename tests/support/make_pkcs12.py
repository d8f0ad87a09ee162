#!/usr/bin/env python3
"""Makes the PKCS#12 files in tests/fuzz/seeds/pkcs12, which the unit tests read as well: by openssl, by GnuTLS, and by
hand what neither makes. Throwaway material; the password is "correct horse" unless a name says otherwise.

Usage: make_pkcs12.py [FOLDER]
"""

import datetime
import hashlib
import hmac
import pathlib
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSWORD = "correct horse"
UTF8_PASSWORD = "p\u00e4ss \u20ac \U0001f6a2"
LONG_PASSWORD = "0123456789abcdef" * 3


def certificate(name, key, issuer, signer, ca):
    def named(common_name):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])

    start = datetime.datetime(2026, 1, 1)
    builder = (x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer))
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(start).not_valid_after(start.replace(year=2126))
               .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
    if not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    return builder.sign(signer, hashes.SHA256())


# DER

def der(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 0x80 else bytes([0x82]) + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def oid(text):
    first, second, *rest = map(int, text.split("."))
    body = bytes([40 * first + second])
    for arc in rest:
        group = [arc & 0x7f]
        while arc := arc >> 7:
            group.insert(0, 0x80 | (arc & 0x7f))
        body += bytes(group)
    return der(0x06, body)


def integer(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


DATA, ENVELOPED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.3"
BAGS = "1.2.840.113549.1.12.10.1."
SHA256, HMAC_SHA256 = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.9"


def attributes(local_key_id=None, friendly_name=None):
    found = b""
    if local_key_id:
        found += der(0x30, oid("1.2.840.113549.1.9.21"), der(0x31, der(0x04, local_key_id)))
    if friendly_name:
        found += der(0x30, oid("1.2.840.113549.1.9.20"), der(0x31, der(0x1e, friendly_name.encode("utf-16-be"))))
    return der(0x31, found) if found else b""


def cert_bag(one, **named):
    value = der(0x30, oid("1.2.840.113549.1.9.22.1"),
                der(0xa0, der(0x04, one.public_bytes(serialization.Encoding.DER))))
    return der(0x30, oid(BAGS + "3"), der(0xa0, value), attributes(**named))


def key_bag(key, **named):
    info = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())
    return der(0x30, oid(BAGS + "1"), der(0xa0, info), attributes(**named))


def data_info(*bags):
    return der(0x30, oid(DATA), der(0xa0, der(0x04, der(0x30, *bags))))


def mac_key(password, salt, iterations):
    """RFC 7292 appendix B with SHA-256, for one block."""
    def filled(text):
        return (text * (64 // len(text) + 1))[:64]

    block = hashlib.sha256(b"\3" * 64 + filled(salt) + filled(password.encode("utf-16-be") + b"\0\0")).digest()
    for _ in range(1, iterations):
        block = hashlib.sha256(block).digest()
    return block


def by_hand(*infos, pbmac1=False, password=PASSWORD):
    content = der(0x30, *infos)
    salt = b"saltsalt"
    if pbmac1:
        key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 100, 32)
        prf = der(0x30, oid(HMAC_SHA256), der(0x05))
        derivation = der(0x30, oid("1.2.840.113549.1.5.12"),
                         der(0x30, der(0x04, salt), integer(100), integer(32), prf))
        algorithm = der(0x30, oid("1.2.840.113549.1.5.14"), der(0x30, derivation, prf))
    else:
        key = mac_key(password, salt, 100)
        algorithm = der(0x30, oid(SHA256), der(0x05))
    mac = hmac.new(key, content, "sha256").digest()
    mac_data = der(0x30, der(0x30, algorithm, der(0x04, mac)), der(0x04, salt), integer(100))
    return der(0x30, integer(3), der(0x30, oid(DATA), der(0xa0, der(0x04, content))), mac_data)


class Maker:
    def __init__(self, target, work):
        self.target = target
        self.work = work
        self.root_key, self.intermediate_key, self.key, self.other_key = (
            ec.generate_private_key(ec.SECP256R1()) for _ in range(4))
        self.root = certificate("P12 Root", self.root_key, "P12 Root", self.root_key, True)
        self.intermediate = certificate("P12 Intermediate", self.intermediate_key, "P12 Root", self.root_key, True)
        self.leaf = certificate("p12 client", self.key, "P12 Intermediate", self.intermediate_key, False)
        self.older = certificate("older p12 client", self.key, "P12 Intermediate", self.intermediate_key, False)
        for name, content in (("leaf", [self.leaf]), ("chain", [self.intermediate, self.root]),
                              ("all", [self.leaf, self.intermediate, self.root])):
            (work / f"{name}.crt").write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in content))
        (work / "key.pem").write_bytes(self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    def openssl(self, name, *options, password=PASSWORD, leaf=("-in", "leaf.crt"), key=("-inkey", "key.pem"),
                iterations=20):
        """Few iterations, or fuzzing would do little else."""
        subprocess.run(["openssl", "pkcs12", "-export", *leaf, *key, "-name", "client", "-passout",
                        f"pass:{password}", "-out", self.target / f"{name}.p12", "-iter", str(iterations), *options],
                       cwd=self.work, check=True)

    def gnutls(self, name, *options, password=PASSWORD):
        secret = ["--password", password] if password is not None else []
        subprocess.run(["certtool", "--to-p12", "--load-certificate", "all.crt", "--load-privkey", "key.pem",
                        "--p12-name", "client", "--outfile", self.target / f"{name}.p12", *secret, *options],
                       cwd=self.work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def write(self, name, content):
        (self.target / f"{name}.p12").write_bytes(content)

    def make(self):
        chain = ("-certfile", "chain.crt")
        self.openssl("aes256", *chain, iterations=2048)
        self.openssl("aes128-sha512", *chain, "-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC", "-macalg", "sha512")
        self.openssl("aes192-sha384", "-keypbe", "AES-192-CBC", "-certpbe", "AES-192-CBC", "-macalg", "sha384")
        self.openssl("3des", *chain, "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1")
        self.openssl("2key-3des", "-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-2DES", "-macalg", "sha1")
        self.openssl("rc2", "-legacy")
        self.openssl("rc4", "-legacy", "-certpbe", "PBE-SHA1-RC4-128")
        self.openssl("camellia", "-keypbe", "CAMELLIA-256-CBC", "-certpbe", "CAMELLIA-256-CBC")
        self.openssl("unencrypted", "-keypbe", "NONE", "-certpbe", "NONE")
        self.openssl("password-empty", password="")
        self.openssl("password-utf8", password=UTF8_PASSWORD)
        self.openssl("password-utf8-3des", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1",
                     password=UTF8_PASSWORD)
        self.openssl("password-long", password=LONG_PASSWORD)
        self.openssl("no-mac", "-nomac")
        self.openssl("no-certificate", "-nocerts", leaf=())
        self.openssl("no-key", "-nokeys", key=())
        self.openssl("mac-iterations", "-keypbe", "NONE", "-certpbe", "NONE", iterations=10_000_001)
        self.openssl("iterations", "-nomaciter", "-certpbe", "NONE", iterations=10_000_001)
        self.openssl("mac-md5", "-macalg", "md5")
        self.gnutls("gnutls", "--outder")
        self.gnutls("gnutls-3des", "--outder", "--pkcs-cipher", "3des-pkcs12", "--hash", "SHA1")
        self.gnutls("gnutls-pem")
        self.gnutls("gnutls-password-null", "--outder", "--null-password", password=None)
        self.gnutls("gnutls-password-utf8", "--outder", password=UTF8_PASSWORD)
        self.write("pbmac1", by_hand(data_info(key_bag(self.key), cert_bag(self.leaf)), pbmac1=True))
        self.write("pbmac1-password-long", by_hand(data_info(key_bag(self.key), cert_bag(self.leaf)), pbmac1=True,
                                                   password=LONG_PASSWORD))
        self.write("two-keys", by_hand(data_info(
            key_bag(self.key, friendly_name="alice"), key_bag(self.other_key, friendly_name="b\u00f6b"),
            cert_bag(self.leaf))))
        self.write("local-key-id", by_hand(data_info(
            cert_bag(self.intermediate), cert_bag(self.older, local_key_id=b"1"),
            cert_bag(self.leaf, local_key_id=b"2"), key_bag(self.key, local_key_id=b"2"))))
        self.write("by-public-key", by_hand(data_info(
            cert_bag(self.root), cert_bag(self.intermediate), cert_bag(self.leaf), key_bag(self.key))))
        nested = data = data_info(cert_bag(self.leaf), key_bag(self.key))
        inner = data[data.index(b"\x30", 20):]
        for _ in range(3):
            inner = der(0x30, der(0x30, oid(BAGS + "6"), der(0xa0, inner)))
        nested = der(0x30, oid(DATA), der(0xa0, der(0x04, inner)))
        self.write("nested", by_hand(nested))
        for _ in range(9):
            inner = der(0x30, der(0x30, oid(BAGS + "6"), der(0xa0, inner)))
        self.write("nested-too-deep", by_hand(der(0x30, oid(DATA), der(0xa0, der(0x04, inner)))))
        self.write("public-key-privacy", by_hand(der(0x30, oid(ENVELOPED), der(0xa0, der(0x30, integer(0))))))
        self.write("other-key", by_hand(data_info(key_bag(self.other_key), cert_bag(self.leaf))))
        self.write("unreadable-certificate", by_hand(data_info(key_bag(self.key), der(
            0x30, oid(BAGS + "3"), der(0xa0, der(0x30, oid("1.2.840.113549.1.9.22.1"),
                                                 der(0xa0, der(0x04, b"\x30\x03\x02\x01\x01")))),
            attributes(friendly_name="broken")))))


def content_of(pfx):
    """The AuthenticatedSafe of a PFX, which fuzzing puts behind a MAC of its own."""
    def body(at):
        size = pfx[at + 1]
        header = 2 + (size & 0x7f if size >= 0x80 else 0)
        size = int.from_bytes(pfx[at + 2:at + header], "big") if header > 2 else size
        return at + header, at + header + size

    at = body(body(0)[0] + 3)[0]  # behind the version: authSafe
    start, end = body(body(body(at)[1])[0])  # behind its type: [0], OCTET STRING
    return pfx[start:end]


def main():
    default = pathlib.Path(__file__).resolve().parents[1] / "fuzz" / "seeds" / "pkcs12"
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else default).resolve()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        Maker(target, pathlib.Path(work)).make()
    for name in ("aes128-sha512", "3des", "two-keys", "local-key-id", "nested", "unencrypted"):
        (target / f"{name}.content").write_bytes(content_of((target / f"{name}.p12").read_bytes()))


main()
