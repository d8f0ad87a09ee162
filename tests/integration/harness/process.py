"""A child process whose output is read line by line, and which never outlives the test."""

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time

from .runner import Failure, check, need

# A user for servers that refuse to run as root.
UNPRIVILEGED = "nobody"
# What runs Windows programs (cmake/run-under-wine), where the program under test is one.
RUNNER = os.environ.get("PERSONA_RUNNER")


def as_root():
    return os.geteuid() == 0


def unprivileged_ids():
    """User and group of servers: their own ones if we are root, else ours."""
    if not as_root():
        return os.geteuid(), os.getegid()
    import pwd

    user = pwd.getpwnam(UNPRIVILEGED)
    return user.pw_uid, user.pw_gid


def give_away(path):
    """To the unprivileged user."""
    os.chown(path, *unprivileged_ids())


def make_folder(case, name):
    """A folder that the unprivileged user owns."""
    folder = case.folder / name
    folder.mkdir()
    give_away(folder)
    return folder


def raise_descriptor_limit(wanted):
    """The limit of open files for us and our children; what it is now. Raising the hard one takes a privilege."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            return wanted
        except (ValueError, PermissionError):
            pass
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, granted), hard))
    return granted


def _is_windows(program):
    return RUNNER and str(program).endswith(".exe")


def command(program, *arguments, unprivileged=False):
    """The command line that runs a program so that it dies with us, whatever ends us."""
    prefix = [need("setpriv"), "--pdeathsig", "KILL"]
    if unprivileged and as_root():
        prefix += ["--reuid", UNPRIVILEGED, "--regid", "nogroup", "--clear-groups"]
    runner = [need(RUNNER)] if _is_windows(program) else []
    return [*prefix, "--", *runner, need(str(program)), *map(str, arguments)]


def decoded(output):
    """What a program wrote, with one kind of line ends."""
    return output.decode(errors="replace").replace("\r\n", "\n")


def run(program, *arguments, unprivileged=False, timeout=60, expect=0, **options):
    """Runs a program to its end and returns what it printed; any other exit code than `expect` fails the case."""
    options.setdefault("stdin", subprocess.DEVNULL)
    if "input" in options:
        del options["stdin"]
    done = subprocess.run(command(program, *arguments, unprivileged=unprivileged), timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    output, errors = decoded(done.stdout), decoded(done.stderr)
    check(expect is None or done.returncode == expect,
          f"{program} exited with {done.returncode} instead of {expect}", errors[-800:], output[-400:])
    return output


class Process:
    def __init__(self, case, program, *arguments, name=None, unprivileged=False, **options):
        self.name = name or os.path.basename(str(program))
        self.lines = []
        self._program = program
        self._changed = threading.Condition()
        self._ended = False
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stderr", subprocess.STDOUT)
        self._process = subprocess.Popen(command(program, *arguments, unprivileged=unprivileged),
                                         stdout=subprocess.PIPE, **options)
        self.pid = self._process.pid
        case.defer(self.kill)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self._received(decoded(line).rstrip("\n"))
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _received(self, line):
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def wait_until(self, found, what, timeout=20):
        """What `found()` returns, once it is true; it is asked again after every line of output."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (result := found()):
                if self._ended:
                    raise Failure(f"{self.name} ended without {what} | " + self.tail())
                if not self._changed.wait(deadline - time.monotonic()):
                    raise Failure(f"{self.name} without {what} after {timeout} s | " + self.tail())
            return result

    def wait_line(self, words, timeout=20):
        def found():
            return next((line for line in self.lines if words in line), None)

        return self.wait_until(found, f"{words!r}", timeout)

    def say(self, words):
        """Writes to a process that was started with stdin=PIPE."""
        self._process.stdin.write(words.encode())
        self._process.stdin.flush()

    def close_input(self):
        self._process.stdin.close()

    def tail(self, count=12):
        return "\n    ".join(["", *self.lines[-count:]])

    def signal(self, number):
        """SIGTERM would just kill a Windows program: there it is Ctrl-C, as SIGINT is."""
        if number == signal.SIGTERM and _is_windows(self._program):
            number = signal.SIGINT
        self._process.send_signal(number)

    def wait(self, timeout=20):
        """The exit code; negative: the signal that ended it."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still runs after {timeout} s | " + self.tail()) from None
        self._reader.join(timeout)
        return code

    def running(self):
        return self._process.poll() is None

    def kill(self):
        if self.running():
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()


class Pipes:
    """A child process that is spoken to by its standard input and output."""

    def __init__(self, case, program, *arguments):
        self._process = subprocess.Popen(command(program, *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, bufsize=0)
        case.defer(self.kill)

    def sendall(self, data):
        left = memoryview(data)
        while left:
            left = left[self._process.stdin.write(left):]

    def recv(self, size):
        return self._process.stdout.read(size)

    def close(self):
        self._process.stdin.close()

    def kill(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
