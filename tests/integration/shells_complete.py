"""`persona completion`: what bash, zsh and fish really offer behind the words that are typed."""

import os
import pathlib
import pty
import re
import select
import subprocess
import time

from harness import process
from harness.persona import BINARY, cli
from harness.runner import case, check, equal, main

# What is typed, and all that must be offered.
OFFERED = {
    "persona ": ["run", "check", "doctor", "ready", "sessions", "agent", "demo", "pki", "import", "service", "completion", "manual", "version"],
    "persona se": ["service", "sessions"],
    "persona sessions close --p": ["--peer"],
    "persona pki ": ["init", "issue", "renew", "revoke", "crl", "list", "show"],
    "persona service st": ["start", "stop", "status"],
    "persona service install --start ": ["auto", "delayed", "manual"],
    "persona service install --name pg --start d": ["delayed"],
    "persona import ": ["stunnel"],
    "persona import stunnel of-": ["of-mine.yaml"],
    "persona import stunnel --to a-": ["a-folder/"],
    "persona pki issue ": ["client", "server"],
    "persona completion ": ["bash", "zsh", "fish"],
    "persona run --log-level w": ["warn"],
    "persona run --con": ["--config"],
    "persona run of-": ["of-mine.yaml"],
    "persona check --config of-": ["of-mine.yaml"],
    "persona pki list --dir a-": ["a-folder/"],
    "persona run --service": [],  # hidden: the Service Control Manager's
}


def folder_of(case):
    folder = case.folder / "here"
    folder.mkdir()
    (folder / "of-mine.yaml").write_text("")
    (folder / "a-folder").mkdir()
    (folder / "a-file").write_text("")
    for shell in ("bash", "zsh", "fish"):
        (folder / f".{shell}").write_text(cli("completion", shell))
    return folder


def environment(case):
    return {**os.environ, "PATH": f"{pathlib.Path(BINARY).parent}:{os.environ['PATH']}", "HOME": str(case.folder),
            "XDG_CONFIG_HOME": str(case.folder), "XDG_DATA_HOME": str(case.folder), "TERM": "dumb"}


class Terminal:
    """A shell at a terminal of its own, whose line editor is asked to insert everything that fits. What it has inserted is
    printed by the shell itself, as arguments, instead of being run."""

    def __init__(self, case, folder, insert_all, *command):
        self._insert_all = insert_all
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(process.command(*command), stdin=slave, stdout=slave, stderr=slave, cwd=folder,
                                         env=environment(case), start_new_session=True)
        os.close(slave)
        case.defer(self._end)
        self._count = 0

    def _end(self):
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _until(self, mark, timeout=60):  # compinit of zsh reads a thousand files
        text, deadline = "", time.monotonic() + timeout
        while mark not in text:
            ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
            check(ready, f"the terminal does not show {mark!r}", text[-2000:])
            text += os.read(self._master, 65536).decode(errors="replace")
        return text

    def enter(self, line):
        """Runs a line to its end. The terminal shows the mark, which is written otherwise, only when it has run."""
        self._count += 1
        os.write(self._master, f"{line}; echo do'ne'{self._count}.\r".encode())
        self._until(f"done{self._count}.")

    def completions(self, typed):
        self._count += 1
        print_it = f"printf '<%s>' be'gin'{self._count} "
        os.write(self._master, f"{typed}{self._insert_all}\x05 e'nd'{self._count}\x01{print_it}\r".encode())
        text = self._until(f"<end{self._count}>")
        words = re.findall("<([^<>]*)>", text[text.index(f"<begin{self._count}>"):text.index(f"<end{self._count}>")])[1:]
        before, last = typed.rsplit(" ", 1)
        equal(words[:len(before.split())], before.split(), "what was typed")
        offered = words[len(before.split()):]
        return [] if offered == [last] else offered


def same(shell, offered):
    for typed, words in {**OFFERED, "persona service install --start=d": ["--start=delayed"]}.items():
        actual = sorted(word.rstrip("/") for word in offered(typed))
        equal(actual, sorted(word.rstrip("/") for word in words), f"{shell} after {typed!r}")


@case("bash")
def bash(case):
    folder = folder_of(case)
    terminal = Terminal(case, folder, "\x1b*", "bash", "--norc", "--noprofile", "-i")  # readline's insert-completions
    terminal.enter("source .bash")
    same("bash", terminal.completions)


@case("zsh", deadline=120)
def zsh(case):
    folder = folder_of(case)
    terminal = Terminal(case, folder, "\t", "zsh", "-f", "-i")
    for line in ("bindkey -e", "autoload -U compinit", "compinit -u -D", "unsetopt list_beep auto_remove_slash",
                 "zstyle ':completion:*' completer _all_matches _complete", "zstyle ':completion:*' insert true",
                 "source ./.zsh"):
        terminal.enter(line)
    same("zsh", terminal.completions)


@case("fish")
def fish(case):
    folder = folder_of(case)

    def offered(typed):
        lines = process.run("fish", "--no-config", "-c", "source .fish; complete -C $argv[1]", typed, cwd=folder,
                            env=environment(case)).splitlines()
        return [line.split("\t")[0] for line in lines]

    same("fish", offered)


@case("each script is valid for its shell, and every option and command of --help is in it")
def whole(case):
    folder = folder_of(case)
    for shell in ("bash", "zsh", "fish"):
        process.run(shell, "-n", folder / f".{shell}")
    for command in (["run"], ["check"], ["doctor"], ["ready"], ["sessions"], ["sessions", "close"], ["agent"], ["pki", "init"], ["import", "stunnel"], ["pki", "issue"], ["service", "install"], ["demo"]):
        options = re.findall(r"^  (?:-\w,)?(--[a-z-]+)", cli(*command, "--help"), re.MULTILINE)
        check(len(options) > 1, f"options of {command}")
        for option in options:
            for shell in ("bash", "zsh"):
                check(option in (folder / f".{shell}").read_text(), f"{shell} does not know {option} of {command}")


main()
