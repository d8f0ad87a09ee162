"""CAs, and certificates of ours, in certificate stores of the current user and of the machine. Signatures by keys of a store need
a real Windows (docs/windows.md); how keys of CNG sign, and how stores are read, has unit tests."""

import hashlib
import pathlib
import ssl
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.service import unused_name, windows
from harness.sockets import connect, expect_echo, read_to_end

CERT_SHA1_HASH_PROP_ID, CERT_CERT_PROP_ID = 3, 32


class Store:
    """A store of the current user, in the registry, where Windows keeps it. It goes with the case."""

    def __init__(self, case):
        self.name = unused_name()
        self._key = rf"HKCU\Software\Microsoft\SystemCertificates\{self.name}"
        windows("reg.exe", "add", rf"{self._key}\Certificates", "/f")
        case.defer(windows, "reg.exe", "delete", self._key, "/f")

    def __str__(self):
        return rf"CurrentUser\{self.name}"

    def put(self, file):
        """Returns its thumbprint."""
        der = ssl.PEM_cert_to_DER_cert(file.read_text())
        thumbprint = hashlib.sha1(der)
        blob = b"".join(struct.pack("<III", number, 1, len(value)) + value for number, value in
                        ((CERT_SHA1_HASH_PROP_ID, thumbprint.digest()), (CERT_CERT_PROP_ID, der)))
        windows("reg.exe", "add", rf"{self._key}\Certificates\{thumbprint.hexdigest().upper()}", "/v", "Blob", "/t", "REG_BINARY",
                "/d", blob.hex(), "/f")
        return thumbprint.hexdigest()

    def remove(self, thumbprint):
        windows("reg.exe", "delete", rf"{self._key}\Certificates\{thumbprint.upper()}", "/f")


def serves(persona):
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close()


def refuses(persona):
    with connect(persona.address) as client:
        read_to_end(client)
    persona.next_close("verify_failed", "which trust.ca does not contain")


@case("CAs of a store are trusted, beside files or alone, and what comes and goes there is followed")
def trusted(case):
    pki = Pki(case)
    store = Store(case)
    store.put(pki.other_ca.certificate)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    reload = {"interval": "200ms"}
    persona = Persona(case, config(pki, gateway=gateway, reload=reload, trust={"windows_store": str(store)}))
    refuses(persona)
    thumbprint = store.put(pki.ca.certificate)
    persona.wait_log("reloaded", changed=True)
    serves(persona)
    store.remove(thumbprint)
    persona.wait_log("reloaded", changed=True, count=2)
    refuses(persona)
    persona.stop()
    both = Persona(case, config(pki, gateway=gateway, trust={"windows_store": str(store), "ca": str(pki.ca.certificate)}), "both")
    serves(both)
    both.stop()


@case("a store whose last CA goes is refused, and what is in use stays")
def emptied(case):
    pki = Pki(case)
    store = Store(case)
    thumbprint = store.put(pki.ca.certificate)
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, reload={"interval": "200ms"}, trust={"windows_store": str(store)}))
    store.remove(thumbprint)
    persona.wait_log_like(f"{store} has no CA certificate")
    serves(persona)
    store.put(pki.ca.certificate)
    persona.wait_log("the files are again those in use")
    persona.stop()


@case("check says which CAs there are: of a store of the user, and of the machine's roots")
def checked(case):
    pki = Pki(case)
    store = Store(case)
    store.put(pki.ca.certificate)
    path = write_config(case, config(pki, gateway="127.0.0.1:1", trust={"windows_store": str(store)}))
    output = cli("check", "--config", path)
    check(f"{store}: 1 CA certificate\n" in output.replace("\r", "") and "CN=Test CA, expires" in output, "the store", output)
    # Of a machine without roots, the sentence says so; Wine has those of the system it runs on.
    roots = cli("check", "--config", write_config(case, config(pki, gateway="127.0.0.1:1", trust={"windows_store": "Root"})))
    check(r"LocalMachine\Root: " in roots and " CA certificates" in roots, "the machine's roots", roots)


@case("whoever has no certificate there is told, at the key that names the store")
def identities(case):
    pki = Pki(case)
    store = Store(case)
    thumbprint = store.put(pki.client.certificate)

    def why(**identity):
        path = write_config(case, config(pki, gateway="127.0.0.1:1") | {"identity": identity})
        output = cli("check", "--config", path, expect=2)
        check("identity.windows_store: " in output, "the key", output)
        return output

    found = why(windows_store=str(store), subject="client")
    check(f'{store} has no private key for the certificate with subject "client": import it with its key' in found, found)
    found = why(windows_store=str(store), thumbprint=f"\u200e{thumbprint.upper()}")
    check(f"has no private key for the certificate with thumbprint {thumbprint}" in found, found)
    found = why(windows_store=str(store), subject="another")
    check(f'{store} has no certificate with subject "another" among its 1' in found, found)
    found = why(windows_store=str(store), template="Machine")
    check('has no certificate with template "Machine"' in found, found)
    found = why(windows_store=r"CurrentUser\persona-none", subject="client")
    check(r"there is no certificate store CurrentUser\persona-none" in found, found)
    equal(found.count("error"), 1, f"errors of {found}")


main()
