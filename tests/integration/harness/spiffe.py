"""What SPIRE gives: X.509-SVIDs of a trust domain, and an agent that pushes them by the Workload API, whose server is made from the
same .proto as persona's client."""

import concurrent.futures
import datetime
import importlib
import pathlib
import queue
import subprocess
import sys
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .certificates import KEY_KINDS, Authority, Credential
from .runner import check

SPIRE = [x509.NameAttribute(NameOID.COUNTRY_NAME, "US"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SPIRE")]
PROTO = pathlib.Path(__file__).resolve().parents[3] / "src" / "workload" / "workload.proto"
der = serialization.Encoding.DER


class TrustDomain(Authority):
    """A CA as SPIRE's server is one: named by the trust domain's URI."""

    def svid(self, spiffe_id, subject=SPIRE, since=0, minutes=60):
        """As SPIRE makes them: no common name, all usages of TLS (X509-SVID sections 2 to 4). Valid between so many minutes from
        now."""
        key = KEY_KINDS["P-256"]()
        now = datetime.datetime.utcnow().replace(microsecond=0)
        usages = {name: name in ("digital_signature", "key_encipherment", "key_agreement") for name in (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
            "crl_sign", "encipher_only", "decipher_only")}
        certificate = (
            x509.CertificateBuilder().subject_name(x509.Name(subject)).issuer_name(self._subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now + datetime.timedelta(minutes=since))
            .not_valid_after(now + datetime.timedelta(minutes=minutes))
            .add_extension(x509.KeyUsage(**usages), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(spiffe_id)]), critical=not subject)
            .sign(self._key, hashes.SHA256()))
        return Credential(self._folder, f"{self._stem}-{certificate.serial_number}", certificate, key)


    def revoking(self, *credentials):
        """A CRL, DER."""
        now = datetime.datetime.utcnow().replace(microsecond=0)
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self._subject).last_update(now - datetime.timedelta(minutes=1))
                   .next_update(now + datetime.timedelta(days=1)).add_extension(x509.CRLNumber(1), critical=False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False))
        for each in credentials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(each.serial).revocation_date(now).build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(der)


def of_pem(file):
    return x509.load_pem_x509_certificate(pathlib.Path(file).read_bytes()).public_bytes(der)


def key_of(credential):
    key = serialization.load_pem_private_key(pathlib.Path(credential.key).read_bytes(), None)
    return key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def messages():
    """The module that protoc makes of the .proto, in a folder that ends with the process."""
    if "workload_pb2" not in sys.modules:
        import tempfile
        folder = tempfile.TemporaryDirectory()
        messages.folder = folder  # until then
        subprocess.run(["protoc", f"--proto_path={PROTO.parent}", f"--python_out={folder.name}", PROTO.name], check=True, timeout=60)
        sys.path.insert(0, folder.name)
    return importlib.import_module("workload_pb2")


def svid(spiffe_id, credential, *authorities, **other):
    """One of a push; `other` has fields that are to be wrong."""
    fields = {"spiffe_id": spiffe_id, "x509_svid": of_pem(credential.certificate), "x509_svid_key": key_of(credential),
              "bundle": b"".join(of_pem(each.certificate) for each in authorities), **other}
    return messages().X509SVID(**fields)


class Agent:
    """Answers at a Unix socket. What was pushed last is also what a client that comes later gets first."""

    def __init__(self, case, name="agent"):
        self.socket = case.folder / f"{name}.sock"
        self.asked = 0
        self._changed = threading.Condition()
        self._last = None
        self._clients = set()
        self._server = None
        case.defer(self.stop)

    def __str__(self):
        return f"unix:{self.socket}"

    def start(self):
        import grpc
        pb = messages()
        self.socket.unlink(missing_ok=True)
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(16))
        handler = grpc.unary_stream_rpc_method_handler(self._fetch, pb.X509SVIDRequest.FromString, lambda answer: answer)
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("SpiffeWorkloadAPI", {"FetchX509SVID": handler}),))
        check(self._server.add_insecure_port(str(self)), f"cannot listen on {self}")
        self._server.start()
        return self

    def stop(self):
        """Every conversation ends with it."""
        if self._server:
            self._server.stop(None).wait(10)
            self._server = None

    def push(self, *svids, crl=(), federated=None):
        self._push(messages().X509SVIDResponse(svids=svids, crl=crl, federated_bundles=federated or {}).SerializeToString())

    def push_bytes(self, content):
        self._push(content)

    def deny(self):
        """Ends every conversation, and those to come: there is no identity for who asks."""
        self._push(PermissionError)

    def _push(self, answer):
        with self._changed:
            self._last = answer
            for each in self._clients:
                each.put(answer)

    def _fetch(self, _, context):
        import grpc
        if ("workload.spiffe.io", "true") not in context.invocation_metadata():
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "security header missing from request")
        mine = queue.SimpleQueue()
        with self._changed:
            self.asked += 1
            self._clients.add(mine)
            if self._last is not None:
                mine.put(self._last)
            self._changed.notify_all()
        context.add_callback(lambda: mine.put(None))
        try:
            while (answer := mine.get()) is not None:
                if answer is PermissionError:
                    context.abort(grpc.StatusCode.PERMISSION_DENIED, "no identity issued")
                yield answer
        finally:
            with self._changed:
                self._clients.discard(mine)

    def wait_asked(self, count, timeout=20):
        with self._changed:
            check(self._changed.wait_for(lambda: self.asked >= count, timeout), f"asked {self.asked} times, not {count}")
