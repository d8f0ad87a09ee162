"""`sandbox` and `user`: what whoever breaks into persona finds that they cannot do, tried from within the process; and that
persona itself can do all that it could before."""

import json
import os
import pathlib
import re
import signal
import socket

from harness import process
from harness.administrators import admin_of, get
from harness.certificates import Pki
from harness.persona import BINARY, Persona, cli, config, write_config
from harness.runner import SANITIZED, case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, listen, read_to_end, reserve_port

LIBRARY = pathlib.Path(BINARY).parent / "libpersona_escape.so"
ATTEMPTS = ("read /etc/shadow", "read /etc/hosts", "read {key}", "read {config}", "write {config}", "create {folder}/new",
            "remove {folder}/victim", "connect {elsewhere}", "connect {gateway}", "bind {free}", "signal {other}",
            "ptrace {other}", "look {other}", "start /bin/true", "execute-memory", "socket 17", "namespace", "io_uring",
            "exec /bin/true")


def status_lines(pid):
    """Of each thread of the process."""
    return [dict(re.findall(r"^(\w+):\s*(.*)$", (task / "status").read_text(), re.MULTILINE))
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]


def children_of(pid):
    return [int(each) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for each in (task / "children").read_text().split()]


def escape(case, sandbox, also=None, **variables):
    """`also`: more of the configuration. What came of ATTEMPTS within persona, by attempt; None: it came to no end."""
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)  # something connects and says nothing
    other = process.Process(case, "sleep", "1000")
    elsewhere, (free, free_address) = listen(), reserve_port()
    case.defer(elsewhere.close)
    case.defer(free.close)
    (case.folder / "victim").touch()
    values = {"key": pki.client.key, "config": case.folder / "service.yaml", "folder": case.folder, "other": other.pid,
              "elsewhere": elsewhere.getsockname()[1], "gateway": gateway.address[1], "free": free_address[1]}
    orders = case.folder / "orders"
    orders.write_text("\n".join(each.format(**values) for each in ATTEMPTS))
    persona = Persona(case, {**config(pki, gateway=gateway), "sandbox": sandbox, **(also or {})},
                      variables={"LD_PRELOAD": str(LIBRARY), "PERSONA_ESCAPE": str(orders), **variables})
    with connect(persona.address) as client:
        if sandbox == "off":
            read_to_end(client)  # it has become another program
        else:
            expect_echo(client)  # it goes on
    found = dict(line.rsplit(": ", 1) for line in pathlib.Path(f"{orders}.out").read_text().splitlines() if ": " in line)
    return {each: found.get(each.format(**values)) for each in ATTEMPTS}, persona


BY_LANDLOCK = {"read /etc/shadow": "EACCES", "read /etc/hosts": "EACCES", "read {key}": "EACCES", "read {config}": "EACCES",
               "write {config}": "EACCES", "create {folder}/new": "EACCES", "remove {folder}/victim": "EACCES",
               "connect {elsewhere}": "EACCES", "bind {free}": "EACCES"}
BY_SECCOMP = {"signal {other}": "EPERM", "ptrace {other}": "EPERM", "look {other}": "EPERM", "start /bin/true": "EPERM",
              "execute-memory": "EPERM", "socket 17": "EPERM", "namespace": "EPERM", "io_uring": "ENOSYS",
              "exec /bin/true": "EPERM"}


def skip_with_sanitizers():
    if SANITIZED:
        print("  not with sanitizers, which are loaded first: the release build has this case", flush=True)
    return SANITIZED


@case("whoever breaks in opens, starts and reaches nothing; each layer does its part")
def layers(case):
    if skip_with_sanitizers():
        return
    came, _ = escape(case, "required")
    equal(came, {**BY_LANDLOCK, **BY_SECCOMP, "connect {gateway}": "ok"}, "with both")


@case("a log beside the configuration is written, and gives nobody a way to write a configuration")
def logs(case):
    if skip_with_sanitizers():
        return
    audit = case.folder / "audit.log"  # log_file_rotates.py has one that is moved aside
    came, persona = escape(case, "required", {"log": {"format": "json", "audit": str(audit)}})
    equal(came, {**BY_LANDLOCK, **BY_SECCOMP, "connect {gateway}": "ok"}, "with a log in the same folder")
    persona.stop()
    check(audit.stat().st_size > 0, "it has lines")


@case("what is believed is never written as a log")
def believed(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    folder = case.folder / "services"
    folder.mkdir()
    other = folder / "other.yaml"
    content = config(pki, gateway=gateway)
    for file in (content["trust"]["ca"], other):
        (folder / "service.yaml").write_text(json.dumps({**content, "log": {"audit": str(file)}}))
        said = cli("run", "--config", folder, expect=2)
        check(str(file) in said and "Permission denied" in said, "what it says", said)
        check(not other.exists(), "a configuration was made")


@case("Landlock alone")
def landlock(case):
    if skip_with_sanitizers():
        return
    came, persona = escape(case, "auto", PERSONA_NO_SECCOMP="1")
    expected = {**BY_LANDLOCK, "connect {gateway}": "ok", "signal {other}": "EPERM", "ptrace {other}": "EPERM",
                "look {other}": "EPERM", "exec /bin/true": "EACCES"}
    equal({each: came[each] for each in expected}, expected, "without seccomp")
    equal(persona.find("sandbox")[0]["restricts"], "files, ports, privileges", "what the log says")
    persona.wait_log("sandbox: this kernel has no seccomp, so system calls are not restricted")


@case("seccomp alone")
def seccomp(case):
    if skip_with_sanitizers():
        return
    came, persona = escape(case, "auto", PERSONA_NO_LANDLOCK="1")
    equal({each: came[each] for each in BY_SECCOMP}, BY_SECCOMP, "without Landlock")
    equal((came["read {config}"], came["connect {elsewhere}"]), ("ok", "ok"), "what Landlock would refuse")
    equal(persona.find("sandbox")[0]["restricts"], "system calls, privileges", "what the log says")


@case("without a sandbox all of that is possible, so that the cases above mean something")
def off(case):
    if skip_with_sanitizers():
        return
    came, persona = escape(case, "off")
    equal([each for each, result in came.items() if result != "ok"],
          ["namespace", "io_uring", "exec /bin/true"] if process.as_root() else
          [each for each, result in came.items() if result != "ok"], "what failed")
    equal(came["exec /bin/true"], None, "it is another program")
    persona.ends_otherwise()


@case("no thread has what the process gave up, and neither has the process that replaces it")
def threads(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context())))
    with connect(persona.address) as client:
        expect_echo(client)
    modes = {(each["NoNewPrivs"], each["Seccomp"]) for each in status_lines(persona.pid)}
    equal(modes, {("1", "0" if SANITIZED else "2")}, "no_new_privs and seccomp of the threads")
    kept = {"CAP_CHOWN": 0, "CAP_DAC_OVERRIDE": 1, "CAP_FOWNER": 3, "CAP_NET_BIND_SERVICE": 10, "CAP_IPC_LOCK": 14}
    allowed = sum(1 << number for number in kept.values())
    for each in status_lines(persona.pid):
        for of in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb"):
            equal(int(each[of], 16) & ~allowed, 0, f"{of} besides those that it needs")


@case("the broker opens what the configuration names, ends with persona, and is missed when it is gone")
def broker(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    content = config(pki, gateway=gateway, reload={"watch": False, "interval": "0s"})
    persona = Persona(case, content)
    with connect(persona.address) as client:
        expect_echo(client)
        (child,) = children_of(persona.pid)
        equal(pathlib.Path(f"/proc/{child}/comm").read_text().strip(), "persona-broker", "its name")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(child, number)  # as a service manager sends them to all processes of a service
        persona.signal(signal.SIGHUP)
        persona.wait_log("reloaded", changed=False)
        os.kill(child, signal.SIGKILL)
        persona.wait_log_like("has ended: until persona is restarted")
        expect_echo(client)
    with connect(persona.address) as client:
        expect_echo(client)
    persona.signal(signal.SIGHUP)
    persona.wait_log("newer files are on disk, but they are refused: what is in use stays")
    with connect(persona.address) as client:
        expect_echo(client)


@case("a reload that dials another port says what to do, and a replacement does it")
def ports(case):
    pki = Pki(case)
    first, second = (tls_gateway(case, pki.server_context()) for _ in range(2))
    persona = Persona(case, config(pki, gateway=first))
    write_config(case, {**config(pki, gateway=second), "listen": f"127.0.0.1:{persona.address[1]}"})
    persona.signal(signal.SIGHUP)
    persona.wait_log_like(f"the sandbox lets persona dial the ports alone that it started with, and {second.address[1]} is "
                          "none of them: restart persona, or let it be replaced (SIGUSR2)")
    with connect(persona.address) as client:
        expect_echo(client)
    equal((first.accepted, second.accepted), (1, 0), "connections before")
    persona.signal(signal.SIGUSR2)
    persona.wait_log("ready", count=2)
    persona.wait_log("stopped")
    successor = int(re.search(r"process (\d+)", persona.wait_log_like("handed over to process")["message"]).group(1))
    with connect(persona.address) as client:
        expect_echo(client)
    equal((first.accepted, second.accepted), (1, 1), "connections after")
    os.kill(successor, signal.SIGTERM)
    persona.wait_log("stopped", count=2)


@case("`sandbox: required` starts nowhere but where it is kept; check and the status say what is in force")
def required(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    content = {**config(pki, gateway=gateway), "admin": {"listen": "127.0.0.1:0"}}
    path = write_config(case, content)
    layers = "files, ports, privileges" if SANITIZED else "files, ports, system calls, privileges"
    check(f"restricts {layers}" in cli("check", path), "check does not say what is restricted")
    persona = Persona(case, path)
    found = json.loads(get(admin_of(persona), "/status"))["sandbox"]
    equal({each: found[each] for each in ("files", "ports", "privileges")},
          {"files": True, "ports": True, "privileges": True}, "the status")
    equal(found["system_calls"], not SANITIZED, "system calls")
    if SANITIZED:
        return
    lacking = ("env", f"LD_PRELOAD={LIBRARY}", "PERSONA_NO_LANDLOCK=1")
    path = write_config(case, {**content, "sandbox": "required"}, "required")
    output = cli("run", path, expect=2, prefix=lacking)
    check("sandbox: required, and this kernel has no Landlock" in output, output)


@case("root becomes `user`, who can listen on low ports, and is told at the start of what that user cannot read")
def user(case):
    if not process.as_root():
        print("  not as root, who alone becomes somebody else", flush=True)
        return
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    number, group = process.unprivileged_ids()
    low = next(port for port in range(1023, 600, -1) if is_free(port))
    content = {**config(pki, gateway=gateway), "listen": f"127.0.0.1:{low}", "user": process.UNPRIVILEGED}
    path = write_config(case, content)
    output = cli("run", path, expect=2)
    check("Permission denied" in output, "a key that the user cannot read", output)
    for file in (case.folder, *case.folder.iterdir()):
        os.chown(file, number, group)
    persona = Persona(case, path)
    with connect(persona.address) as client:
        expect_echo(client)
    for pid in (persona.pid, *children_of(persona.pid)):
        for each in status_lines(pid):
            equal((set(each["Uid"].split()), set(each["Gid"].split())), ({str(number)}, {str(group)}), "whose it is")
    equal(persona.find("persona runs as root, which it need not: name whom it is to become with \"user\", or start it as "
                       "another user"), [], "warnings of root")


def is_free(port):
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@case("a user that is not there, and another one in another file")
def no_user(case):
    pki = Pki(case)
    content = {**config(pki, gateway=tls_gateway(case, pki.server_context())), "user": "nobody-of-this-name"}
    output = cli("run", write_config(case, content), expect=2)
    check('user: there is no user "nobody-of-this-name" on this machine' in output, output)
    folder = process.make_folder(case, "folder")
    for name, other in (("one", "nobody"), ("two", "daemon")):
        (folder / f"{name}.yaml").write_text(json.dumps({**content, "user": other}))
    output = cli("run", folder, expect=2)
    check('"daemon" in' in output and "one process has one user" in output, output)


if __name__ == "__main__":
    main()
