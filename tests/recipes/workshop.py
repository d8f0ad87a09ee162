"""Where a tool makes certificates: a folder, and how it is run there."""

import os
import re
import shutil
import subprocess

from cryptography.hazmat.primitives import serialization

from chains.issue import make_key

from .describe import Read

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)


class Missing(Exception):
    """A tool is not installed."""


class Failed(Exception):
    """A tool did not do what it was told."""


class Workshop:
    def __init__(self, folder):
        self.folder = folder

    def run(self, tool, *arguments, given="", **environment):
        """What the tool prints, on both streams."""
        found = shutil.which(str(tool), path=os.environ.get("PATH", "") + ":/usr/share/easy-rsa:/usr/lib/ssl/misc")
        if not found:
            raise Missing(f"{tool} is not installed")
        done = subprocess.run([found, *map(str, arguments)], cwd=self.folder, input=given.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200,
                              env=os.environ | {"HOME": str(self.folder), "LC_ALL": "C"} | environment)
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            raise Failed(f"{tool} {' '.join(map(str, arguments))}: {output.strip()[-400:]}")
        return output

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def key(self, name, kind="rsa2048", owner="leaf"):
        """A file with a key that was made before: RSA keys take their time."""
        key = make_key(kind, owner == "leaf" if kind.startswith("rsa") else f"{self.folder} {owner}")
        text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                                 serialization.NoEncryption())
        path = self.folder / name
        path.touch(0o600)
        path.write_bytes(text)
        return name

    def certificates(self, *names):
        """All that these files have, in that order."""
        return [Read(pem) for name in names for pem in _CERTIFICATE.findall((self.folder / name).read_text())]
