"""libcrypto is a calculator to persona: no configuration file and no module of OpenSSL's is opened in handshakes with either
kind of key, whatever the environment says. libssl is no part of the program."""

import os
import re
import subprocess
import threading
import time

from harness import process
from harness.certificates import KEY_KINDS, Pki
from harness.persona import BINARY, Persona, cli, config
from harness.runner import SANITIZED, case, check, equal, main
from harness.sockets import TIMEOUT, Server, connect, echo, expect_echo

OF_OPENSSL = re.compile(r"openssl[^/]*\.cnf|ossl-modules|engines-|trap")


def trap(case):
    """The environment of who is to load a module that is not there."""
    modules = case.folder / "trap-modules"
    modules.mkdir()
    configuration = case.folder / "trap.cnf"
    configuration.write_text(f"openssl_conf = start\n[start]\nproviders = list\n[list]\ntrap = one\n[one]\n"
                             f"module = {modules}/trap.so\nactivate = 1\n")
    return {"OPENSSL_CONF": str(configuration), "OPENSSL_MODULES": str(modules), "OPENSSL_ENGINES": str(modules)}


def tracing(trace):
    # -D: the program is our child, and strace its own.
    return "strace", "-D", "-f", "-qq", "-e", "trace=open,openat,openat2,exit_group", "-o", str(trace)


def lines_of(trace):
    """Of a process that has been told to end."""
    deadline = time.monotonic() + TIMEOUT
    while not trace.exists() or "exit_group(" not in trace.read_text():
        check(time.monotonic() < deadline, "strace has not seen the end")
        threading.Event().wait(0.01)  # paces the looks
    return trace.read_text().splitlines()


@case("neither openssl.cnf nor a module is opened, by either end of a handshake with either kind of key")
def untouched(case):
    # LeakSanitizer has to trace, as strace does.
    variables = trap(case) | ({"ASAN_OPTIONS": "detect_leaks=0"} if SANITIZED else {})
    control = case.folder / "control"
    subprocess.run([*tracing(control), "openssl", "list", "-providers"], env=os.environ | variables, capture_output=True,
                   timeout=TIMEOUT)  # what comes of it does not matter
    check(any("trap.cnf" in line for line in lines_of(control)), "OpenSSL's own program does not notice the trap")
    pki = Pki(case)
    service = Server(case, echo)
    for kind in ("P-256", "RSA-2048"):
        ours = pki.ca.issue(f"gateway {kind}", [Pki.GATEWAY_NAME], key=KEY_KINDS[kind]())
        theirs = pki.ca.issue(f"client {kind}", key=KEY_KINDS[kind]())
        traces = {end: case.folder / f"{kind}-{end}" for end in ("gateway", "client")}
        far = Persona(case, config(pki, service=service) | {"identity": ours.config()}, f"gateway-{kind}",
                      variables=variables, prefix=tracing(traces["gateway"]))
        near = Persona(case, config(pki, gateway=far) | {"identity": theirs.config()}, f"client-{kind}",
                       variables=variables, prefix=tracing(traces["client"]))
        with connect(near.address) as client:
            expect_echo(client)
        near.next_close()
        far.next_close()
        near.stop()
        far.stop()
        for end, trace in traces.items():
            lines = lines_of(trace)
            check(any(f"{end}-{kind}" in line for line in lines), "the trace does not show what was opened", lines[-5:])
            # As the name of a file: the folder of this test is in others.
            found = [line for line in lines if OF_OPENSSL.search(line.replace(str(case.folder), ""))]
            equal(found, [], f"what persona opened of OpenSSL's with {kind}")


@case("libssl is not linked, and libcrypto only where `version` names it")
def linked(case):
    needed = re.findall(r"NEEDED.*\[(.*)\]", process.run("readelf", "--dynamic", BINARY))
    check(needed, "readelf lists no libraries")
    equal([name for name in needed if name.startswith("libssl")], [], "libssl")
    said = next((line for line in cli("version").splitlines() if line.startswith("public-key provider: ")), None)
    check(said, "`version` does not tell the provider")
    equal(any(name.startswith("libcrypto") for name in needed), "libcrypto" in said, f"libcrypto, by {said!r}")


@case("an environment that asks for instructions that no processor has ends nothing")
def capabilities(case):
    # Bit 10 of EDX is reserved. OpenSSL goes on without instructions of its choice; AWS-LC would abort.
    done = subprocess.run([BINARY, "version"], env=os.environ | {"OPENSSL_ia32cap": "0x400"}, capture_output=True, text=True,
                          timeout=TIMEOUT)
    equal((done.returncode, done.stderr), (0, ""), "persona version")


main()
