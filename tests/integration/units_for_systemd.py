"""The units for systemd: those that are installed and the one that `service install` prints are one, systemd finds nothing
wrong with them, and how far they shut persona in."""

import pathlib
import re
import subprocess

from harness import process
from harness.certificates import Pki
from harness.persona import BINARY, cli, config, write_config
from harness.runner import case, check, equal, main, need

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(BINARY).parents[1]
MOST_EXPOSED = {"persona@.service": 1.5, "persona-agent@.service": 0.9}  # of 10, by systemd-analyze; docs/systemd.md names them


def installed(case):
    """The folder of units that `cmake --install` makes."""
    process.run("cmake", "--install", BUILD, "--component", "systemd", "--prefix", case.folder / "usr")
    return case.folder / "usr" / "lib" / "systemd" / "system"


def printed(case):
    path = write_config(case, config(Pki(case), gateway="db.example.com:5433", listen="127.0.0.1:5432"), "pg")
    lines = cli("service", "install", "--name", "pg", "--config", path).splitlines(keepends=True)
    return "".join(lines[lines.index("[Unit]\n"):])


def of_this_program(text):
    """With the program's path as it is here, which is installed elsewhere."""
    return re.sub(r"^ExecStart=\S+", f"ExecStart={BINARY}", text, flags=re.MULTILINE)


def settings(text):
    """Its lines without comments."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def verified(folder, text, name):
    """What systemd-analyze finds in a unit, which it may do without an exit code."""
    unit = folder / name
    unit.write_text(text)
    done = subprocess.run([need("systemd-analyze"), "verify", "--man=no", unit], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


@case("what is installed and what is printed differ in what the configuration says, and in nothing else")
def one_source(case):
    ours = settings(of_this_program((installed(case) / "persona@.service").read_text()))
    differing = set(ours) ^ set(settings(printed(case)))
    equal({line.split("=")[0] for line in differing}, {"TimeoutStopSec"}, "keys that differ")


@case("the agent's unit is as shut in: another user, no network, and nothing else that differs")
def agent(case):
    ours, agents = (set(settings((installed(case) / f"{name}@.service").read_text())) for name in ("persona", "persona-agent"))
    program = re.search(r"^ExecStart=(\S+)", "\n".join(ours), re.MULTILINE)[1]
    equal(agents - ours, {
        "Description=persona agent: private keys (%i)", "Documentation=man:persona(1)",
        f"ExecStart={program} agent --config /etc/persona/agent/%i.yaml", "User=persona-agent", "RuntimeDirectory=persona-agent",
        "LogsDirectory=persona-agent", "PrivateNetwork=yes", "ProtectProc=default", "RestrictAddressFamilies=AF_UNIX"}, "only the agent's")
    equal({line.split("=")[0] for line in ours - agents}, {
        "Description", "Documentation", "Wants", "After", "ExecStart", "User", "RuntimeDirectory", "LogsDirectory", "ProtectProc",
        "RestrictAddressFamilies"}, "keys of which persona's is another")


@case("systemd has nothing to say about them, and would have about a mistake")
def verify(case):
    units = {name: (installed(case) / name).read_text() for name in ("persona@.service", "persona-agent@.service")}
    units["printed@.service"] = printed(case)
    for name, text in units.items():
        equal(verified(case.folder, of_this_program(text), name), (0, ""), name)
        if name == "persona@.service":  # which the socket belongs to
            equal(verified(case.folder, (installed(case) / "persona@.socket").read_text(), "persona@.socket"), (0, ""), "socket")
        broken = of_this_program(text).replace("ProtectHome=", "ProtectHouse=")
        check("ProtectHouse" in verified(case.folder, broken, name)[1], "a mistake is found")


@case("the users that they run as are declared, and the folders of their logs")
def user(case):
    folder = installed(case)
    users = (folder.parents[1] / "sysusers.d" / "persona.conf").read_text().splitlines()
    logs = (folder.parents[1] / "tmpfiles.d" / "persona.conf").read_text().splitlines()
    for name, line, log in zip(("persona", "persona-agent"), users, logs, strict=True):
        equal(line.split()[:3], ["u", name, "-"], "sysusers.d")
        unit = settings((folder / f"{name}@.service").read_text())
        check(f"User={name}" in unit, "User=", unit)
        equal(log.split(), ["d", f"/var/log/{name}", next(line for line in unit if line.startswith("LogsDirectoryMode=")).split("=")[1],
                            name, name], "tmpfiles.d")


@case("how exposed it is, by systemd's measure, is what the documentation says")
def exposure(case):
    for name, most in MOST_EXPOSED.items():
        unit = case.folder / name
        unit.write_text(of_this_program((installed(case) / name).read_text()))
        report = process.run("systemd-analyze", "security", "--no-pager", "--offline=yes", unit)
        score = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", report).group(1))
        print(f"  exposure of {name}: {score}", flush=True)
        check(score <= most, f"at most {most}", report)
        check(f" {most} " in (ROOT / "docs" / "systemd.md").read_text(), "docs/systemd.md has the number")


main()
