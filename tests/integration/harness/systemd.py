"""systemd as process 1 of namespaces of its own: it has its own /run, /etc, /usr/local and /var/log, which are gone with it,
and none of the machine's services. Loopback is shared."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

from . import process
from .runner import SANITIZED, Failure, check

BOOT = r"""
set -eu
echo $$ >"$1/cgroup.procs"
shift
exec unshare --pid --mount --uts --ipc --cgroup --fork --kill-child --mount-proc sh -eu -c '
mount --make-rprivate /
mkdir "$1/etc"
mount -t tmpfs -o mode=0755 none "$1/etc"
cp -a /etc/. "$1/etc/"
mount --bind "$1/etc" /etc
mount -t tmpfs -o mode=0755 none /usr/local
mount -t tmpfs -o mode=0755 none /var/log
mount -t tmpfs -o mode=0755 none /run
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /usr/local/bin /etc/persona
chmod 0755 /etc/persona
cp "$2" /usr/local/bin/persona
echo 0123456789abcdef0123456789abcdef >/etc/machine-id
printf "[Journal]\\nStorage=volatile\\nReadKMsg=no\\n" >/etc/systemd/journald.conf
# Credentials are mounts that reach us from another namespace.
mount --make-rshared /
systemd-sysusers "$1/units/persona.conf"
SYSTEMD_UNIT_PATH=$1/units container=persona exec /usr/lib/systemd/systemd --system --unit=test.target \
  --log-target=console --show-status=no' sh "$@"
"""
# journald without the sockets that it would have in the machine's /dev.
UNITS = {
    "test.target": "[Unit]\nDefaultDependencies=no\nWants=systemd-journald.socket\n",
    "systemd-journald.socket": "[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/systemd/journal/stdout\n"
                               "ListenDatagram=/run/systemd/journal/socket\nSocketMode=0666\nPassCredentials=yes\n",
    "systemd-journald.service": "[Unit]\nDefaultDependencies=no\nRequires=systemd-journald.socket\n[Service]\n"
                                "ExecStart=/usr/lib/systemd/systemd-journald\nSockets=systemd-journald.socket\n",
    "network-online.target": "[Unit]\n",
    "sysinit.target": "[Unit]\n",
    "basic.target": "[Unit]\n",
    "shutdown.target": "[Unit]\nDefaultDependencies=no\n",
    "multi-user.target": "[Unit]\n",
}


def _skip(why):
    print(f"not tested: {why}", flush=True)
    sys.exit(0)


def _cgroup():
    """Our own in the unified hierarchy."""
    mounts = [line.split(" - ") for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
    where = [before.split()[4] for before, after in mounts if after.split()[0] == "cgroup2"]
    ours = re.search(r"^0::(.*)$", pathlib.Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    return pathlib.Path(where[0] + ours.group(1)) if where and ours else None


def need_or_skip():
    """Ends the test where the system does not allow it, which then has shown nothing."""
    if SANITIZED:
        _skip("a sanitizer needs memory and system calls that the unit does not grant")
    if os.geteuid() != 0:
        _skip("only root can start a systemd of its own")
    if not os.access("/usr/lib/systemd/systemd", os.X_OK):
        _skip("there is no systemd here")
    tried = subprocess.run(["unshare", "--pid", "--mount", "--uts", "--ipc", "--cgroup", "--fork", "--mount-proc", "sh", "-c",
                            "mount --make-rprivate / && mount -t tmpfs none /run && mount -t cgroup2 none /sys/fs/cgroup && "
                            "mkdir /sys/fs/cgroup/persona-try && rmdir /sys/fs/cgroup/persona-try"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    if tried.returncode != 0 or _cgroup() is None:
        _skip(f"this system allows no namespaces and control groups of one's own ({tried.stdout.strip()}): run it as root, "
              "outside of a container without CAP_SYS_ADMIN")


class Systemd:
    def __init__(self, case, program, units):
        """`units`: a folder with units, which come besides ours, and persona.conf for sysusers.d."""
        self.units = case.folder / "units"
        self.units.mkdir()
        for name, text in UNITS.items():
            (self.units / name).write_text(text)
        for unit in units:
            (self.units / unit.name).write_bytes(unit.read_bytes())
        self._group = _cgroup() / f"persona-{os.getpid()}"
        self._group.mkdir()
        case.defer(self._remove_group)
        self._process = process.Process(case, "sh", "-c", BOOT, "sh", self._group, case.folder, program, name="systemd")
        self._inside = None
        self.wait(lambda: self.systemctl("is-active", "test.target", expect=None).strip() == "active", "systemd runs")

    def _remove_group(self):
        """Its processes have been killed with its first one; a moment later the groups are empty."""
        deadline = time.monotonic() + 20
        while self._group.exists():
            try:
                for folder in sorted(self._group.rglob("*"), key=lambda path: -len(path.parts)):
                    if folder.is_dir():
                        folder.rmdir()
                self._group.rmdir()
            except OSError as error:
                check(time.monotonic() < deadline, f"the control group stays: {error}")
                time.sleep(0.05)

    def run(self, *command, expect=0):
        """Runs a program inside, to its end."""
        if self._inside is None:
            children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            if not children:
                check(self._process.running(), "systemd does not start", self._process.tail())
                return ""
            self._inside = children[0]
        return process.run("nsenter", "--target", self._inside, "--mount", "--pid", "--cgroup", "--ipc", "--uts", "--",
                           *command, expect=expect)

    def systemctl(self, *arguments, expect=0):
        return self.run("systemctl", "--no-pager", *arguments, expect=expect)

    def show(self, unit, *properties):
        lines = self.systemctl("show", unit, "--property", ",".join(properties)).splitlines()
        return dict(line.split("=", 1) for line in lines)

    def wait_shown(self, unit, timeout=60, **properties):
        """Until its properties are these."""
        seen = {}

        def so():
            seen.update(self.show(unit, *properties))
            return seen == properties

        try:
            self.wait(so, f"{unit} is {properties}", timeout)
        except Failure as error:
            raise Failure(f"{error} | {seen} | {self.journal(unit)[-6:]}") from None

    def journal(self, unit):
        lines = self.run("journalctl", "--no-pager", "-o", "json", "-u", unit, expect=None).splitlines()
        return [(entry.get("PRIORITY"), entry.get("MESSAGE"))
                for entry in map(json.loads, lines) if entry.get("_COMM") == "persona"]

    def wait(self, so, what, timeout=60):
        deadline = time.monotonic() + timeout
        while not so():
            check(time.monotonic() < deadline and self._process.running(), f"not within {timeout} s: {what}",
                  self._process.tail(20))
            time.sleep(0.05)

    def write(self, path, content, owner="root", mode="0644"):
        """A file inside."""
        self.run("sh", "-c", 'umask 077; printf %s "$2" >"$1"; chown "$3" "$1"; chmod "$4" "$1"', "sh", path, content, owner, mode)
