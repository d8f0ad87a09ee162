"""sd_notify(3): systemd hears when persona is ready, reloads and stops, how it is, and that its loops go on."""

import contextlib
import ctypes
import os
import pathlib
import signal
import time

from harness.certificates import Pki
from harness.notify_socket import NotifySocket
from harness.persona import Persona, config
from harness.rotation import put
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

_EPOLL_WAIT = ("232", "281") if os.uname().machine == "x86_64" else ("22",)  # and epoll_pwait, <asm/unistd.h>
_PTRACE_DETACH, _PTRACE_SEIZE, _PTRACE_INTERRUPT = 17, 0x4206, 0x4207  # <sys/ptrace.h>


def start(case, systemd, watchdog=None, **variables):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, reload={"watch": False}),
                      variables=systemd.variables(watchdog) | {"PERSONA_DUMPABLE": "1"} | variables)
    return pki, persona


def end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def told_ready(systemd):
    equal(systemd.wait("READY"), {"READY": "1", "STATUS": "1 service, 0 connections"}, "the first word")


@case("READY when it listens, STATUS with live figures when they change, STOPPING when it drains")
def life(case):
    systemd = NotifySocket(case)
    _, persona = start(case, systemd)
    equal(systemd.next(), {"READY": "1", "STATUS": "1 service, 0 connections"}, "the first word")
    client = connect(persona.address)
    expect_echo(client)
    equal(systemd.wait("STATUS"), {"STATUS": "1 service, 1 connection"}, "a connection")
    persona.signal(signal.SIGTERM)
    stopping = systemd.wait("STOPPING")
    equal((stopping["STOPPING"], stopping["STATUS"]), ("1", "draining, 1 connection left"), "the drain")
    check(int(stopping["EXTEND_TIMEOUT_USEC"]) > 10_000_000, "time for it", stopping)
    # As long as it drains, the time is asked for anew.
    check(int(systemd.wait("EXTEND_TIMEOUT_USEC")["EXTEND_TIMEOUT_USEC"]) > 10_000_000, "more time")
    client.close()
    persona.wait_stopped()
    check(not any("WATCHDOG" in message for message in systemd.told), "there was no watchdog", systemd.told)


@case("the same at an abstract socket")
def abstract(case):
    systemd = NotifySocket(case, abstract=True)
    _, persona = start(case, systemd, watchdog=30)
    told_ready(systemd)
    equal(systemd.wait("WATCHDOG"), {"WATCHDOG": "1"}, "it is alive")
    persona.signal(signal.SIGTERM)
    systemd.wait("STOPPING")
    persona.wait_stopped()


@case("RELOADING with the time of each order, and READY with the result")
def reloading(case):
    systemd = NotifySocket(case)
    pki, persona = start(case, systemd)
    told_ready(systemd)
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    persona.signal(signal.SIGHUP)
    order = systemd.next()
    equal((order["RELOADING"], order["STATUS"]), ("1", "reloading"), "the order")
    check(before <= int(order["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000, "its time", order)
    equal(systemd.next(), {"READY": "1", "STATUS": "reloaded; 1 service, 0 connections"}, "the result")
    persona.wait_log("reloaded")

    good = pki.client.key.read_bytes()
    put(pki.client.key, b"nonsense")
    persona.signal(signal.SIGHUP)
    check("RELOADING" in systemd.next(), "the second order")
    result = systemd.next()
    equal(result["READY"], "1", "what is in use stays")
    check(result["STATUS"].startswith("the reload is refused: ") and "client.key" in result["STATUS"], "why", result)
    put(pki.client.key, good)
    persona.signal(signal.SIGHUP)
    check("RELOADING" in systemd.next(), "the third order")
    equal(systemd.next()["STATUS"], "reloaded; 1 service, 0 connections", "mended")


@case("why it does not start")
def refused(case):
    systemd = NotifySocket(case)
    persona = Persona(case, config(Pki(case), gateway="127.0.0.1:1", gatway="127.0.0.1:1"), is_ready=False, variables=systemd.variables())
    persona.wait_stopped(code=2)
    status = systemd.next()["STATUS"]
    check('unknown key "gatway"' in status, "the reason", status)
    check(not any("READY" in message for message in systemd.told + systemd.drain()), "it was never ready", systemd.told)


@case("a NOTIFY_SOCKET that is none is told of, and persona serves")
def no_socket(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context())),
                      variables={"NOTIFY_SOCKET": "vsock:2:1234"})
    check(any("NOTIFY_SOCKET" in line and "systemd is told nothing" in line for line in persona.lines), "the sentence",
          persona.tail())


@case("MAINPID when another process takes over, which is the service from then on")
def replaced(case):
    systemd = NotifySocket(case)
    _, persona = start(case, systemd, watchdog=30, RUNTIME_DIRECTORY=str(case.folder))
    told_ready(systemd)
    held = connect(persona.address)
    expect_echo(held)
    persona.signal(signal.SIGUSR2)
    # The word of another process counts for nothing before systemd has been told who it is.
    systemd.wait("READY")
    following = int(systemd.wait("MAINPID")["MAINPID"])
    case.defer(end, following)
    check(following != persona.pid, "who the service is now", following)
    expect_echo(held)
    systemd.drain()
    with connect(persona.address) as client:
        expect_echo(client)
        equal(systemd.wait("STATUS"), {"STATUS": "1 service, 1 connection"}, "that of the new one")
    held.close()
    persona.wait_log("stopped")
    told = systemd.drain()
    check(not any("STOPPING" in message for message in told), "the old one says that the service ends", told)
    os.kill(following, signal.SIGTERM)
    check("STOPPING" in systemd.wait("STOPPING"), "the new one does")
    persona.wait_log("stopped", count=2)


class FrozenThread:
    """One thread of another process stands still, as if it hung; the others go on (ptrace(2))."""

    def __init__(self, thread):
        self._thread = thread
        self._call(_PTRACE_SEIZE)
        self._call(_PTRACE_INTERRUPT)
        os.waitpid(thread, 0x40000000)  # __WALL: it stands

    def thaw(self):
        self._call(_PTRACE_DETACH)

    def _call(self, request):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        libc.ptrace.restype = ctypes.c_long
        if libc.ptrace(request, self._thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace: {os.strerror(ctypes.get_errno())}")


def loops(persona):
    """The threads that wait for events."""
    waiting = []
    for task in pathlib.Path(f"/proc/{persona.pid}/task").iterdir():
        if (task / "syscall").read_text().split()[0] in _EPOLL_WAIT:
            waiting.append(int(task.name))
    return waiting


@case("WATCHDOG only while every loop goes on: one that hangs is enough to stop it")
def watchdog(case):
    systemd = NotifySocket(case)
    _, persona = start(case, systemd, watchdog=0.4)
    told_ready(systemd)
    for _ in range(3):
        equal(systemd.wait("WATCHDOG"), {"WATCHDOG": "1"}, "it is alive")
    deadline = time.monotonic() + 20
    while len(others := [thread for thread in loops(persona) if thread != persona.pid]) != 1:
        check(time.monotonic() < deadline, "there is one loop besides the main one", others)
    hung = FrozenThread(others[0])
    # The main loop goes on meanwhile: it accepts, and says how it is. What was answered before is told by then.
    with connect(persona.address):
        equal(systemd.wait("STATUS"), {"STATUS": "1 service, 1 connection"}, "the main loop goes on")
        systemd.drain()
        with connect(persona.address):
            equal(systemd.next(), {"STATUS": "1 service, 2 connections"}, "nothing else is said")
            hung.thaw()
            systemd.wait("WATCHDOG")
            systemd.wait("WATCHDOG")


main()
