"""`persona service` beside systemd: it prints what to do and does nothing, and checks the configuration first."""

import configparser
import shlex

from harness.certificates import Pki
from harness.persona import BINARY, cli, config, write_config
from harness.runner import case, check, equal, main

VERBS = {"start": "start", "stop": "stop", "restart": "restart", "reload": "reload", "status": "status",
         "uninstall": "disable --now"}


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


@case("--help says that commands are printed")
def help_texts(case):
    check("each verb prints what to do" in cli("service", "--help"), "the verbs print commands")
    for verb in (*VERBS, "install", "list"):
        check("Usage: persona service" in cli("service", verb, "--help"), f"{verb} --help has a usage")


@case("install prints a unit that stops as patiently as the service drains")
def unit(case):
    text = cli("service", "install", "--name", "books", "--config",
               good(case, timeouts={"shutdown": "90s"}), "--account", "tunnel", "--description", "100% safe")
    parsed = configparser.RawConfigParser(delimiters="=", strict=False)
    parsed.optionxform = str
    parsed.read_string(text)
    service = parsed["Service"]
    equal(service["Type"], "exec", "Type")
    equal(shlex.split(service["ExecStart"]), [BINARY, "run", "--config", "/etc/persona/%i.yaml"], "ExecStart")
    equal(service["ExecReload"], "/bin/kill -HUP $MAINPID", "ExecReload")
    equal(service["User"], "tunnel", "User")
    equal(service["TimeoutStopSec"], "95", "TimeoutStopSec")
    equal(service["Restart"], "on-failure", "Restart")
    equal(parsed["Unit"]["Description"], "100%% safe", "Description")
    equal(parsed["Install"]["WantedBy"], "multi-user.target", "WantedBy")


@case("install names the configuration absolute, and the files that its user must read")
def steps(case):
    path = good(case)
    text = cli("service", "install", "--name", "books", "--config", f"{path.parent}/./{path.name}")
    check(f"install -D -m 0644 {path} /etc/persona/books.yaml" in text, "where the configuration goes", text)
    for name in ("client.crt", "client.key", "ca.crt"):
        check(any(line.startswith("#   /") and line.endswith(name) for line in text.splitlines()),
              f"{name} must be read", text)


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
