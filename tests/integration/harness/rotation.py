"""Certificate files that change while a program uses them."""

import os
import threading

from .certificates import accept_tls
from .runner import check

REFUSED = "newer files are on disk, but they are refused: what is in use stays"


def put(path, content, mode=0o600):
    """As careful programs replace a file: readers see the old or the new one, never a part."""
    aside = path.with_name(f".{path.name}.new")
    aside.touch(mode)
    aside.write_bytes(content)
    os.replace(aside, path)


class Live:
    """A folder with the certificate, the key and the CA file of a configuration."""

    def __init__(self, case, credential, authorities, name="live"):
        self.folder = case.folder / name
        self.folder.mkdir()
        self.certificate, self.key, self.ca = (self.folder / each for each in ("tls.crt", "tls.key", "ca.crt"))
        self.put(credential, authorities)

    def put(self, credential=None, authorities=None):
        """One file after the other, as everybody does."""
        if authorities:
            put(self.ca, b"".join(each.certificate.read_bytes() for each in authorities))
        if credential:
            put(self.key, credential.key.read_bytes())
            put(self.certificate, credential.certificate.read_bytes())

    def config(self):
        return {"identity": {"certificate": str(self.certificate), "private_key": str(self.key)},
                "trust": {"ca": str(self.ca)}}


def serial(credential):
    """As the log writes it."""
    text = f"{credential.serial:X}"
    text = text.zfill(len(text) + len(text) % 2)
    return ":".join(text[at:at + 2] for at in range(0, len(text), 2))


class Witness:
    """Serves like an echo, and remembers the serial number of the certificate that each client presented."""

    def __init__(self, context):
        self._context = context
        self._lock = threading.Lock()
        self.serials = []

    def __call__(self, connection):
        tls = accept_tls(self._context, connection)
        with self._lock:
            self.serials.append(int(tls.getpeercert()["serialNumber"], 16))
        while part := tls.recv(1 << 16):
            tls.sendall(part)
        tls.unwrap()

    def saw_last(self, credential):
        check(self.serials and self.serials[-1] == credential.serial, "the gateway saw another certificate",
              self.serials[-3:], credential.serial)


def wait_reloaded(persona, credential, **options):
    """Until new connections use this certificate."""
    return persona.wait_log("reloaded", serial=serial(credential), **options)


def wait_refused(persona, words, since=0, timeout=20):
    """Until a reload is refused for this reason, in a line behind the first `since`."""
    def found():
        lines = persona.log[since:]
        return next((line for at, line in enumerate(lines) if line.get("message") == REFUSED
                     and any(words in one["message"] for one in lines[:at] if one["level"] == "error")), None)

    return persona.wait_until(found, f"a refused reload that says {words!r}", timeout)
