"""The commands of docs/windows.md, as they are written there, by Wine's cmd: from an empty C: to psql through a service that
is upgraded and uninstalled. What is not as written is in `at_hand`: ports, and where the gateway is."""

import os
import pathlib
import re
import shutil
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import process, servers
from harness.persona import BINARY, cli
from harness.runner import case, check, equal, main
from harness.service import event_source, is_installed
from harness.sockets import listen

TOP = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = (TOP / "docs" / "windows.md").read_text()
DRIVE = pathlib.Path(os.environ.get("WINEPREFIX") or TOP / "build" / "wine") / "drive_c"  # as cmake/run-under-wine has it
PROGRAM = DRIVE / "Program Files" / "persona"
DATA = DRIVE / "ProgramData" / "persona"


def section(heading):
    return DOCUMENT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def blocks(words, language):
    """The blocks of code in this language, without what they are indented by."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", words, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


class Prompt:
    """A folder, and commands given there."""

    def __init__(self, case):
        self._script = case.folder / "command.bat"
        self.folder = DRIVE

    def run(self, command):
        if command.startswith("cd "):
            equal(command, 'cd "%ProgramFiles%\\persona"', "the folder")
            self.folder = PROGRAM
            check(self.folder.is_dir(), "there is no such folder", command)
            return ""
        # In a file: an argument of cmd would be quoted again.
        self._script.write_text(f"@{command}\r\n")
        return process.run(process.RUNNER, "cmd.exe", "/c", self._script, cwd=self.folder)


def at_hand(words, port, gateway):
    """5432 may be in use here, and db.example.com is nowhere."""
    return words.replace("5432", str(port)).replace(
        "gateway: db.example.com:5433", f"gateway: {{address: {gateway}, server_name: db.example.com}}")


def database_gateway(case, issued):
    """HAProxy with the certificate that the document has issued, in front of a PostgreSQL that has an account postgres."""
    database = servers.PostgreSql(case)
    database.run("CREATE ROLE postgres LOGIN SUPERUSER")
    both = case.folder / "gateway.pem"
    both.write_bytes((issued / "certificate.pem").read_bytes() + (issued / "private_key.pem").read_bytes())
    pki = types.SimpleNamespace(gateway=types.SimpleNamespace(both=both),
                                ca=types.SimpleNamespace(certificate=issued / "ca.pem"))
    return servers.haproxy(case, pki, database.socket)


def unpack(folder):
    """What the zip has, as far as the commands need it."""
    shutil.copy(BINARY, folder)
    shutil.copytree(TOP / "conf", folder / "conf")


@case("from the zip to PostgreSQL, an upgrade, and nothing left behind", deadline=120)
def ten_commands(case):
    words = section("From the zip to PostgreSQL in eleven commands")
    steps = re.split(r"^(\d+)\. ", words.split("\nSee that it works:\n")[0], flags=re.MULTILINE)[1:]
    equal(steps[::2], [str(number) for number in range(1, 12)], "numbers of the commands")
    process.run(process.RUNNER, "--prepare")
    case.defer(shutil.rmtree, PROGRAM, True)
    case.defer(shutil.rmtree, DATA, True)
    case.defer(lambda: process.run(BINARY, "service", "uninstall", "--name", "postgres", expect=None))
    with listen() as chosen:
        port = chosen.getsockname()[1]
    prompt = Prompt(case)
    gateway = None
    for number, step in zip(steps[::2], steps[1::2]):
        commands = blocks(step, "bat")
        equal(len(commands), 1, f"commands of step {number}")
        if why := re.search(r"Not run under Wine: ([^.]*)", step):
            print(f"not under Wine: {commands[0].strip()}: {why.group(1)}", flush=True)
            unpack(PROGRAM)
            continue
        prompt.run(commands[0].strip())
        if yaml := blocks(step, "yaml"):
            gateway = database_gateway(case, DATA / "pki" / "issued" / "db.example.com")
            (DATA / "postgres" / "postgres.yaml").write_text(at_hand(yaml[0], port, gateway))
    check(gateway, "the document has no configuration")

    status, psql = blocks(words, "bat")[-1].splitlines()
    check("running" in prompt.run(status), "the status")
    # Linux's psql: its peer is the service all the same.
    check("42" in process.run("bash", "-c", at_hand(psql, port, gateway)), "the database's answer")
    for heading in ("Reload", "Upgrade", "Uninstall"):
        for block in blocks(section(heading), "bat"):
            for command in block.splitlines():
                output = prompt.run(command)
        if heading == "Upgrade":
            check("42" in process.run("bash", "-c", at_hand(psql, port, gateway)), "the answer after an upgrade")
    check("postgres" not in output, "it is still listed", output)
    check(not is_installed("postgres") and not event_source("postgres"), "something was left behind")


@case("commands and options that the document names are there")
def names(case):
    helps = {}
    for verb, rest in re.findall(r"persona (service [a-z]+|pki [a-z]+|check|run|version)([^`\n]*)", DOCUMENT):
        words = verb.split()
        helps[verb] = helps.get(verb) or cli(*words, "--help")
        for option in re.findall(r"--[a-z-]+", rest):
            check(option in helps[verb] or (verb, option) == ("run", "--service"), f"{verb} has no {option}")
    check(len(helps) > 10, "commands were not found in the document", helps.keys())


main()
