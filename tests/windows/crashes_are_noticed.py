"""A program that crashes is seen to fail in the way that every test runs its programs."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import process
from harness.persona import BINARY
from harness.runner import case, check, equal, main

CANARY = pathlib.Path(BINARY).with_stem("crash_canary")


def ended(how):
    """Its exit code, after it has said that it runs."""
    done = subprocess.run(process.command(CANARY, how), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=30)
    check(process.decoded(done.stdout).startswith(how + "\n"), "it did not even run", done.stdout)
    return done.returncode


@case("exit codes arrive")
def exit_codes(_):
    equal((ended("zero"), ended("three")), (0, 3), "exit codes")


for way in ("null", "abort", "exception"):
    @case(f"a crash is no success: {way}")
    def crash(_, way=way):
        check(ended(way) != 0, "the program crashed and exited with 0: AeDebug has a debugger")


main()
