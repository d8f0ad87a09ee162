"""`persona service` beside systemd: it prints what to do and does nothing, and checks the configuration first."""

import configparser
import pathlib
import shlex

from harness.certificates import Pki
from harness.persona import BINARY, cli, config, write_config
from harness.process import run
from harness.runner import case, check, equal, main

VERBS = {"start": "start", "stop": "stop", "restart": "restart", "reload": "reload", "uninstall": "disable --now"}
# What systemctl(1) of systemd 252 answers for a unit, and what status makes of it.
STATES = {
    "running": (["LoadState=loaded", "ActiveState=active", "SubState=running", "MainPID=17"], 0, "active (running), process 17"),
    "reloading": (["LoadState=loaded", "ActiveState=reloading", "SubState=reload", "MainPID=17"], 0, "reloading"),
    "stopped": (["LoadState=loaded", "ActiveState=inactive", "SubState=dead", "MainPID=0"], 3, "inactive (dead)\n"),
    "failed": (["LoadState=loaded", "ActiveState=failed", "SubState=failed", "MainPID=0"], 3, "failed (failed)\n"),
    "to be started again": (["LoadState=loaded", "ActiveState=activating", "SubState=auto-restart", "MainPID=0"], 3, "activating"),
    "absent": (["LoadState=not-found", "ActiveState=inactive", "SubState=dead", "MainPID=0"], 4, "no unit persona@books"),
    "masked": (["LoadState=masked", "ActiveState=inactive", "SubState=dead", "MainPID=0"], 4, "masked"),
    "no systemd": ([], 4, "is this machine run by systemd?"),
}


def good(case, **more):
    return write_config(case, config(Pki(case), gateway="db.example.com:5433", **more), "books")


def refused(*arguments):
    return cli("service", *arguments, expect=2)


@case("each verb prints one command of systemctl, and comments")
def verbs(case):
    for verb, command in VERBS.items():
        lines = [line for line in cli("service", verb, "--name", "books").splitlines() if not line.startswith("#")]
        equal(lines, [f"systemctl {command} persona@books"], verb)
    equal(shlex.split(cli("service", "list")), ["systemctl", "list-units", "--all", "persona@*"], "list")


@case("status asks systemd: 0 running, 3 not, 4 not there or not known, as LSB has it")
def status(case):
    tools = case.folder / "tools"
    tools.mkdir()
    for state, (lines, code, words) in STATES.items():
        systemctl = tools / "systemctl"
        expected = "show --property=LoadState,ActiveState,SubState,MainPID persona@books.service"
        systemctl.write_text("\n".join(["#!/bin/sh", f'[ "$*" = "{expected}" ] || exit 64',
                                        *(f"echo {line}" for line in lines), f"exit {0 if lines else 1}", ""]))
        systemctl.chmod(0o755)
        output = cli("service", "status", "--name", "books", expect=code, prefix=("env", f"PATH={tools}:/usr/bin:/bin"))
        check(output.startswith("systemctl status persona@books\n") and words in output, f"{state}: {words!r}", output)
    equal(cli("service", "status", "--name", "a b", expect=2).count("contains a space"), 1, "a bad name is usage")


@case("status without systemctl says that it does not know")
def status_unknown(case):
    output = cli("service", "status", "--name", "books", expect=4, prefix=("env", "PATH=/nonexistent"))
    check("systemctl does not answer" in output, "the reason", output)


@case("--help says that commands are printed")
def help_texts(case):
    check("each verb prints what to do" in cli("service", "--help"), "the verbs print commands")
    for verb in (*VERBS, "status", "install", "list"):
        check("Usage: persona service" in cli("service", verb, "--help"), f"{verb} --help has a usage")


@case("install prints a unit that stops as patiently as the service drains")
def unit(case):
    text = cli("service", "install", "--name", "books", "--config",
               good(case, timeouts={"shutdown": "90s"}), "--account", "tunnel", "--description", "100% safe")
    parsed = configparser.RawConfigParser(delimiters="=", strict=False)
    parsed.optionxform = str
    parsed.read_string(text)
    service = parsed["Service"]
    equal(shlex.split(service["ExecStart"]), [BINARY, "run", "--config", "/etc/persona/%i.yaml"], "ExecStart")
    equal(service["User"], "tunnel", "User")
    equal(service["TimeoutStopSec"], "95", "TimeoutStopSec")
    equal(service["Restart"], "on-failure", "Restart")
    equal(parsed["Unit"]["Description"], "100%% safe", "Description")
    equal(parsed["Install"]["WantedBy"], "multi-user.target", "WantedBy")


def tool_that_prints(case, name, text):
    """A PATH on which that program is found first."""
    folder = case.folder / "tools"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{text}'\n")
    (folder / name).chmod(0o755)
    return ("env", f"PATH={folder}:/usr/bin:/bin")


@case("the unit is for the systemd of this machine: one that knows notify-reload waits until a reload is done")
def reloads(case):
    path = good(case)
    for printed, expected in (("systemd 252 (252.38-1~deb12u1)", ["Type=notify", "ExecReload=/bin/kill -HUP $MAINPID"]),
                              ("systemd 253 (253-1)", ["Type=notify-reload"]),
                              ("systemd 257 (257.7-1)", ["Type=notify-reload"]),
                              ("something else", ["Type=notify", "ExecReload=/bin/kill -HUP $MAINPID"])):
        text = cli("service", "install", "--name", "books", "--config", path, prefix=tool_that_prints(case, "systemctl", printed))
        equal([line for line in text.splitlines() if line.startswith(("Type=", "ExecReload="))], expected, printed)
        check("@NOTIFY" not in text and "@PROGRAM@" not in text, "no mark is left", text)


@case("ports below 1024 need a capability, and nothing else does")
def low_ports(case):
    for listen, expected in (("127.0.0.1:1024", ""), ("127.0.0.1:0", ""), ("127.0.0.1:1023", "CAP_NET_BIND_SERVICE")):
        text = cli("service", "install", "--name", "books", "--config", good(case, listen=listen)).splitlines()
        for key in ("CapabilityBoundingSet", "AmbientCapabilities"):
            check(f"{key}={expected}" in text, f"{key} for {listen}", text)


def sockets_in(case, *listen):
    text = cli("service", "install", "--name", "books", "--config", good(case, listen=list(listen)))
    return [line for line in text.splitlines()
            if line.startswith(("RuntimeDirectory=", "ReadWritePaths=", "SupplementaryGroups="))]


@case("a socket's folder is made with the service where it is not there, else made writable; and the service is a member")
def folders(case):
    equal(sockets_in(case, "127.0.0.1:0", "unix:/run/persona/a"), ["RuntimeDirectory=persona"], "its own folder")
    equal(sockets_in(case, {"address": "unix:/run/no-such/a", "group": "root"},
                     {"address": "unix:/var/run/no such/b", "group": "daemon"},
                     {"address": f"unix:{case.folder}/c", "group": "root"}),
          ["SupplementaryGroups=root daemon", 'RuntimeDirectory=persona no-such "no such"', f"ReadWritePaths=-{case.folder}"],
          "others")


@case("folders of logs other than its own are writable")
def log_folders(case):
    log = {"format": "json", "file": f"{case.folder}/log"}
    text = cli("service", "install", "--name", "books", "--config", good(case, log=log)).splitlines()
    check(f"ReadWritePaths=-{case.folder}" in text and "PrivateTmp=no" in text, "its folder", text)


@case("install names the configuration absolute, and the files that its user must read")
def steps(case):
    path = good(case)
    text = cli("service", "install", "--name", "books", "--config", f"{path.parent}/./{path.name}")
    check(f"install -D -m 0644 {path} /etc/persona/books.yaml" in text, "where the configuration goes", text)
    for name in ("client.crt", "client.key", "ca.crt"):
        check(any(line.startswith("#   /") and line.endswith(name) for line in text.splitlines()),
              f"{name} must be read", text)


def run_as_printed(case, text):
    """Does what the comments say, below the folder of the case instead of /; systemctl and useradd are only noted."""
    root, tools = case.folder / "root", case.folder / "stand-ins"
    for folder in (root / "etc/systemd/system", tools):
        folder.mkdir(parents=True)
    for name in ("systemctl", "useradd"):
        (tools / name).write_text(f'#!/bin/sh\n[ "$1" = --version ] || echo {name} "$@" >>{case.folder}/asked\n')
        (tools / name).chmod(0o755)
    commands = [line.removeprefix("#   ").replace("/etc/", f"{root}/etc/") for line in text.splitlines()
                if line.startswith("#   ") and not line.startswith(("#   (", "#   /", "#   '/"))]
    run("sh", "-ec", "\n".join([f"PATH={tools}:$PATH", f"PATH=$PATH:{pathlib.Path(BINARY).parent}", *commands]))
    return root / "etc", (case.folder / "asked").read_text().splitlines()


@case("what is printed for a file runs as it is written")
def file_as_printed(case):
    path = good(case)
    etc, asked = run_as_printed(case, cli("service", "install", "--name", "books", "--config", path))
    equal((etc / "persona/books.yaml").read_bytes(), path.read_bytes(), "the configuration")
    check("ExecStart=" in (etc / "systemd/system/persona@.service").read_text(), "the unit")
    equal(asked, ["useradd --system --no-create-home --shell /usr/sbin/nologin persona", "systemctl daemon-reload",
                  "systemctl enable --now persona@books"], "what else")


@case("what is printed for a folder runs as it is written: all its files, and a unit that takes them")
def folder_as_printed(case):
    folder = case.folder / "my services"
    folder.mkdir()
    pki = Pki(case)
    for name in ("one", "two"):
        content = config(pki, gateway="db.example.com:5433")
        (folder / f"{name}.yaml").write_bytes(write_config(case, content, name).read_bytes())
    etc, asked = run_as_printed(case, cli("service", "install", "--name", "books", "--config", folder))
    equal(sorted(each.name for each in (etc / "persona/books").iterdir()), ["one.yaml", "two.yaml"], "the configuration")
    equal(asked[1:], ["systemctl daemon-reload", "systemctl enable --now persona@books"], "what else")
    drop_in = (etc / "systemd/system/persona@books.service.d/folder.conf").read_text().splitlines()
    equal(drop_in[:2], ["[Service]", "ExecStart="], "the drop-in takes the place of the unit's command")
    command = shlex.split(drop_in[2].removeprefix("ExecStart=").replace("%i", "books"))
    equal(command[:3], [BINARY, "run", "--config"], "the command")
    told = cli("check", *command[2:])
    check(str(etc / "persona/books/one.yaml") in told and str(etc / "persona/books/two.yaml") in told, "what it would run", told)
    text = cli("service", "install", "--name", "books", "--config", f"{folder}/one.yaml")
    check("folder.conf" not in text, "a file needs no drop-in")


@case("a broken configuration is told of as by check, and no unit is printed")
def broken(case):
    path = write_config(case, "listen: 127.0.0.1:0\ngatway: 127.0.0.1:1\n", "broken")
    output = refused("install", "--name", "books", "--config", path)
    check(f'{path}:2:1: unknown key "gatway"; did you mean "gateway"?' in output, "check's words", output)
    check("nothing was installed" in output and "[Unit]" not in output, "nothing was installed", output)
    check("no such file" in refused("install", "--name", "books", "--config", case.folder / "no.yaml"), "a missing one")


@case("bad names, accounts and verbs")
def names(case):
    path = good(case)
    for name, words in (("a b", "a space"), ("a/b", '"/"'), ('a"b', "contains"), ("x" * 81, "80"),
                        ("-x", "begin"), ("a\nb", "contains")):
        check(words in refused("start", f"--name={name}"), f"name {name!r}")
        check(words in refused("install", f"--name={name}", "--config", path), f"name {name!r}")
    check("--account" in refused("install", "--name", "a", "--config", path, "--account", "a b"), "an account")
    check("--password-file" in refused("install", "--name", "a", "--config", path, "--password-file", path), "a password")
    check('unknown subcommand "service fly"' in refused("fly"), "an unknown verb")


@case("run --service is for Windows")
def run_as_service(case):
    output = cli("run", "--config", good(case), "--service", "books", expect=2)
    check("Service Control Manager of Windows" in output, "the sentence says so", output)


main()
