"""`persona manual`: man(1) finds nothing to warn of, and the pages have every option and every key."""

import pathlib
import re

from harness import process
from harness.persona import cli
from harness.runner import case, check, equal, main

ROOT = pathlib.Path(__file__).resolve().parents[2]


def page(case, name):
    """What a reader sees, and the file."""
    path = case.folder / name
    path.write_text(cli("manual", name))
    return process.run("man", "--warnings", "--local-file", path,
                       env={"LC_ALL": "C.UTF-8", "MANWIDTH": "120", "PATH": "/usr/bin:/bin", "MAN_KEEP_FORMATTING": ""}), path


@case("neither has anything that groff warns of, at any usual width")
def no_warnings(case):
    for name in ("persona", "persona.yaml"):
        _, path = page(case, name)
        for width in (60, 80, 200):
            warnings = process.run("sh", "-c", f"groff -man -Tutf8 -ww -rLL={width}n -z {path} 2>&1; "
                                   f"LC_ALL=C.UTF-8 MANWIDTH={width} man --warnings=w -l {path} 2>&1 >/dev/null")
            equal(warnings, "", f"{name}, {width} columns wide")


@case("persona(1) has every command with its options, variables and exit codes")
def command(case):
    seen, _ = page(case, "persona")
    for words in ("NAME", "SYNOPSIS", "persona pki revoke", "persona service status", "PERSONA_LOG_LEVEL", "SIGHUP",
                  "persona.yaml(5)"):
        check(words in seen, f"persona(1) does not have {words!r}")
    for arguments in (["run"], ["check"], ["pki", "init"], ["pki", "issue"], ["service", "install"]):
        for option in re.findall(r"^  (?:-\w,)?(--[a-z-]+)", cli(*arguments, "--help"), re.MULTILINE):
            check(option in seen, f"persona(1) does not have {option} of {arguments}")
    exits = seen.split("EXIT STATUS")[1]
    equal(re.findall(r"^ +(\d) ", exits, re.MULTILINE), ["0", "1", "2", "3", "4"], "exit codes")


@case("persona.yaml(5) has every key that the program asks a file for")
def configuration(case):
    seen, _ = page(case, "persona.yaml")
    keys = set()
    asked = re.compile(r'\b(?:get|require|section|read)\("([a-z_0-9]+)"')
    for source in (ROOT / "src/config").glob("*.cpp"):
        if source.stem != "agent_settings":
            keys |= set(asked.findall(source.read_text()))
    of_agent = set(asked.findall((ROOT / "src/config/agent_settings.cpp").read_text()))
    document = (ROOT / "docs/agent.md").read_text().split("```yaml\n")[1].split("```")[0]
    equal(set(re.findall(r"^([a-z_0-9]+):", document, re.MULTILINE)), of_agent, "keys of an agent in docs/agent.md")
    check(len(keys) > 50, "keys in src/config", sorted(keys))
    shown = set(re.findall(r"^ +(?:[a-z_]+\.)*([a-z_]+):(?: |$)", seen, re.MULTILINE))
    equal(sorted(keys - shown), [], "keys that are not in persona.yaml(5)")
    for words in ("tls.min_version: \"1.2\"", "timeouts.half_close: 30s", "listen.mode:", "gateway.negotiate:", "clients.allow.cn",
                  "service: 127.0.0.1:5432", "0660 with a group, else what the umask leaves"):
        check(words in " ".join(seen.split()), f"persona.yaml(5) does not have {words!r}", seen)


main()
