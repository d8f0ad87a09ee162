"""A persona that is aborted leaves no core dump, which would hold its private key, whatever limit it was started with;
and no other process of its user can look into it."""

import os
import pathlib
import re
import resource
import shutil
import signal

from harness import process
from harness.persona import BINARY
from harness.runner import case, equal, main


def core_limit(pid):
    limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
    return re.search(r"^Max core file size +(\w+) +(\w+)", limits, re.MULTILINE).groups()


def user_of(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE).group(1))


def start(case, **environment):
    """`persona demo` as an ordinary user, as `ulimit -c unlimited` in the shell that starts it would have it."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    case.defer(resource.setrlimit, resource.RLIMIT_CORE, before)
    program = case.folder / "persona"
    shutil.copy(BINARY, program)  # where that user can read it
    program.chmod(0o755)
    folder = process.make_folder(case, "folder")
    persona = process.Process(case, program, "demo", unprivileged=True, cwd=folder, env=os.environ | environment)
    persona.wait_line("The tunnel stays open", timeout=40)
    return persona, folder


@case("aborted by SIGABRT and SIGQUIT")
def aborted(case):
    for number in (signal.SIGABRT, signal.SIGQUIT):
        persona, folder = start(case)
        equal(core_limit(persona.pid), ("0", "0"), "soft and hard limit of core files")
        owner = os.stat(f"/proc/{persona.pid}/mem").st_uid
        equal(owner == user_of(persona.pid), False, "its user owns it in /proc, so may attach to it")
        persona.signal(number)
        equal(persona.wait(), -number, "how it ended")
        equal([file.name for file in folder.iterdir()], [], "files left behind")
        folder.rmdir()


@case("PERSONA_DUMPABLE lets a debugger in, but makes no core dump")
def dumpable(case):
    persona, folder = start(case, PERSONA_DUMPABLE="1")
    equal(os.stat(f"/proc/{persona.pid}/mem").st_uid, user_of(persona.pid), "owner in /proc")
    equal(core_limit(persona.pid), ("0", "0"), "soft and hard limit of core files")
    persona.signal(signal.SIGABRT)
    equal(persona.wait(), -signal.SIGABRT, "how it ended")
    equal([file.name for file in folder.iterdir()], [], "files left behind")


main()
