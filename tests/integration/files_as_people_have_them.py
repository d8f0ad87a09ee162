"""Certificates, keys, CRLs and passwords in the forms that tools and shells leave them in are read; and every command
that a message recommends makes of such a file one that `persona check` accepts."""

import base64
import pathlib
import re
import shutil
import subprocess
import tempfile

from harness import process
from harness.certificates import KEY_KINDS, Pki, serialization
from harness.persona import cli, config, write_config
from harness.runner import case, check, equal, main, need

TOP = pathlib.Path(__file__).resolve().parents[2]
SEEDS = TOP / "tests" / "fuzz" / "seeds" / "pkcs12"
PASSWORD = "correct horse"
COMMAND = re.compile(r"with ((?:umask 077; )?(?:openssl|keytool|sed|cp) .*)$", re.MULTILINE)
RECOMMENDED = set()  # (program, subcommand) of all commands that this file has run


def blanks_behind(text):
    """Behind -----, where some shells and editors leave them, and behind every other line."""
    return text.replace(b"\n", b" \t \r\n")


def indented(text):
    return b"".join(b"    " + line for line in text.splitlines(keepends=True))


def one_line(text):
    """As a variable of the environment has it whose line ends became blanks."""
    return b" ".join(text.splitlines())


def utf16(text):
    """PowerShell's `>`."""
    return b"\xff\xfe" + text.decode().replace("\n", "\r\n").encode("utf-16-le")


def utf16_big_endian(text):
    return b"\xfe\xff" + text.decode().encode("utf-16-be")


def utf16_without_mark(text):
    return text.decode().encode("utf-16-le")


def utf8_with_mark(text):
    return b"\xef\xbb\xbf" + text


OF_PASSWORDS = [utf16, utf16_big_endian, utf8_with_mark]  # blanks belong to a password
WRITTEN = [blanks_behind, indented, one_line, utf16, utf16_big_endian, utf16_without_mark, utf8_with_mark]


def write(path, content):
    path.touch(0o600)
    path.write_bytes(content)
    return path


class Files:
    """A PKI and a configuration of it whose files can be replaced."""

    def __init__(self, case, pki=None):
        self.folder = case.folder
        self.pki = pki or Pki(case)
        self.content = config(self.pki, gateway="127.0.0.1:1")
        self._case = case

    def check(self, expect=0):
        output = cli("check", "--config", write_config(self._case, self.content), expect=expect)
        return re.sub(r"\d+ days left", "N days left", output)  # which changes while the case runs

    def ok(self, what):
        output = self.check()
        check(output.rstrip().endswith(": ok"), f"{what} has findings", output)
        return output

    def encrypt_key(self):
        """The client's key with PASSWORD."""
        path = write(self.folder / "encrypted.key", b"")
        process.run("openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-in", self.pki.client.key, "-passout",
                    f"pass:{PASSWORD}", "-out", path)
        return path


def recommended(output):
    found = COMMAND.findall(output)
    check(len(found) == 1, "not one command", output)
    return found[0]


def run_by_shell(case, command, **files):
    """Runs a command of a message where there is no terminal to ask for passwords; the file that it wrote."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=case.folder))
    for placeholder, path in files.items():
        command = re.sub(rf"(?<![\w.]){re.escape(placeholder.replace('_', '.'))}(?![\w.])", str(path), command)
    RECOMMENDED.update(re.findall(r"\b(openssl \w+|keytool -\w+|ssh-keygen -p|sed)\b", command))
    program = re.search(r"\b(openssl|keytool|ssh-keygen|sed)\b", command)[1]
    need(program)
    done = subprocess.run(["setsid", "sh", "-c", command], cwd=folder, timeout=60, capture_output=True,
                          input=f"{PASSWORD}\n".encode() * 6)
    equal(done.returncode, 0, f"exit code of {command} ({done.stderr.decode(errors='replace')[-600:]})")
    written = [path for path in folder.iterdir() if path.suffix != ".pub"]
    equal(len(written), 1, f"files that {command} wrote ({written})")
    return written[0]


@case("read as they are: certificates, keys, CRLs and passwords as editors and shells leave them", deadline=120)
def read(case):
    files = Files(case)
    pki = case.folder / "pki"
    cli("pki", "init", "--dir", pki)
    cli("pki", "crl", "--dir", pki)
    sources = {"certificate": files.pki.client.certificate, "key": files.pki.client.key, "encrypted": files.encrypt_key(),
               "ca": files.pki.ca.certificate, "crl": next(pki.rglob("ca.crl"))}
    sources = {name: path.read_bytes() for name, path in sources.items()} | {"password": f"{PASSWORD}\n".encode()}
    before = None
    for form in [bytes, *WRITTEN]:
        made = {name: str(write(case.folder / name, text if name == "password" and form not in OF_PASSWORDS else form(text)))
                for name, text in sources.items()}
        files.content["trust"] = {"ca": [made["ca"], str(next(pki.rglob("ca.crt")))], "crl": made["crl"]}
        files.content["identity"] = {"certificate": made["certificate"], "private_key": made["key"]}
        said = [files.check()]
        files.content["identity"] |= {"private_key": made["encrypted"], "private_key_password_file": made["password"]}
        said.append(files.check())
        before = before or said
        equal(said, before, f"what check says of {form.__name__}")


@case("read as they are: DER, and several certificates in it")
def der(case):
    files = Files(case)
    before = files.ok("PEM")
    made = {}
    for name, path, program in (("crt", files.pki.client.certificate, "x509"), ("key", files.pki.client.key, "pkey"),
                                ("ca", files.pki.ca.certificate, "x509"), ("ca2", files.pki.other_ca.certificate, "x509")):
        made[name] = write(case.folder / f"{name}.der", b"")
        process.run("openssl", program, "-in", path, "-outform", "DER", "-out", made[name])
    files.content["identity"] = {"certificate": str(made["crt"]), "private_key": str(made["key"])}
    files.content["trust"]["ca"] = str(made["ca"])
    equal(files.ok("DER"), before, "what check says of DER")
    files.content["trust"]["ca"] = str(write(case.folder / "both.der", made["ca"].read_bytes() + made["ca2"].read_bytes()))
    check("CN=Other CA" in files.ok("two in DER"), "the second certificate is not there", files.check())
    files.content["trust"]["ca"] = str(write(case.folder / "cut.der", made["ca"].read_bytes() + made["ca2"].read_bytes()[:-9]))
    check("certificate 2 in " in files.check(expect=2), "a certificate that is cut off goes unnoticed")


def one_that_is_read(case, files, section, key, path, words, **placeholders):
    """The file is refused with these words and a command, and what the command makes is accepted in its place."""
    files.content[section][key] = str(path)
    output = files.check(expect=2)
    for expected in words if isinstance(words, list) else [words]:
        check(expected in output, f"check does not say {expected!r}", output)
    made = run_by_shell(case, recommended(output), **placeholders)
    files.content[section][key] = str(made)
    return made


def openssl_made(case, name, *arguments):
    path = write(case.folder / name, b"")
    process.run("openssl", *arguments, "-out", path)
    return path


@case("PKCS#7 as certificate and as trust.ca, PEM and DER, also labelled as a certificate")
def pkcs7(case):
    for form in ("PEM", "DER"):
        files = Files(case)
        client, ca = files.pki.client.certificate, files.pki.ca.certificate
        bundle = openssl_made(case, f"client.{form}", "crl2pkcs7", "-nocrl", "-certfile", client, "-outform", form)
        one_that_is_read(case, files, "identity", "certificate", bundle, "is a PKCS#7 bundle")
        files.ok("the client's certificate out of PKCS#7")
        files = Files(case)
        bundle = openssl_made(case, f"my CA's {form}.p7b", "crl2pkcs7", "-nocrl", "-certfile", ca, "-outform", form)
        one_that_is_read(case, files, "trust", "ca", bundle, "is a PKCS#7 bundle")
        files.ok("the CA's certificate out of PKCS#7")
        if form == "PEM":
            labelled = write(case.folder / "labelled.pem", bundle.read_bytes().replace(b"PKCS7", b"CERTIFICATE"))
            one_that_is_read(case, files, "trust", "ca", labelled, "is a PKCS#7 bundle")
            files.ok("the CA's certificate out of PKCS#7 in a certificate's clothes")
        files.content["identity"]["private_key"] = str(bundle)
        check("which has no private key" in files.check(expect=2), "PKCS#7 as a key", files.check(expect=2))


def pkcs12_of(case, pki, name, *options):
    return openssl_made(case, name, "pkcs12", "-export", "-in", pki.client.certificate, "-inkey", pki.client.key,
                        "-certfile", pki.ca.certificate, "-passout", f"pass:{PASSWORD}", *options)


@case("a Java key store, as identity and as trust.ca", deadline=240)  # keytool takes its time
def java(case):
    if not shutil.which("keytool"):
        print("  keytool is not there (Debian: default-jre-headless): its commands are not run")
        RECOMMENDED.update(("keytool -importkeystore", "keytool -list"))
        return
    files = Files(case)
    bundle = pkcs12_of(case, files.pki, "client.p12")
    password = write(case.folder / "password", f"{PASSWORD}\n".encode())
    for kind in ("JKS", "JCEKS"):
        store = case.folder / f"client.{kind}"
        process.run("keytool", "-importkeystore", "-srckeystore", bundle, "-srcstorepass", PASSWORD, "-destkeystore", store,
                    "-deststoretype", kind, "-deststorepass", PASSWORD, "-noprompt")
        files.content["identity"] = {"private_key_password_file": str(password)}
        made = one_that_is_read(case, files, "identity", "certificate", store, f"is a Java key store ({kind})")
        equal(made.suffix, ".p12", "the file's ending")
        files.ok(f"the identity out of {kind}")
        trusted = case.folder / f"trust.{kind}"
        process.run("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", files.pki.ca.certificate, "-keystore",
                    trusted, "-storetype", kind, "-storepass", PASSWORD)
        one_that_is_read(case, files, "trust", "ca", trusted, f"is a Java key store ({kind})")
        files.ok(f"the CA out of {kind}")
        files.content = config(files.pki, gateway="127.0.0.1:1")
        one_that_is_read(case, files, "identity", "private_key", store, f"is a Java key store ({kind})")


@case("PKCS#12 as trust.ca, also with the encryption of old programs")
def pkcs12_as_ca(case):
    files = Files(case)
    for name, options in (("new.p12", ()), ("old.p12", ("-legacy",)), ("3des.p12", ("-keypbe", "PBE-SHA1-3DES"))):
        one_that_is_read(case, files, "trust", "ca", pkcs12_of(case, files.pki, name, *options), "is a PKCS#12 file")
        check("CN=Test CA" in files.check(), f"the CA out of {name}", files.check())


@case("every kind of PKCS#12 that is refused for its encryption or form is converted", deadline=120)
def pkcs12_converted(case):
    files = Files(case)
    password = write(case.folder / "password", f"{PASSWORD}\n".encode())
    ber = bytearray((SEEDS / "aes256.p12").read_bytes())
    ber[1:4] = b"\x80"
    cases = {"rc2": SEEDS / "rc2.p12", "rc4": SEEDS / "rc4.p12", "camellia": SEEDS / "camellia.p12",
             "mac-md5": SEEDS / "mac-md5.p12", "BER": write(case.folder / "ber.p12", bytes(ber) + b"\0\0"),
             "the key before its certificates": pkcs12_of(case, files.pki, "a legacy.p12", "-legacy")}
    for name, path in cases.items():
        files.content["identity"] = {"private_key_password_file": str(password)}
        made = one_that_is_read(case, files, "identity", "certificate", path, "convert it with openssl pkcs12")
        output = files.ok(name)
        check("issued by" in output, f"{name}: no certificate", output)
        equal(made.stat().st_mode & 0o077, 0, f"mode of {made}")
        del files.content["identity"]["private_key_password_file"]
        equal(files.ok(name), output, f"{name} without a password")
    write(password, b"0123456789abcdef0123456789abcdef0123456789abcdef\n")
    files.content["identity"] = {"certificate": str(SEEDS / "password-long.p12"), "private_key_password_file": str(password)}
    command = recommended(files.check(expect=2))
    made = run_by_shell(case, f"{command} -passin file:{password}")  # the only one with another password
    files.content["identity"]["certificate"] = str(made)
    files.ok("a long password")


@case("a PKCS#12 file that has to be made again is made so that it is read")
def pkcs12_again(case):
    files = Files(case)
    password = write(case.folder / "password", f"{PASSWORD}\n".encode())
    # The leaf is not the first, and the certificates' file has a key as well.
    certificates = write(case.folder / "certificates.pem", b"".join(
        path.read_bytes() for path in (files.pki.ca.certificate, files.pki.gateway.key, files.pki.client.certificate)))
    for name in ("no-mac", "no-key", "two-keys", "no-certificate", "public-key-privacy", "iterations", "mac-iterations",
                 "nested-too-deep"):
        files.content["identity"] = {"private_key_password_file": str(password)}
        one_that_is_read(case, files, "identity", "certificate", SEEDS / f"{name}.p12", "make it again with",
                         CERTIFICATES=certificates, KEY=files.pki.client.key)
        files.ok(name)


@case("Base64 of a PEM file, as in a Kubernetes Secret, and of other files")
def encoded(case):
    files = Files(case)
    for lines in (base64.b64encode, base64.encodebytes):
        for section, key, path in (("identity", "certificate", files.pki.client.certificate),
                                   ("identity", "private_key", files.pki.client.key),
                                   ("trust", "ca", files.pki.ca.certificate)):
            text = write(case.folder / f"secret-{key}", lines(path.read_bytes()))
            made = one_that_is_read(case, files, section, key, text, "is Base64 of PEM (as in a Kubernetes Secret)")
            files.ok(f"{key} out of Base64")
            equal(made.read_bytes(), path.read_bytes(), "what was encoded")
            check(section == "trust" or made.stat().st_mode & 0o077 == 0, f"mode of {made}")
            files.content = config(files.pki, gateway="127.0.0.1:1")
    bundle = pkcs12_of(case, files.pki, "client.p12")
    files.content["identity"] = {"private_key_password_file": str(write(case.folder / "password", PASSWORD.encode()))}
    made = one_that_is_read(case, files, "identity", "certificate",
                            write(case.folder / "p12.txt", base64.b64encode(bundle.read_bytes())), "is Base64 of a binary file")
    equal(made.name, "NEW.p12", "the name")
    files.ok("PKCS#12 out of Base64")


@case("PEM with \\n in place of line ends, as out of JSON or a variable")
def escaped(case):
    files = Files(case)
    for end in (b"\\n", b"\\r\\n"):
        for section, key, path in (("identity", "certificate", files.pki.client.certificate),
                                   ("identity", "private_key", files.pki.client.key),
                                   ("trust", "ca", files.pki.ca.certificate)):
            text = write(case.folder / f"escaped-{key}", b'"' + path.read_bytes().replace(b"\n", end) + b'"\n')
            one_that_is_read(case, files, section, key, text, 'has "\\n" where lines should end')
            files.ok(f"{key} with {end}")
            files.content = config(files.pki, gateway="127.0.0.1:1")


@case("a certificate request instead of a certificate, and beside one")
def request(case):
    files = Files(case)
    key = files.pki.client.key
    ca_key = write(case.folder / "own-ca.key", b"")
    ca = openssl_made(case, "own-ca.crt", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-keyout", ca_key, "-subj", "/CN=Own CA", "-days", "30")
    for form in ("PEM", "DER"):
        requested = openssl_made(case, f"request.{form}", "req", "-new", "-key", key, "-subj", "/CN=client", "-outform", form)
        files.content["identity"]["private_key"] = str(key)
        one_that_is_read(case, files, "identity", "certificate", requested,
                         "contains a certificate request, not a certificate", CA_crt=ca, CA_key=ca_key)
        check("CN=client" in files.check(), "the certificate that was asked for", files.check())
        files.content["identity"]["private_key"] = str(requested)
        check("contains a certificate request, not a private key" in files.check(expect=2), "a request as the key",
              files.check(expect=2))
    files = Files(case)
    beside = write(case.folder / "beside.pem", openssl_made(case, "r.pem", "req", "-new", "-key", key, "-subj", "/CN=client")
                   .read_bytes() + key.read_bytes() + files.pki.client.certificate.read_bytes())
    files.content["identity"] = {"certificate": str(beside)}
    files.ok("a request beside certificate and key")


@case("DER in the wrong place says what it is")
def der_in_the_wrong_place(case):
    files = Files(case)
    key = openssl_made(case, "key.der", "pkey", "-in", files.pki.client.key, "-outform", "DER")
    certificate = openssl_made(case, "crt.der", "x509", "-in", files.pki.client.certificate, "-outform", "DER")
    files.content["identity"] = {"certificate": str(key), "private_key": str(certificate)}
    files.content["trust"]["ca"] = str(key)
    files.content["trust"]["crl"] = str(certificate)
    output = files.check(expect=2)
    for sentence in (f"{key} contains a private key, not a certificate", f"{certificate} contains a certificate, not a private key",
                     f"{certificate} contains a certificate, not a CRL"):
        check(sentence in output, f"check does not say {sentence!r}", output)
    equal(output.count(f"{key} contains a private key"), 2, f"sentences about the key ({output})")


@case("private keys that are encrypted or written in another way are converted")
def keys(case):
    files = Files(case)
    password = write(case.folder / "password", f"{PASSWORD}\n".encode())
    files.content["identity"]["private_key_password_file"] = str(password)
    for form in ("PEM", "DER"):
        scrypt = openssl_made(case, f"scrypt.{form}", "pkcs8", "-topk8", "-scrypt", "-in", files.pki.client.key, "-passout",
                              f"pass:{PASSWORD}", "-outform", form)
        one_that_is_read(case, files, "identity", "private_key", scrypt, "is encrypted in a way that is not supported")
        files.ok(f"a key out of {form} with scrypt")
    ssh = write(case.folder / "ssh.key", serialization.load_pem_private_key(files.pki.client.key.read_bytes(), None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()))
    files.content["identity"]["private_key_password_file"] = str(password)
    one_that_is_read(case, files, "identity", "private_key", ssh, "contains an OpenSSH key")
    files.ok("a key out of OpenSSH's form")


@case("OpenSSL's TRUSTED CERTIFICATE is converted")
def trusted(case):
    files = Files(case)
    path = openssl_made(case, "trusted.pem", "x509", "-in", files.pki.ca.certificate, "-trustout")
    one_that_is_read(case, files, "trust", "ca", path, "has a TRUSTED CERTIFICATE (line 1)")
    files.ok("the CA out of a TRUSTED CERTIFICATE")


@case("a private key in trust.ca is a warning")
def key_among_authorities(case):
    files = Files(case)
    path = write(case.folder / "both.pem", files.pki.ca.certificate.read_bytes() + files.pki.client.key.read_bytes())
    files.content["trust"]["ca"] = str(path)
    output = files.check()
    check(f"{path} has a private key (line 11), which is not needed here" in output and "1 warning" in output,
          "no warning", output)


@case("no command that the program recommends was left out here")
def all_of_them(case):
    # openssl crl -text only shows; openssl rand is run by several_gateways.
    named = set()
    for path in (TOP / "src").rglob("*.cpp"):
        if path.name == "advice.cpp":
            continue  # those of refusals_say_what_to_do
        text = re.sub(r'"\s*\n\s*"', "", re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE))
        named.update(re.findall(r"\b(openssl [a-z]\w+|keytool -\w+|ssh-keygen -p|sed(?= '))", text))
    equal(named - {"openssl crl", "openssl rand"}, RECOMMENDED, "commands named in src/, and those run by the cases before")
    check(len(named) > 7, "the commands are not found", named)


main()
