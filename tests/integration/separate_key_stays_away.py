"""`persona run --separate-key`: a process of its own has the private key, and the one that forwards cannot get it: not from
the file, not from its broker, not from the other process's memory. Handshakes and rotations go on as ever."""

import os
import pathlib
import signal

from harness import process
from harness.certificates import Pki
from harness.memory import copies_of_key
from harness.persona import BINARY, Persona, cli, config, write_config
from harness.rotation import put
from harness.runner import SANITIZED, case, check, equal, main
from harness.servers import tls_gateway
from harness.signers import credentials_of_each_kind, openssl_takes_all
from harness.sockets import connect, expect_echo, read_to_end

SEPARATE = ("--separate-key",)
LIBRARY = pathlib.Path(BINARY).parent / "libpersona_escape.so"


def children_of(pid):
    """By name."""
    pids = [int(each) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for each in (task / "children").read_text().split()]
    return {pathlib.Path(f"/proc/{each}/comm").read_text().strip(): each for each in pids}


def separated(case, pki, gateway, **more):
    persona = Persona(case, config(pki, gateway=gateway, **more), options=SEPARATE)
    return persona, children_of(persona.pid)["persona-keys"]


@case("RSA, P-256, P-384 and P-521 sign for OpenSSL, as client and as server, in TLS 1.2 and 1.3, in every way", deadline=120)
def kinds(case):
    pki = Pki(case)
    credentials = credentials_of_each_kind(pki)

    def start(kind, is_gateway, content, name):
        return Persona(case, content | {"identity": credentials[kind][is_gateway].config()}, name, options=SEPARATE)

    openssl_takes_all(case, pki, start)


@case("the key is once in the memory of the process that has it, and never in that of the others")
def memory(case):
    if not process.as_root():
        print("  not as root, who alone may look into them", flush=True)
        return
    if SANITIZED:
        print("  not with sanitizers, which have terabytes of memory: the release build has this case", flush=True)
        return
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona, keys = separated(case, pki, gateway, tls={"resumption": False})
    for _ in range(20):
        with connect(persona.address) as client:
            expect_echo(client)
    nowhere = {"number": 0, "reversed": 0, "text": 0}
    found = copies_of_key(keys, pki.client)
    equal((sum(found.values()), found["text"]), (1, 0), f"copies where it is kept {found}")
    for name, pid in {"persona": persona.pid, **children_of(persona.pid)}.items():
        if pid != keys:
            equal(copies_of_key(pid, pki.client), nowhere, f"copies in {name}")
    without = Persona(case, config(pki, gateway=gateway), "without")
    found = copies_of_key(without.pid, pki.client)
    equal((sum(found.values()), found["text"]), (1, 0), f"copies without --separate-key, so that they are found {found}")


@case("the process that forwards tries to get it: from the file and from the other process")
def tries(case):
    if SANITIZED:
        print("  not with sanitizers, which are loaded first: the release build has this case", flush=True)
        return
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    orders = case.folder / "orders"
    output = pathlib.Path(f"{orders}.out")
    orders.touch()
    persona = Persona(case, config(pki, gateway=gateway), options=SEPARATE,
                      variables={"LD_PRELOAD": str(LIBRARY), "PERSONA_ESCAPE": str(orders)})
    keys = children_of(persona.pid)["persona-keys"]
    attempts = [f"read {pki.client.key}", f"broker {pki.client.key}", f"broker {pki.client.certificate}", f"look {keys}",
                f"read /proc/{keys}/mem", f"ptrace {keys}", f"signal {keys}"]
    orders.write_text("\n".join(attempts))
    with connect(persona.address) as client:
        expect_echo(client)
    found = dict(line.rsplit(": ", 1) for line in output.read_text().splitlines() if ": " in line)
    equal([found[each] for each in attempts], ["EACCES", "EACCES", "ok", "EPERM", "EACCES", "EPERM", "EPERM"], "what came of it")


@case("a rotation goes on as ever, whichever file comes first, and no connection fails meanwhile")
def rotation(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona, _ = separated(case, pki, gateway, tls={"resumption": False})
    first, second = (pki.ca.issue(name) for name in ("one", "two"))
    key, certificate = pki.client.key, pki.client.certificate
    put(certificate, first.certificate.read_bytes())
    persona.wait_log_like("the process that has the keys: the private key does not match the certificate")
    with connect(persona.address) as client:
        expect_echo(client)
    put(key, first.key.read_bytes())
    persona.wait_log("reloaded", certificate="CN=one", timeout=40)
    with connect(persona.address) as client:
        expect_echo(client)
    put(key, second.key.read_bytes())
    with connect(persona.address) as client:
        expect_echo(client)
    put(certificate, second.certificate.read_bytes())
    persona.wait_log("reloaded", certificate="CN=two", timeout=40)
    with connect(persona.address) as client:
        expect_echo(client)
    equal(persona.closed["handshake_failed"], 0, "handshakes that failed")


@case("when that process is gone, handshakes fail in a sentence and what is open goes on")
def gone(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    persona, keys = separated(case, pki, gateway, tls={"resumption": False})
    with connect(persona.address) as live:
        expect_echo(live)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(keys, number)  # as a service manager sends them to all processes of a service
        with connect(persona.address) as client:
            expect_echo(client)
        persona.next_close()
        os.kill(keys, signal.SIGKILL)
        persona.wait_log_like("the process that has the keys has ended: until persona is restarted no handshake succeeds")
        with connect(persona.address) as client:
            read_to_end(client)
        persona.next_close("handshake_failed", "the process that has the keys does not answer")
        expect_echo(live)


@case("it refuses what would leave the key within reach, and says what to do")
def refusals(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    content = config(pki, gateway=gateway)
    output = cli("run", *SEPARATE, write_config(case, content | {"sandbox": "off"}), expect=2)
    check("--separate-key: without a sandbox of files this process could read the keys all the same: remove sandbox: off"
          in output, output)
    both = case.folder / "both.pem"
    both.write_bytes(pki.client.certificate.read_bytes() + pki.client.key.read_bytes())
    output = cli("run", *SEPARATE, write_config(case, content | {"identity": {"certificate": str(both)}}), expect=2)
    check("--separate-key: the key has to be in a file of its own, named as identity.private_key" in output, output)
    pki.client.key.write_bytes(pki.gateway.key.read_bytes())
    output = cli("run", *SEPARATE, write_config(case, content), expect=2)
    check("the process that has the keys: the private key does not match the certificate" in output, output)


if __name__ == "__main__":
    main()
