"""Runs the cases of one test file. A case is a function decorated with @case that takes the Case it runs in.

    @case("a client without data is cancelled", deadline=20)
    def cancelled(case): ...

    main()   # at the end of the file; `FILE.py WORDS` runs only the cases whose name contains WORDS
"""

import contextlib
import functools
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback

SANITIZED = bool(os.environ.get("PERSONA_SANITIZED"))
ALL = os.environ.get("PERSONA_TESTS") == "all"  # scripts/test --all: the full amounts, in every build
SMALLER = (SANITIZED or bool(os.environ.get("PERSONA_RUNNER"))) and not ALL  # what takes its time moves less
NOT_UNDER_WINE = pathlib.Path(__file__).resolve().parents[2] / "windows" / "not-under-wine.txt"


def amount(full, usual, smaller):
    """How much is moved or repeated: by scripts/test --all, usually, and where the program is a slow one."""
    return full if ALL else smaller if SMALLER else usual


def sample(items, every):
    """All of them, or each `every`th where the program is a slow one."""
    return items[::every] if SMALLER else items


class Failure(AssertionError):
    """What a case expected did not happen."""


class DeadlineExceeded(BaseException):
    """Not an Exception, so that no `except Exception` of a helper swallows it."""


def check(condition, sentence, *details):
    """Fails the case with the sentence, and with what was seen instead."""
    if not condition:
        raise Failure(" | ".join([sentence, *map(str, details)]))


def equal(actual, expected, what):
    check(actual == expected, f"{what}: expected {expected!r}, got {actual!r}")


def need(tool):
    """The path of a program. A missing one is a failure: a skipped test would look like a passed one."""
    search = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    # PostgreSQL's server programs are outside every PATH on Debian.
    postgres = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which(tool, path=":".join([search, *map(str, reversed(postgres))]))
    check(found, f"{tool} is not there: run scripts/setup --tests, and build what PERSONA_BIN names")
    return found


class Case:
    """One running case: its temporary folder, and what to undo when it ends, latest first."""

    def __init__(self, name):
        self.name = name
        self.failed = False
        self.ending = False  # what it started is being stopped, in the middle of anything
        self._undo = []
        # Others must be able to walk through it: servers run as another user when the tests run as root.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="persona-"))
        self.folder.chmod(0o711)

    def defer(self, function, *arguments):
        self._undo.append((function, arguments))

    def finish(self):
        """Undoes everything even when a part fails; the first failure counts."""
        first = None
        self.ending = True
        for function, arguments in reversed(self._undo):
            try:
                function(*arguments)
            except (Exception, DeadlineExceeded) as error:
                first = first or error
        shutil.rmtree(self.folder, ignore_errors=True)
        if first:
            raise first


_cases = []


@functools.cache
def shared_folder():
    """A folder for all cases of the file; removed at its end."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="persona-"))
    folder.chmod(0o711)
    return folder


def case(name, deadline=60):
    def register(function):
        _cases.append((name, deadline, function))
        return function

    return register


@contextlib.contextmanager
def _within(seconds):
    def expire(*_):
        raise DeadlineExceeded(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _in_words(error):
    place = traceback.extract_tb(error.__traceback__)
    here = [f"{pathlib.Path(frame.filename).name}:{frame.lineno}" for frame in place if frame.filename != __file__]
    kind = "" if isinstance(error, (Failure, DeadlineExceeded)) else f"{type(error).__name__}: "
    return f"{kind}{error} (at {' < '.join(reversed(here[-4:]))})"


def _run(name, deadline, function):
    """None, or why the case failed."""
    running = Case(name)
    why = None
    try:
        with _within(deadline * (3 if SANITIZED else 1)):
            function(running)
    except (Exception, DeadlineExceeded) as error:
        running.failed = True
        why = _in_words(error)
    finally:
        try:
            with _within(60):
                running.finish()
        except (Exception, DeadlineExceeded) as error:
            why = f"{why}; then at the end: {_in_words(error)}" if why else _in_words(error)
    return why


def _under_wine(file):
    """The cases without those that tests/windows/not-under-wine.txt names; prints why each does not run."""
    reasons = dict(re.findall(rf"^{file} \| (.*) \| (.*)$", NOT_UNDER_WINE.read_text(), re.MULTILINE))
    kept = [each for each in _cases if each[0] not in reasons]
    check(len(kept) + len(reasons) == len(_cases), f"{NOT_UNDER_WINE.name} names cases that are not there", reasons)
    for name, why in reasons.items():
        print(f"not under Wine: {name}: {why}", flush=True)
    return kept


def main():
    # As an exception, so that a terminated test still stops what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = " ".join(sys.argv[1:])
    file = pathlib.Path(sys.argv[0]).stem
    chosen = [each for each in (_under_wine(file) if os.environ.get("PERSONA_RUNNER") else _cases) if words in each[0]]
    failed = 0
    for name, deadline, function in chosen:
        started = time.monotonic()
        why = _run(name, deadline, function)
        failed += why is not None
        verdict = f"FAIL {name}: {why}" if why else f"ok {name}"
        print(f"{verdict} [{time.monotonic() - started:.1f} s]", flush=True)
    if not chosen:
        print(f"no case is named like {words!r}")
    if shared_folder.cache_info().currsize:
        shutil.rmtree(shared_folder(), ignore_errors=True)
    print(f"{file}: {len(chosen) - failed} passed, {failed} failed", flush=True)
    # Helper threads may still be blocked in a system call; they must not keep the test from ending.
    os._exit(1 if failed or not chosen else 0)
