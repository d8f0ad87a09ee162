"""PKCS#11 tokens made of SoftHSM, behind a module that writes down what is asked of them (tests/tools/recording_module.cpp)."""

import os
import pathlib
import threading
import time

from . import process
from .persona import BINARY, Persona, cli, write_config
from .runner import check, need
from .sockets import connect, expect_echo

SOFTHSM = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")
CLIENT_MODULE = next(iter(pathlib.Path("/usr/lib").glob("*/pkcs11/p11-kit-client.so")), pathlib.Path("p11-kit-client.so"))
RECORDING = pathlib.Path(BINARY).with_name("recording_module.so")
PIN = "1234"
LOGIN = "C_Login 0x1 "
STILL = {"tls": {"resumption": False}, "reload": {"watch": False}}  # the token is asked for handshakes alone


class Tokens:
    """The tokens of a case, in one folder of SoftHSM."""

    def __init__(self, case, *labels):
        need("softhsm2-util")
        need("p11tool")
        self.folder = case.folder / "-".join(("softhsm", *labels))
        self.folder.mkdir()
        self.store = self.folder / "tokens"
        self.store.mkdir()
        self.told = self.folder / "told"
        self.told.mkdir()
        settings = self.folder / "softhsm2.conf"
        settings.write_text(f"directories.tokendir = {self.store}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.pin = self.folder / "token.pin"
        self.pin.touch(0o600)
        self.pin.write_text(PIN + "\n")
        self.variables = {"SOFTHSM2_CONF": str(settings), "PERSONA_MODULE_BEHIND": str(SOFTHSM),
                          "PERSONA_MODULE_FOLDER": str(self.told)}
        self.prefix = ("env", *(f"{name}={value}" for name, value in self.variables.items()))
        for label in labels or ("db",):
            self.make(label)

    def run(self, program, *arguments):
        return process.run(program, *arguments, env={**os.environ, **self.variables})

    def make(self, label):
        self.run("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", PIN)

    def put_key(self, credential, label, token="db", number="01"):
        self.run("softhsm2-util", "--import", credential.key, "--token", token, "--label", label, "--id", number, "--pin", PIN)

    def put_certificate(self, path, label, token="db", number="01"):
        self.run("p11tool", "--provider", SOFTHSM, "--login", "--set-pin", PIN, "--write", "--load-certificate", path, "--label",
                 label, "--id", number, "--batch", f"pkcs11:token={token}")

    def uri(self, label="client", token="db", module=RECORDING, pin=True, attributes=""):
        named = f";object={label}" if label else ""
        source = f"&pin-source=file:{self.pin}" if pin else ""
        return f"pkcs11:token={token}{named}{attributes}?module-path={module}{source}"

    def identity(self, credential, label="client", **more):
        return {"certificate": str(credential.certificate), "private_key": self.uri(label, **more)}

    def tell(self, name, what=""):
        """The recording module is to do something: see there."""
        (self.told / f".{name}").write_text(str(what))
        os.replace(self.told / f".{name}", self.told / name)

    def tell_no_more(self, name):
        (self.told / name).unlink(missing_ok=True)

    def wait(self, found, what, timeout=20):
        """Until found(): the recording module cannot tell anybody."""
        deadline = time.monotonic() + timeout
        while not found():
            check(time.monotonic() < deadline, f"the module does not tell {what}", self.calls()[-10:])
            threading.Event().wait(0.01)  # paces the looks

    def wait_told(self, name):
        """The recording module tells something: a file of this name."""
        self.wait((self.told / name).exists, name)

    def wait_call(self, words):
        self.wait(lambda: self.calls(words), words)

    def calls(self, words=""):
        """What was called, a line each."""
        try:
            lines = (self.told / "calls").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [line for line in lines if line.startswith(words)]


def run_persona(case, tokens, content, name="service", tried=0, **more):
    """`tried`: it has had so many signatures to try its keys, before and after it started to listen; later it does not."""
    before = len(tokens.calls("C_Sign "))
    persona = Persona(case, content, name, variables=tokens.variables, **more)
    tokens.wait(lambda: len(tokens.calls("C_Sign ")) >= before + tried, f"{tried} signatures of the start")
    return persona


def check_of(case, tokens, content, expect=0, name="checked"):
    """What `persona check` says."""
    return cli("check", "--config", write_config(case, content, name), expect=expect, prefix=tokens.prefix)


def works(persona):
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close()
