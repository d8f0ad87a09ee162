"""A machine of its own for one test file: loopback and nothing else, its own /etc/hosts, and a name server that answers
only when it is told to. Namespaces of Linux, which are left with the process."""

import ctypes
import fcntl
import os
import pathlib
import shutil
import socket
import struct
import sys
import tempfile
import threading

from .runner import check

NAME_SERVER = ("127.0.0.53", 53)
# Longer than any test, so that what nobody answers is still under way at its end.
RESOLV_CONF = f"nameserver {NAME_SERVER[0]}\noptions timeout:30 attempts:5\n"

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x20000, 0x10000000, 0x40000000  # <linux/sched.h>
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000  # <linux/mount.h>
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _SIOCSIFADDR, _IFF_UP = 0x8913, 0x8914, 0x8916, 0x1  # <linux/sockios.h>, <linux/if.h>
_A, _IN = 1, 1  # RFC 1035 section 3.2


def enter_or_skip(hosts):
    """Before any thread: puts this process and its children on such a machine. `hosts`: the names of each
    address. Where the system does not allow it, it says so and ends the test, which then has shown nothing."""
    try:
        _enter(hosts)
    except OSError as error:
        print(f"not tested: this system allows no network and mount namespaces of one's own ({error}): run it as root, "
              "outside of a container without CAP_SYS_ADMIN", flush=True)
        sys.exit(0)


def add_address(address):
    """Gives that machine another IPv4 address, which is not a loopback address."""
    request = struct.pack("16sHH4s", b"lo:1", socket.AF_INET, 0, socket.inet_aton(address)).ljust(40, b"\0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFADDR, request)


def enter_with_own_run_or_skip():
    """Before any thread: this process and its children see an empty /run of their own, and make what they want there.
    For root alone, because servers and clients run as other users."""
    if os.geteuid() != 0:
        print("not tested: only root can run clients as several users", flush=True)
        sys.exit(0)
    try:
        _call("unshare", _CLONE_NEWNS)
        _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
        _call("mount", b"tmpfs", os.path.realpath("/run").encode(), b"tmpfs", 0, b"mode=0755")
        # MariaDB removes what looks like its own temporary files when it starts, also those of another test's.
        os.mkdir("/run/tmp")
        os.chmod("/run/tmp", 0o1777)
        os.environ["TMPDIR"] = "/run/tmp"
    except OSError as error:
        print(f"not tested: this system allows no mount namespace of one's own ({error}): run it outside of a container "
              "without CAP_SYS_ADMIN", flush=True)
        sys.exit(0)


def need_address_or_skip(address):
    """The same for a machine without IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind((address, 0))
    except OSError as error:
        print(f"not tested: this system has no IPv6 ({error})", flush=True)
        sys.exit(0)


def _enter(hosts):
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        _call("unshare", _CLONE_NEWNS | _CLONE_NEWNET)
    else:
        _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWNET)
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _call("mount", None, b"/", None, _MS_REC | _MS_PRIVATE, None)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="persona-etc-"))
    try:
        lines = ["127.0.0.1 localhost"] + [" ".join((address, *names)) for address, names in hosts.items()]
        for name, content in (("hosts", "\n".join(lines) + "\n"),
                              ("resolv.conf", RESOLV_CONF), ("nsswitch.conf", "hosts: files dns\n")):
            (folder / name).write_text(content)
            (folder / name).chmod(0o644)
            _call("mount", bytes(folder / name), os.path.realpath(f"/etc/{name}").encode(), None, _MS_BIND, None)
    finally:
        shutil.rmtree(folder)  # what is mounted stays
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0).ljust(40, b"\0")
        flags = struct.unpack("16sh", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request)[:18])[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP).ljust(40, b"\0"))


def _call(function, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


class NameServer:
    """Notes what it is asked, and keeps silent until it is told to answer: then every name is 127.0.0.1."""

    def __init__(self, case):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(NAME_SERVER)
        self._changed = threading.Condition()
        self._asked = []  # (name, type), the repetitions of a resolver included
        self._held = []   # (query, where from)
        self._exists = None  # what to answer; None: nothing
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        case.defer(self._close)

    def asked(self):
        """The names whose IPv4 address was asked for, as often as that was."""
        with self._changed:
            return [name for name, kind in self._asked if kind == _A]

    def wait_asked(self, count, timeout=20):
        """Until so many look-ups are under way."""
        with self._changed:
            asked = self._changed.wait_for(lambda: sum(kind == _A for _, kind in self._asked) >= count, timeout)
            check(asked, f"fewer than {count} look-ups within {timeout} s", self._asked)

    def answer(self, exists=True):
        """What was asked before, and what will be."""
        with self._changed:
            self._exists = exists
            held, self._held = self._held, []
        for query, address in held:
            self._reply(query, address)

    def _serve(self):
        while True:
            query, address = self._socket.recvfrom(4096)
            if self._closing:
                return
            with self._changed:
                silent = self._exists is None
                if silent:
                    self._held.append((query, address))
                name, kind, _ = _question(query)
                self._asked.append((name, kind))
                self._changed.notify_all()
            if not silent:
                self._reply(query, address)

    def _reply(self, query, address):
        _, kind, end = _question(query)
        record = b""
        if self._exists and kind == _A:
            record = struct.pack(">HHHIH4B", 0xC00C, _A, _IN, 0, 4, 127, 0, 0, 1)
        flags = 0x8180 if self._exists else 0x8183  # a response, recursion desired and available; NXDOMAIN
        header = query[:2] + struct.pack(">HHHHH", flags, 1, 1 if record else 0, 0, 0)
        self._socket.sendto(header + query[12:end] + record, address)

    def _close(self):
        self._closing = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", NAME_SERVER)
        self._thread.join(10)
        self._socket.close()


def _question(query):
    """Name and type of the first question, and where it ends (RFC 1035 section 4.1.2)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), int.from_bytes(query[at + 1:at + 3], "big"), at + 5
