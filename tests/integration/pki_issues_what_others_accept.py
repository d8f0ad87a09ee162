"""persona pki: what it issues is accepted, and what it revokes is refused, by OpenSSL, GnuTLS and Python's ssl module.
Go's crypto/tls has a say where `go` is installed; Debian 12 does not have it by default, and it is no part of the tests
then: what it asks for beyond the others (a subjectAltName, no critical extension that it does not know) is checked here
in the certificates themselves."""

import base64
import datetime
import hashlib
import json
import os
import pathlib
import re
import socket
import ssl
import stat
import subprocess
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness import process
from harness.persona import BINARY, cli
from harness.process import Process
from harness.runner import Failure, case, check, equal, main
from harness.sockets import reserve_port

NAME = "gateway.test"


class Folder:
    """A CA's folder. Remembers everything that was printed."""

    def __init__(self, case, *init, name="pki"):
        self.path = case.folder / name
        self.printed = ""
        self.run("init", "--name", "Example CA", *init)

    def run(self, *arguments, expect=0):
        output = cli("pki", *arguments, "--dir", self.path, expect=expect)
        self.printed += output
        return output

    def file(self, name):
        return self.path / name

    def issued(self, name, file="certificate.pem"):
        return self.path / "issued" / name / file

    def certificate(self, name):
        return x509.load_pem_x509_certificate(self.issued(name).read_bytes())

    def ledger(self):
        return json.loads(self.file("ca/issued.json").read_text())

    def crl(self):
        return x509.load_pem_x509_crl(self.file("ca/ca.crl").read_bytes())

    def digest(self):
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in self.path.rglob("*") if path.is_file() and path.name != ".lock"}


def tunnel(case, *init):
    folder = Folder(case, *init)
    folder.run("issue", "server", "gateway", "--dns", NAME, "--ip", "127.0.0.1")
    folder.run("issue", "client", "laptop", "--uri", "spiffe://example.org/laptop")
    return folder


def openssl_verify(folder, name, *options, expect=0):
    done = subprocess.run(process.command("openssl", "verify", "-x509_strict", "-CAfile", folder.file("ca/ca.crt"),
                                          *options, folder.issued(name)), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    output = done.stdout.decode()
    equal(done.returncode, expect, f"openssl verify ({output.strip()})")
    return output


@case("openssl verify, strict, for its purpose and its names only")
def verified_by_openssl(case):
    folder = tunnel(case)
    openssl_verify(folder, "gateway", "-purpose", "sslserver", "-verify_hostname", NAME)
    openssl_verify(folder, "gateway", "-purpose", "sslserver", "-verify_ip", "127.0.0.1")
    openssl_verify(folder, "laptop", "-purpose", "sslclient")
    check("hostname mismatch" in openssl_verify(folder, "gateway", "-verify_hostname", "other.test", expect=2), "name")
    for name, purpose in (("gateway", "sslclient"), ("laptop", "sslserver")):
        check("purpose" in openssl_verify(folder, name, "-purpose", purpose, expect=2), "purpose")


@case("certtool --verify, with the CRL and without")
def verified_by_gnutls(case):
    folder = tunnel(case)
    arguments = ["--verify", "--load-ca-certificate", folder.file("ca/ca.crt"), "--verify-profile", "high"]
    process.run("certtool", *arguments, "--infile", folder.issued("gateway"), "--verify-hostname", NAME)
    process.run("certtool", *arguments, "--infile", folder.issued("laptop"), "--verify-purpose", "1.3.6.1.5.5.7.3.2")
    folder.run("revoke", "laptop", "--reason", "keyCompromise")
    crl = ["--load-crl", folder.file("ca/ca.crl")]
    process.run("certtool", *arguments, *crl, "--infile", folder.issued("gateway"))
    process.run("certtool", *arguments, *crl, "--infile", folder.issued("laptop"), expect=1)
    process.run("certtool", "--verify-crl", "--load-ca-certificate", folder.file("ca/ca.crt"), "--infile",
                folder.file("ca/ca.crl"))


@case("what is revoked is refused by openssl -crl_check, and nothing else is")
def revoked(case):
    folder = tunnel(case)
    crl = ["-crl_check", "-CRLfile", folder.file("ca/ca.crl")]
    openssl_verify(folder, "laptop", *crl)
    serial = folder.certificate("laptop").serial_number
    folder.run("renew", "laptop")
    folder.run("revoke", f"{serial:x}", "--reason", "superseded")
    openssl_verify(folder, "laptop", *crl)  # the new one
    folder.issued("old").parent.mkdir()
    folder.issued("old").write_bytes(folder.issued("laptop", "certificate.previous.pem").read_bytes())
    check("revoked" in openssl_verify(folder, "old", *crl, expect=2), "the old one is not refused as revoked")
    folder.run("revoke", "laptop", "--reason", "keyCompromise")
    check("revoked" in openssl_verify(folder, "laptop", *crl, expect=2), "the new one is not refused as revoked")
    openssl_verify(folder, "gateway", *crl)
    output = process.run("openssl", "crl", "-in", folder.file("ca/ca.crl"), "-noout", "-text", "-CAfile",
                         folder.file("ca/ca.crt"))
    for words in ("Version 2", "Superseded", "Key Compromise", "ecdsa-with-SHA256", "Authority Key Identifier"):
        check(words in output, f"openssl crl -text does not say {words!r}", output)
    equal(folder.crl().extensions.get_extension_for_class(x509.CRLNumber).value.crl_number, 3, "number of the CRL")
    equal({entry.serial_number for entry in folder.crl()},
          {serial, folder.certificate("laptop").serial_number}, "serial numbers in the CRL")
    check(folder.crl().is_signature_valid(x509.load_pem_x509_certificate(
        folder.file("ca/ca.crt").read_bytes()).public_key()), "the CRL's signature")


def context(folder, name, purpose):
    made = ssl.SSLContext(purpose)
    made.load_cert_chain(folder.issued(name), folder.issued(name, "private_key.pem"))
    made.load_verify_locations(folder.issued(name, "ca.pem"))
    made.load_verify_locations(folder.file("ca/ca.crl"))
    made.verify_mode = ssl.CERT_REQUIRED
    made.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_CRL_CHECK_LEAF
    return made


def handshake(folder, version):
    """Both ends in Python's ssl module; the error of each, or None."""
    server, client = context(folder, "gateway", ssl.PROTOCOL_TLS_SERVER), context(folder, "laptop",
                                                                                ssl.PROTOCOL_TLS_CLIENT)
    server.minimum_version = server.maximum_version = version
    ends = socket.socketpair()
    errors = [None, None]

    def serve():
        try:
            with server.wrap_socket(ends[0], server_side=True) as connection:
                connection.sendall(connection.recv(5))
        except OSError as error:
            errors[0] = str(error)
        finally:
            ends[0].close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ends[1], server_hostname=NAME) as connection:
            connection.sendall(b"hello")
            equal(connection.recv(5), b"hello", "the echo")
    except (OSError, Failure) as error:
        errors[1] = str(error)
    finally:
        ends[1].close()
        thread.join(20)
    return errors


@case("Python's ssl module on both ends, strict and with the CRL")
def python_both_ends(case):
    folder = tunnel(case)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        equal(handshake(folder, version), [None, None], f"errors with {version}")
    folder.run("revoke", "laptop")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        check("certificate revoked" in (handshake(folder, version)[0] or ""), f"the revoked client came in, {version}")


@case("openssl s_server and s_client, each with a certificate")
def openssl_both_ends(case):
    folder = tunnel(case)
    server = Process(case, "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", folder.issued("gateway"), "-key",
                     folder.issued("gateway", "private_key.pem"), "-CAfile", folder.issued("gateway", "ca.pem"),
                     "-Verify", "1", "-verify_return_error", "-x509_strict", "-rev")
    port = server.wait_line("ACCEPT").rsplit(":", 1)[1]
    for version in ("-tls1_2", "-tls1_3"):
        output = process.run("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-cert", folder.issued("laptop"),
                             "-key", folder.issued("laptop", "private_key.pem"), "-CAfile",
                             folder.issued("laptop", "ca.pem"), "-verify_return_error", "-verify_hostname", NAME,
                             "-x509_strict", "-quiet", "-no_ign_eof", version, input=b"hello\nQ\n")
        check("olleh" in output or output == "", "s_client", output)
    server.wait_until(lambda: sum("verify return:1" in line for line in server.lines) >= 2, "two verified clients")


@case("gnutls-serv and gnutls-cli, each with a certificate")
def gnutls_both_ends(case):
    folder = tunnel(case)
    holder, address = reserve_port()
    case.defer(holder.close)
    Process(case, "gnutls-serv", "--port", address[1], "--echo", "--require-client-cert", "--verify-client-cert",
            "--x509cafile", folder.file("ca/ca.crt"), "--x509certfile", folder.issued("gateway"), "--x509keyfile",
            folder.issued("gateway", "private_key.pem")).wait_line("IPv4")
    output = process.run("gnutls-cli", "--port", address[1], "--x509cafile", folder.issued("laptop", "ca.pem"),
                         "--x509certfile", folder.issued("laptop"), "--x509keyfile",
                         folder.issued("laptop", "private_key.pem"), "--x509crlfile", folder.file("ca/ca.crl"),
                         "--verify-hostname", NAME, "127.0.0.1", input=b"hello\n")
    check("The certificate is trusted" in output and "hello" in output.split("Simple Client Mode")[1],
          "gnutls-cli", output[-1500:])


@case("what is in a certificate, and what is critical")
def extensions(case):
    folder = tunnel(case)
    ca = x509.load_pem_x509_certificate(folder.file("ca/ca.crt").read_bytes())

    def critical(certificate):
        return {one.value.__class__.__name__: one.critical for one in certificate.extensions}

    equal(critical(ca), {"BasicConstraints": True, "KeyUsage": True, "SubjectKeyIdentifier": False,
                         "AuthorityKeyIdentifier": False}, "extensions of the CA")
    value = ca.extensions.get_extension_for_class(x509.BasicConstraints).value
    equal((value.ca, value.path_length), (True, 0), "basicConstraints of the CA")
    expected = {"BasicConstraints": True, "KeyUsage": True, "ExtendedKeyUsage": False, "SubjectKeyIdentifier": False,
                "AuthorityKeyIdentifier": False, "SubjectAlternativeName": False}
    serials = {ca.serial_number}
    for name, usage, common_name in (("gateway", ExtendedKeyUsageOID.SERVER_AUTH, NAME),
                                     ("laptop", ExtendedKeyUsageOID.CLIENT_AUTH, "laptop")):
        leaf = folder.certificate(name)
        equal(critical(leaf), expected, f"extensions of {name}")
        equal(list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value), [usage], "usage")
        equal([attribute.value for attribute in leaf.subject], [common_name], "subject")
        equal(leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca, False, "CA:FALSE")
        serials.add(leaf.serial_number)
        now = datetime.datetime.utcnow()
        check(now - datetime.timedelta(minutes=6) < leaf.not_valid_before < now - datetime.timedelta(minutes=4),
              "it is valid since five minutes ago", leaf.not_valid_before)
        equal((leaf.not_valid_after - now + datetime.timedelta(minutes=1)).days, 90, "days")
    equal(len(serials), 3, "different serial numbers")
    check(all(serial.bit_length() >= 126 for serial in serials), "long serial numbers", serials)


@case("layout, file modes, and no key on any output")
def files(case):
    old = os.umask(0o022)
    try:
        folder = tunnel(case)
        folder.run("renew", "gateway")
        folder.run("issue", "client", "laptop", "--force")
    finally:
        os.umask(old)
    folder.run("revoke", "laptop")
    folder.run("list")
    every = [path for path in folder.path.rglob("*") if path.is_file()]
    folder.printed += cli("pki", "show", *(path for path in every if path.suffix in (".pem", ".key", ".crt", ".crl")))
    keys = [path for path in every if "PRIVATE KEY" in path.read_text()]
    equal({path.name for path in keys}, {"ca.key", "private_key.pem", "private_key.previous.pem"}, "files with keys")
    for path in keys:
        equal(stat.S_IMODE(path.stat().st_mode), 0o600, f"mode of {path}")
        for line in path.read_text().splitlines()[1:-1]:
            check(line not in folder.printed, f"{path.name} was printed")
    equal(stat.S_IMODE(folder.file("ca").stat().st_mode), 0o700, "mode of ca/")
    equal(stat.S_IMODE(folder.issued("gateway").stat().st_mode), 0o644, "mode of a certificate")
    check("PRIVATE KEY" not in folder.printed, "a key was printed")
    equal({path.name for path in folder.file("issued/gateway").iterdir()},
          {"certificate.pem", "private_key.pem", "ca.pem", "certificate.previous.pem", "private_key.previous.pem"},
          "files of a certificate that was renewed")
    for suffix in ("", ".previous"):
        key = serialization.load_pem_private_key(folder.issued("gateway", f"private_key{suffix}.pem").read_bytes(), None)
        leaf = x509.load_pem_x509_certificate(folder.issued("gateway", f"certificate{suffix}.pem").read_bytes())
        equal(key.public_key().public_numbers(), leaf.public_key().public_numbers(), f"the pair{suffix}")


@case("a key file is private from its first moment, whatever the umask")
def umask(case):
    old = os.umask(0)
    try:
        path = case.folder / "open"
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        output = process.run("strace", "-f", "-e", "trace=openat,open,creat,chmod,fchmod", "-o", case.folder / "trace",
                             BINARY, "pki", "init", "--dir", path, env=environment)
    finally:
        os.umask(old)
    check("made a CA" in output, "init", output)
    opened = [line for line in (case.folder / "trace").read_text().splitlines() if "ca.key" in line and "O_CREAT" in line]
    check(opened and all("O_EXCL" in line and "0600" in line for line in opened), "how ca.key is created", opened)
    equal(stat.S_IMODE((path / "ca/ca.key").stat().st_mode), 0o600, "mode of ca.key")


@case("nothing is overwritten without --force, and --force says what it replaced")
def force(case):
    folder = tunnel(case)
    before = folder.digest()
    check("--force" in folder.run("init", expect=2), "init does not name --force")
    check("--force" in folder.run("issue", "client", "laptop", expect=2), "issue does not name --force")
    check("--force" in folder.run("issue", "server", "laptop", "--dns", NAME, expect=2), "of another usage")
    equal(folder.digest(), before, "files after refusals")
    output = folder.run("issue", "client", "laptop", "--force")
    check("certificate.previous.pem" in output and "still valid" in output, "what was replaced", output)
    kept = pathlib.Path(folder.issued("laptop", "private_key.previous.pem"))
    equal(hashlib.sha256(kept.read_bytes()).hexdigest(), before[str(folder.issued("laptop", "private_key.pem"))], "kept")
    key = folder.file("ca/ca.key").read_bytes()
    output = folder.run("init", "--force")
    aside = pathlib.Path(re.search(r"as (\S+replaced-\S+)", output).group(1).replace("\\", "/"))
    equal((aside / "ca/ca.key").read_bytes(), key, "the old CA's key")
    check((aside / "issued/laptop/certificate.pem").exists(), "what the old CA has issued")
    equal(folder.ledger()["certificates"], [], "the new CA's ledger")
    check(not folder.file("issued/laptop").exists(), "the old CA's certificates are where they were")


@case("names that cannot be are refused, and leave nothing behind")
def bad_names(case):
    folder = Folder(case, "--permit-dns", "example.com")
    before = folder.digest()
    for arguments, words in (
            (["issue", "client", "../evil"], "cannot be the name"), (["issue", "client", ".."], "cannot be the name"),
            (["issue", "client", "a/b"], "cannot be the name"), (["issue", "client", "a" * 65], "cannot be the name"),
            (["issue", "client", "--", "-x"], "cannot be the name"), (["issue", "client", ""], "cannot be the name"),
            (["issue", "client", "a\x1b[31m"], "\\u001b"), (["issue", "pope", "a"], "pope"),
            (["issue", "server", "a@b"], "--dns"), (["issue", "server", "a", "--dns", "*"], "wildcard"),
            (["issue", "server", "a", "--dns", "*.com"], "everybody's domains"), (["issue", "server", "a", "--ip", "1.2.3"], "IP"),
            (["issue", "server", "a", "--dns", "10.0.0.1"], "--ip"), (["issue", "client", "a", "--uri", "x y"], "URI"),
            (["issue", "server", "a", "--dns", "a.example.org"], "limited to example.com"),
            (["issue", "client", "a", "--days", "0"], "--days"), (["issue", "client", "a", "--days", "1000000"], "--days"),
            (["renew", "nobody"], "nothing was issued"), (["revoke", "nobody"], "neither a name nor a serial"),
            (["revoke", "00"], "neither a name nor a serial"), (["revoke", "a", "--reason", "whim"], "whim"),
            (["init", "--name", "a\nb", "--force"], "name of a CA"), (["init", "--force", "--permit-dns", "*.a.b"], "below it"),
            (["init", "--years", "51", "--force"], "--years"), (["init", "--profile", "fun"], "fun")):
        before_options = arguments.index("--") if "--" in arguments else len(arguments)
        output = cli("pki", *arguments[:before_options], "--dir", folder.path, *arguments[before_options:], expect=2)
        check(words in output, f"persona pki {arguments} does not mention {words!r}", output)
        check("\x1b" not in output, "an escape sequence came through", output)
    equal(folder.digest(), before, "files after refusals")
    equal([path.name for path in folder.file("issued").iterdir()], [], "folders after refusals")
    equal([path.name for path in case.folder.iterdir()], ["pki"], "what is beside it")


@case("without a CA every command says how to get one")
def no_authority(case):
    for arguments in (["issue", "client", "a"], ["renew", "a"], ["revoke", "a"], ["crl"], ["list"]):
        output = cli("pki", *arguments, "--dir", case.folder / "none", expect=2)
        check("persona pki init" in output and "--dir" in output, f"{arguments} does not say what to do", output)
    check(not (case.folder / "none").exists(), "a folder was made")
    (case.folder / "file").write_text("")
    check("Not a directory" in cli("pki", "init", "--dir", case.folder / "file" / "pki", expect=1), "the reason")
    check("File exists" in cli("pki", "init", "--dir", case.folder / "file", expect=1), "the reason")


@case("commands at the same time take turns", deadline=120)
def concurrent(case):
    def together(*commands):
        running = [subprocess.Popen(process.command(BINARY, "pki", *command, "--dir", case.folder / "pki"),
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for command in commands]
        outputs = [one.communicate(timeout=100)[0].decode() for one in running]
        return [one.returncode for one in running], outputs

    codes, outputs = together(*[["init"]] * 6)
    equal(sorted(codes), [0, 2, 2, 2, 2, 2], f"exit codes of six init ({outputs})")
    process.run("openssl", "verify", "-CAfile", case.folder / "pki/ca/ca.crt", case.folder / "pki/ca/ca.crt")
    together(*[["issue", "client", f"old-{i}"] for i in range(4)])
    codes, outputs = together(*[["issue", "client", f"new-{i}"] for i in range(8)],
                              *[["revoke", f"old-{i}"] for i in range(4)], ["crl"], ["renew", "old-0"])
    equal(codes, [0] * 14, f"exit codes ({outputs})")
    codes, outputs = together(*[["issue", "client", "same"]] * 4)
    equal(sorted(codes), [0, 2, 2, 2], f"exit codes of four times the same ({outputs})")
    ledger = json.loads((case.folder / "pki/ca/issued.json").read_text())
    equal(len(ledger["certificates"]), 14, "certificates in the ledger")
    crl = x509.load_pem_x509_crl((case.folder / "pki/ca/ca.crl").read_bytes())
    check(len(list(crl)) in (4, 5), "revoked", list(crl))  # old-0 may have been renewed before it was revoked
    equal(crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number, ledger["crl_number"], "number")
    equal(list((case.folder / "pki").rglob("*.new")), [], "files left behind")
    for name in [f"new-{i}" for i in range(8)] + ["same"]:
        process.run("openssl", "verify", "-CAfile", case.folder / "pki/ca/ca.crt",
                    case.folder / f"pki/issued/{name}/certificate.pem")


def kill_before(call, number, *arguments):
    """Runs persona pki until it makes a system call for the number-th time, and kills it there. True if it never did."""
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")  # which needs to trace, as strace does
    done = subprocess.run(process.command("strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                          f"inject={call}:signal=KILL:when={number}", BINARY, "pki", *arguments),
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, env=environment)
    check(done.returncode in (0, -9, 137), f"persona pki ended with {done.returncode}, killed at {call} {number}")
    return done.returncode == 0


def same_key(folder, name, suffix=""):
    certificate = x509.load_pem_x509_certificate(folder.issued(name, f"certificate{suffix}.pem").read_bytes())
    key = serialization.load_pem_private_key(folder.issued(name, f"private_key{suffix}.pem").read_bytes(), None)
    return key.public_key().public_numbers() == certificate.public_key().public_numbers()


@case("renew, killed anywhere, leaves a pair, and no certificate that the ledger does not know", deadline=120)
def killed_in_renew(case):
    folder = tunnel(case)
    for call in ("openat", "write", "fsync", "rename"):
        apart = 0
        for number in range(1, 60):
            ended = kill_before(call, number, "renew", "gateway", "--dir", folder.path)
            serial = f"{folder.certificate('gateway').serial_number:032X}"
            check(any(entry["serial"].replace(":", "") == serial for entry in folder.ledger()["certificates"]),
                  "a certificate that the ledger does not know")
            if not same_key(folder, "gateway"):
                apart += 1
                check(same_key(folder, "gateway", ".previous"), "the pair before it is no pair either")
            if ended:
                break
        check(ended and number > 5, f"{call} was made {number} times, which is not what this test is for")
        # Files take their places one by one: there is one moment between them.
        equal(apart, 1 if call == "rename" else 0, f"moments at {call} with the key of one and the certificate of another")
    check(same_key(folder, "gateway"), "the next renewal did not make a pair")
    equal(list(folder.path.rglob(".*.new")), [], "files left behind")


@case("revoke, killed between the ledger and the CRL, loses no revocation", deadline=120)
def killed_in_revoke(case):
    folder = tunnel(case)
    serial = folder.certificate("laptop").serial_number
    number = 1
    while not any("revoked_at" in entry for entry in folder.ledger()["certificates"]):
        check(not kill_before("rename", number, "revoke", "laptop", "--dir", folder.path), "it was never killed")
        number += 1
    equal([entry.serial_number for entry in folder.crl()], [], "revoked in the CRL, which was to be behind")
    check("out of date" in folder.run("list"), "list does not tell")
    folder.run("renew", "gateway")
    equal([entry.serial_number for entry in folder.crl()], [serial], "revoked after the next command")


@case("renew: the same names, another serial and key, or the same key")
def renew(case):
    folder = tunnel(case)
    first = folder.certificate("gateway")
    folder.run("renew", "gateway", "--days", "10")
    second = folder.certificate("gateway")
    folder.run("renew", "gateway", "--keep-key")
    third = folder.certificate("gateway")

    def names(certificate):
        return certificate.subject, certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    equal(names(second), names(first), "names")
    equal(names(third), names(first), "names")
    equal(len({one.serial_number for one in (first, second, third)}), 3, "serial numbers")
    check(first.public_key().public_numbers() != second.public_key().public_numbers(), "the key is not new")
    equal(third.public_key().public_numbers(), second.public_key().public_numbers(), "key that was to be kept")
    equal((third.not_valid_after - third.not_valid_before).days, 10, "days, as many as before")
    openssl_verify(folder, "gateway", "-purpose", "sslserver", "-verify_hostname", NAME)


@case("profiles: how long, for what, and what is warned of")
def profiles(case):
    for profile, years, days, usages, crl_days in (("development", 1, 30, 2, 365), ("testing", 1, 7, 1, 30),
                                                   ("production", 10, 90, 1, 30)):
        folder = Folder(case, "--profile", profile, name=profile)
        ca = x509.load_pem_x509_certificate(folder.file("ca/ca.crt").read_bytes())
        equal(round((ca.not_valid_after - ca.not_valid_before).days / 365.25), years, f"years of a CA for {profile}")
        equal((folder.crl().next_update - folder.crl().last_update).days, crl_days, f"days of a CRL for {profile}")
        output = folder.run("issue", "server", "localhost")
        equal("warning" in output, profile == "production", f"a warning of localhost for {profile}")
        leaf = folder.certificate("localhost")
        equal((leaf.not_valid_after - leaf.not_valid_before).days, days, f"days of a certificate for {profile}")
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        equal(len(usage), usages, f"usages of a certificate for {profile}")
        check("long" in folder.run("issue", "client", "long", "--days", "399"), f"a warning of 399 days for {profile}")
        check("long" not in folder.run("issue", "client", "short", "--days", "20"), f"a warning of 20 days for {profile}")
        openssl_verify(folder, "localhost", "-purpose", "sslserver", "-verify_hostname", "localhost")
    check("long" in Folder(case, "--years", "21", name="old").printed, "a warning of 21 years")


@case("a CA that is limited to a domain is of use to nobody for another")
def constraints(case):
    folder = Folder(case, "--permit-dns", "example.com", "--permit-dns", "example.net")
    folder.run("issue", "server", "db", "--dns", "db.example.com", "--dns", "*.example.net", "--ip", "10.0.0.5")
    folder.run("issue", "client", "laptop")
    openssl_verify(folder, "db", "-verify_hostname", "a.example.net")
    openssl_verify(folder, "laptop")
    process.run("certtool", "--verify", "--load-ca-certificate", folder.file("ca/ca.crt"), "--infile",
                folder.issued("db"))
    check("permitted: DNS example.com, DNS example.net" in cli("pki", "show", folder.file("ca/ca.crt")), "show")
    # What somebody with the CA's key would make without us.
    ca = x509.load_pem_x509_certificate(folder.file("ca/ca.crt").read_bytes())
    key = serialization.load_pem_private_key(folder.file("ca/ca.key").read_bytes(), None)
    forged = (x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "evil")]))
              .issuer_name(ca.subject).public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
              .serial_number(1).not_valid_before(ca.not_valid_before).not_valid_after(ca.not_valid_after)
              .add_extension(x509.SubjectAlternativeName([x509.DNSName("db.example.org")]), critical=False)
              .sign(key, hashes.SHA256()))
    folder.issued("evil").parent.mkdir()
    folder.issued("evil").write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    done = subprocess.run(["openssl", "verify", "-CAfile", folder.file("ca/ca.crt"), folder.issued("evil")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(b"permitted subtree violation" in done.stdout, "openssl's reason", done.stdout)


@case("a CA key that its owner has encrypted")
def encrypted_authority(case):
    folder = tunnel(case)
    password = case.folder / "password"
    password.write_text("correct horse\n")
    encrypted = process.run("openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", folder.file("ca/ca.key"),
                            "-passout", f"file:{password}")
    folder.file("ca/ca.key").write_text(encrypted)
    check("--password-file" in folder.run("issue", "client", "a", expect=2), "what to do")
    folder.run("issue", "client", "a", "--password-file", password)
    openssl_verify(folder, "a")
    password.write_text("wrong\n")
    check("password" in folder.run("issue", "client", "b", "--password-file", password, expect=2), "wrong password")
    check(not folder.issued("b").exists(), "issued all the same")


@case("show: certificates, chains, keys, CRLs, PKCS#12, in PEM and DER")
def show(case):
    folder = tunnel(case)
    folder.run("revoke", "laptop", "--reason", "superseded")
    pem = {name: folder.file(name).read_text() for name in ("ca/ca.crt", "ca/ca.crl", "issued/gateway/certificate.pem",
                                                           "issued/gateway/private_key.pem")}

    def shown(name, content, *words, options=(), expect=0):
        path = case.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        output = cli("pki", "show", path, *options, expect=expect)
        for word in words:
            check(word in output, f"{name} is shown without {word!r}", output)
        check("\x1b" not in output and "PRIVATE KEY" not in output, "what must not be shown", output)
        return output

    leaf, ca, key = (pem[name] for name in ("issued/gateway/certificate.pem", "ca/ca.crt",
                                            "issued/gateway/private_key.pem"))
    spki = folder.certificate("gateway").public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    pin = "sha256//" + base64.b64encode(hashlib.sha256(spki).digest()).decode()
    shown("chain.pem", leaf + ca, "certificate 1", f"CN={NAME}", "CN=Example CA, certificate 2 of this file", "itself",
          "127.0.0.1", "servers", "days left", pin, "with no other CA below it")
    shown("wrong.pem", ca + leaf, "certificate 1 of this file (the issuer should come after it)")
    other = Folder(case, name="other")
    shown("namesake.pem", leaf + other.file("ca/ca.crt").read_text(), "has this name, but its key did not sign")
    shown("both.pem", leaf + key, "private key, not encrypted", "belongs to", "certificate 1 of this file", pin)
    shown("alone.pem", ca + key, "no certificate of this file")
    shown("ca.crl", pem["ca/ca.crl"], "number      2", "superseded", "days left",
          ":".join(re.findall("..", f"{folder.certificate('laptop').serial_number:032X}")))
    for name, content, kind in (("x.der", leaf, "x509"), ("k.der", key, "pkey"), ("c.der", pem["ca/ca.crl"], "crl")):
        der = subprocess.run(["openssl", kind, "-outform", "DER"], input=content.encode(), stdout=subprocess.PIPE,
                             check=True).stdout
        shown(name, der, "issued by" if kind != "pkey" else pin)
    password = case.folder / "password"
    password.write_text("correct horse\n")
    locked = process.run("openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in",
                         folder.issued("gateway", "private_key.pem"), "-passout", f"file:{password}")
    check(pin not in shown("locked.pem", locked, "private key, encrypted", "--password-file"), "without its password")
    shown("locked.pem", locked, pin, "EC secp256r1", options=("--password-file", password))
    bundle = pkcs12.serialize_key_and_certificates(
        b"x", serialization.load_pem_private_key(key.encode(), None), folder.certificate("gateway"), None,
        serialization.BestAvailableEncryption(b"correct horse"))
    check(pin not in shown("x.p12", bundle, "PKCS#12 file", "--password-file"), "without its password")
    shown("x.p12", bundle, pin, "belongs to", "certificate 1", options=("--password-file", password))
    password.write_text("wrong\n")
    shown("x.p12", bundle, "the password does not open", expect=2, options=("--password-file", password))
    hostile = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\x1b[2Jb\nc")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(hostile.public_key())
            .serial_number(1).not_valid_before(datetime.datetime(2020, 1, 1)).not_valid_after(datetime.datetime(2021, 1, 1))
            .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x"), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier("urn:\x1b[31m")]), critical=False)
            .sign(hostile, hashes.SHA256()))
    shown("hostile.pem", made.public_bytes(serialization.Encoding.PEM), "expired", "1.2.3.4", "\\x1b[31m")
    shown("empty.pem", b"", "is empty", expect=2)
    shown("text.pem", "hello", "not a certificate, private key", expect=2)
    shown("cut.pem", leaf[:-40], "without its -----END line", expect=2)
    shown("request.pem", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "not shown")
    output = cli("pki", "show", case.folder / "nothing", folder.issued("gateway"), expect=2)
    check("No such file" in output and pin in output, "one file of two is not there", output)


@case("list, and help with examples everywhere")
def words(case):
    folder = tunnel(case)
    folder.run("renew", "gateway")
    folder.run("revoke", "laptop", "--reason", "keyCompromise")
    output = folder.run("list")
    for word in ("gateway", "server", "days left, replaced", "laptop", "client", "keyCompromise"):
        check(word in output, f"list without {word!r}", output)
    for name in ("init", "issue", "renew", "revoke", "crl", "list", "show"):
        output = cli("pki", name, "--help")
        check(name in ("crl", "list") or "Examples:\n  persona pki " + name in output, f"{name} --help has no example")
        check(name in cli("pki", "--help"), f"pki --help does not name {name}")
    check('unknown subcommand "pki fly"' in cli("pki", "fly", expect=2), "an unknown subcommand")
    check("subcommand" in cli("pki", expect=2), "no subcommand")


main()
