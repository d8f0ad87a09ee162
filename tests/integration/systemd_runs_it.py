"""The unit as it is installed, under a systemd of its own: start, status, journal, reload, a hang, a drain, a refusal."""

import json
import pathlib
import re
import sys
import time

from harness import process
from harness.callers import Callers
from harness.certificates import Pki
from harness.persona import BINARY, config
from harness.runner import ALL, case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, listen, text
from harness.systemd import Systemd, need_or_skip

BUILD = pathlib.Path(BINARY).parents[1]
UNIT = "persona@pg.service"
SOCKET = "persona@pg.socket"
AGENT = "persona-agent@pg.service"
# Faster than on a real machine, and with the devices, of which a namespace within a namespace has none of its own.
HERE = "[Service]\nPrivateDevices=no\nRestartSec=100ms\nWatchdogSec=2\nLoadCredential=key:/etc/persona/pg.key\n"


def installed(case):
    process.run("cmake", "--install", BUILD, "--component", "systemd", "--prefix", case.folder / "usr")
    folder = case.folder / "usr" / "lib" / "systemd" / "system"
    for unit in folder.glob("*.service"):
        unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/usr/local/bin/persona", unit.read_text(), flags=re.MULTILINE))
    return [*folder.iterdir(), case.folder / "usr" / "lib" / "sysusers.d" / "persona.conf"]


class Machine(Systemd):
    """One persona@pg, whose key is a credential that root alone may read."""

    def __init__(self, case):
        super().__init__(case, BINARY, installed(case))
        (self.units / "persona@.service.d").mkdir()
        (self.units / "persona@.service.d" / "here.conf").write_text(HERE)
        self.systemctl("daemon-reload")
        pki = Pki(case)
        self.gateway = tls_gateway(case, pki.server_context())
        self.write("/etc/persona/pg.key", pki.client.key.read_text(), mode="0600")
        for name, source in (("pg.crt", pki.client.certificate), ("ca.crt", pki.ca.certificate)):
            self.write(f"/etc/persona/{name}", source.read_text())
        self.content = config(pki, gateway=self.gateway, log={"format": "text"}, reload={"watch": False},
                              limits={"connections": 100})
        self.content["identity"] = {"certificate": "pg.crt", "private_key": f"/run/credentials/{UNIT}/key"}
        self.content["trust"] = {"ca": "ca.crt"}
        self.configure(self.content)

    def configure(self, content):
        self.write("/etc/persona/pg.yaml", content if isinstance(content, str) else json.dumps(content))

    def start(self):
        self.systemctl("start", UNIT, expect=None)
        equal(self.show(UNIT, "ActiveState", "StatusText"),
              {"ActiveState": "active", "StatusText": "1 service, 0 connections"},
              f"as soon as it has started ({self.systemctl('status', UNIT, expect=None)})")

    def address(self):
        """Where it listens: of its last start."""
        said = [re.search(r"listening address=(\S+):(\d+)", message) for _, message in self.journal(UNIT)]
        host, port = [found.groups() for found in said if found][-1]
        return host, int(port)


@case("it starts, and journald has its lines with their levels and nothing to warn of", deadline=240)
def starts(case):
    machine = Machine(case)
    machine.start()
    machine.wait(lambda: any("ready" in message for _, message in machine.journal(UNIT)), "the journal has its lines")
    for priority, message in machine.journal(UNIT):
        check(message.startswith("info  ") and priority == "6", "a line of level info, without time", (priority, message))
    with connect(machine.address()) as client:
        expect_echo(client)
        machine.wait_shown(UNIT, StatusText="1 service, 1 connection")
    equal(machine.show(UNIT, "User", "NoNewPrivileges"), {"User": "persona", "NoNewPrivileges": "yes"}, "who it is")
    process_id = machine.show(UNIT, "MainPID")["MainPID"]
    status = machine.run("cat", f"/proc/{process_id}/status")
    check(re.search(r"^Seccomp:\s+2$", status, re.MULTILINE) and re.search(r"^CapBnd:\s+0+$", status, re.MULTILINE),
          "system calls are filtered, and no capability is left", status)
    limits = machine.run("cat", f"/proc/{process_id}/limits")
    # Where this systemd may grant no more than it has itself, nothing is locked.
    may_lock = re.search(r"^Max locked memory\s+unlimited", limits, re.MULTILINE)
    locked = int(re.search(r"^VmLck:\s+(\d+)", status, re.MULTILINE).group(1))
    check(locked > 0 or not may_lock, "its memory is locked", status)


@case("a reload is told, and so is one that is refused", deadline=240)
def reloads(case):
    machine = Machine(case)
    machine.start()
    machine.systemctl("reload", UNIT)
    machine.wait_shown(UNIT, ActiveState="active", StatusText="reloaded; 1 service, 0 connections")
    machine.configure("listen: 127.0.0.1:0\ngatway: 127.0.0.1:1\n")
    machine.systemctl("reload", UNIT)
    machine.wait(lambda: machine.show(UNIT, "StatusText")["StatusText"].startswith("the reload is refused: "), "the refusal")
    equal(machine.show(UNIT, "ActiveState", "NRestarts"), {"ActiveState": "active", "NRestarts": "0"}, "it goes on")


@case("one that hangs is started again", deadline=240)
def hangs(case):
    machine = Machine(case)
    machine.start()
    before = machine.show(UNIT, "MainPID")
    machine.run("kill", "-STOP", before["MainPID"])
    machine.wait_shown(UNIT, NRestarts="1", ActiveState="active")
    check(machine.show(UNIT, "MainPID") != before, "it is another process", before)
    with connect(machine.address()) as client:
        expect_echo(client)


@case("a stop waits for connections", deadline=240)
def drains(case):
    machine = Machine(case)
    machine.start()
    client = connect(machine.address())
    expect_echo(client)
    machine.systemctl("stop", "--no-block", UNIT)
    machine.wait_shown(UNIT, ActiveState="deactivating", StatusText="draining, 1 connection left")
    expect_echo(client)
    client.close()
    machine.wait_shown(UNIT, ActiveState="inactive", Result="success")


@case("it is replaced as the README says: connections go on, and the new process is the service", deadline=240)
def replaced(case):
    machine = Machine(case)
    machine.start()
    held = connect(machine.address())
    expect_echo(held)
    before = machine.show(UNIT, "MainPID")["MainPID"]
    readme = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text()
    (command,) = set(re.findall(r"`systemctl (kill -s USR2 [^`]*)`", readme))
    machine.systemctl(*command.split())
    machine.wait(lambda: machine.show(UNIT, "MainPID")["MainPID"] != before, "another process is the service")
    after = machine.show(UNIT, "MainPID")["MainPID"]
    for _ in range(3):  # the watchdog would have ended what it does not hear of by then
        time.sleep(1)
        expect_echo(held)
        with connect(machine.address()) as client:
            expect_echo(client)
    check(machine.run("cat", f"/proc/{before}/comm").strip() == "persona", "the old one has its connection")
    held.close()
    machine.wait(lambda: machine.run("ls", f"/proc/{before}", expect=None).find("status") < 0, "the old one ends")
    equal(machine.show(UNIT, "ActiveState", "NRestarts", "MainPID"),
          {"ActiveState": "active", "NRestarts": "0", "MainPID": after}, "the service")
    machine.systemctl("reload", UNIT)
    machine.wait_shown(UNIT, ActiveState="active", StatusText="reloaded; 1 service, 0 connections")
    machine.systemctl("stop", UNIT)
    machine.wait_shown(UNIT, ActiveState="inactive", Result="success")


@case("--separate-key with a credential: another process has the key, also after a reload and a replacement", deadline=240)
def separate_key(case):
    machine = Machine(case)
    drop_in = machine.units / "persona@.service.d" / "separate.conf"
    drop_in.write_text("[Service]\nExecStart=\nExecStart=/usr/local/bin/persona run --separate-key --config /etc/persona/%i.yaml\n")
    machine.systemctl("daemon-reload")
    machine.configure(machine.content | {"sandbox": "required", "tls": {"resumption": False}})
    machine.start()

    def names():
        processes = machine.run("sh", "-c", 'cat "/sys/fs/cgroup$1/cgroup.procs" | while read -r pid; do cat "/proc/$pid/comm"; done',
                                "sh", machine.show(UNIT, "ControlGroup")["ControlGroup"])
        return sorted(processes.split())

    mode = machine.run("stat", "-c", "%U %a", f"/run/credentials/{UNIT}/key").split()
    print(f"  the credential is {mode[0]}'s, mode {mode[1]}", flush=True)
    check("persona-keys" in names(), "a process has the keys", names())
    with connect(machine.address()) as client:
        expect_echo(client)
    machine.systemctl("reload", UNIT)
    machine.wait_shown(UNIT, ActiveState="active", StatusText="reloaded; 1 service, 0 connections")
    with connect(machine.address()) as client:
        expect_echo(client)
    before = machine.show(UNIT, "MainPID")["MainPID"]
    machine.systemctl("kill", "-s", "USR2", "--kill-whom=main", UNIT)
    machine.wait(lambda: machine.show(UNIT, "MainPID")["MainPID"] != before, "another process is the service")
    machine.wait(lambda: names().count("persona") == 1, "the old one ends")
    with connect(machine.address()) as client:
        expect_echo(client)
    check("persona-keys" in names(), "the new one's process has the keys", names())
    warnings = [message for priority, message in machine.journal(UNIT) if priority != "6"]
    equal(warnings, [], "warnings and errors")


@case("persona-agent@ has the key as a user of its own, and persona@ asks it", deadline=240)
def agent(case):
    machine = Machine(case)
    (machine.units / "persona-agent@.service.d").mkdir()
    # A network namespace within these namespaces would take what this test may not have everywhere.
    (machine.units / "persona-agent@.service.d" / "here.conf").write_text("[Service]\nPrivateDevices=no\n")
    machine.systemctl("daemon-reload")
    machine.run("install", "-d", "/etc/persona/agent")
    machine.run("install", "-m", "0600", "-o", "persona-agent", "/etc/persona/pg.key", "/etc/persona/agent/pg.key")
    machine.run("install", "-m", "0644", "/etc/persona/pg.crt", "/etc/persona/agent/pg.crt")
    machine.write("/etc/persona/agent/pg.yaml", "listen: unix:/run/persona-agent/pg.sock\nallow_users: [persona]\n"
                  "keys: [{certificate: pg.crt, private_key: pg.key}]\n")
    machine.systemctl("start", AGENT, expect=None)
    equal(machine.show(AGENT, "ActiveState", "User", "StatusText"),
          {"ActiveState": "active", "User": "persona-agent", "StatusText": "signs with 1 keys"},
          f"as soon as it has started ({machine.systemctl('status', AGENT, expect=None)})")
    machine.content["identity"]["private_key"] = "agent:/run/persona-agent/pg.sock"
    machine.configure(machine.content)
    machine.start()
    with connect(machine.address()) as client:
        expect_echo(client)
    machine.wait(lambda: any("signed" in message and "persona" in message for _, message in machine.journal(AGENT)), "its log says who asked")
    machine.systemctl("reload", AGENT)
    machine.wait_shown(AGENT, ActiveState="active")
    machine.systemctl("stop", AGENT)
    machine.wait_shown(AGENT, ActiveState="inactive", Result="success")


@case("with persona@.socket it is started by the first client, and a restart refuses nobody", deadline=240)
def by_socket(case):
    machine = Machine(case)
    with listen() as reserved:
        where = reserved.getsockname()
    (machine.units / f"{SOCKET}.d").mkdir()
    (machine.units / f"{SOCKET}.d" / "here.conf").write_text(f"[Socket]\nListenStream=\nListenStream={text(where)}\n")
    machine.systemctl("daemon-reload")
    machine.configure(machine.content | {"listen": "systemd:pg"})
    machine.systemctl("start", SOCKET)
    equal(machine.show(UNIT, "ActiveState"), {"ActiveState": "inactive"}, "before anybody came")
    with connect(where) as first:
        expect_echo(first)
    equal(machine.show(UNIT, "ActiveState"), {"ActiveState": "active"}, "it was started")
    with Callers(where, 20) as callers:
        for _ in range(3):
            machine.systemctl("restart", UNIT)
    callers.check()
    before = machine.show(UNIT, "MainPID")["MainPID"]
    with Callers(where, 20) as callers:
        machine.systemctl("kill", "-s", "USR2", "--kill-whom=main", UNIT)
        machine.wait(lambda: machine.show(UNIT, "MainPID")["MainPID"] != before, "another process is the service")
    callers.check()
    machine.systemctl("stop", SOCKET, UNIT)


@case("a broken configuration is not tried again, and the status says what is wrong", deadline=240)
def broken(case):
    machine = Machine(case)
    machine.configure("listen: 127.0.0.1:0\ngatway: 127.0.0.1:1\n")
    machine.systemctl("start", UNIT, expect=1)
    machine.wait_shown(UNIT, ActiveState="failed", NRestarts="0", ExecMainStatus="2")
    machine.wait(lambda: any('unknown key "gatway"' in message for _, message in machine.journal(UNIT)), "why")
    for priority, message in machine.journal(UNIT):
        equal(priority, "3", message)


need_or_skip()
if not ALL:
    # That the unit as it is installed starts this program at all: each of them changes what the other may do.
    sys.argv[1:] = sys.argv[1:] or ["it starts, and"]
    print("only whether it starts: the rest by scripts/test --all", flush=True)
main()
