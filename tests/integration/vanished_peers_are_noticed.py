"""A peer that vanishes, as a machine without power does, is noticed after tcp.user_timeout on every leg; one that is there
but does not read is left in peace, however long that takes."""

import subprocess
import threading

from harness.certificates import Pki
from harness.machine import enter_or_skip
from harness.persona import Persona, config, pair
from harness.runner import case, check, equal, main, need
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, expect_reset, listen_at, read_exactly

ELSEWHERE = "10.9.9.9"
SHORT = {"keepalive": "0s", "user_timeout": "1s"}


def ip(*arguments):
    subprocess.run([need("ip"), *arguments], check=True, stdin=subprocess.DEVNULL)


class OtherMachine:
    """An address that is there until it vanishes: then nothing comes from it or gets to it any more."""

    def __init__(self, case):
        self._case = case
        self._is_there = True
        ip("address", "add", f"{ELSEWHERE}/32", "dev", "lo")
        case.defer(self._end)

    def vanish(self):
        self._is_there = False
        ip("address", "del", f"{ELSEWHERE}/32", "dev", "lo")
        ip("route", "add", "blackhole", f"{ELSEWHERE}/32")

    def _end(self):
        if self._is_there:
            ip("address", "del", f"{ELSEWHERE}/32", "dev", "lo")
        else:
            ip("route", "del", "blackhole", f"{ELSEWHERE}/32")


def pause(seconds):
    """The time that something is to outlast; nothing is synchronised by it."""
    threading.Event().wait(seconds)


def timed_out(line):
    check("timed out" in line["error"], "the sentence does not say why", line)


@case("the gateway, with data under way")
def gateway(case):
    machine = OtherMachine(case)
    pki = Pki(case)
    far = tls_gateway(case, pki.server_context(), listener=listen_at(ELSEWHERE), failing=True)
    persona = Persona(case, config(pki, gateway=far, tcp=SHORT))
    client = connect(persona.address)
    expect_echo(client)
    machine.vanish()
    client.sendall(b"into the void")
    timed_out(persona.next_close("gateway_reset"))
    expect_reset(client)


@case("the service behind a gateway, with data under way")
def service(case):
    machine = OtherMachine(case)
    near, far = pair(case, Pki(case), Server(case, echo, listen_at(ELSEWHERE), failing=True), gateway={"tcp": SHORT})
    client = connect(near.address)
    expect_echo(client)
    machine.vanish()
    client.sendall(b"into the void")
    timed_out(far.next_close("local_reset"))
    expect_reset(client)


@case("a client, with data under way to it")
def client(case):
    machine = OtherMachine(case)
    pki = Pki(case)
    ready = threading.Event()

    def serve(connection):
        connection.sendall(b"hello")
        ready.wait(20)
        connection.sendall(b"into the void")
        return connection

    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), serve), tcp=SHORT,
                                   listen=f"{ELSEWHERE}:0", unsafe_listen=True, access={"allow": [f"{ELSEWHERE}/32"]}))
    client = connect(persona.address)
    read_exactly(client, 5)
    machine.vanish()
    ready.set()
    timed_out(persona.next_close("local_reset"))
    client.close()


@case("a gateway, while nothing is under way: the kernel asks for it")
def idle(case):
    machine = OtherMachine(case)
    pki = Pki(case)
    far = tls_gateway(case, pki.server_context(), listener=listen_at(ELSEWHERE), failing=True)
    persona = Persona(case, config(pki, gateway=far, tcp={"keepalive": "1s", "user_timeout": "2s"}))
    client = connect(persona.address)
    expect_echo(client)
    machine.vanish()
    timed_out(persona.next_close("gateway_reset"))
    expect_reset(client)


def flood(connection):
    """More than all buffers on the way take, and then the end."""
    connection.sendall(b"x" * (1 << 25))


@case("a client that is there but does not read gets everything in the end", deadline=120)
def does_not_read(case):
    near, far = pair(case, Pki(case), Server(case, flood), persona={"tcp": SHORT}, gateway={"tcp": SHORT})
    with connect(near.address) as client:
        read_exactly(client, 1)
        pause(6)
        check(not near.closed and not far.closed, "it was cut", near.tail(), far.tail())
        equal(len(read_exactly(client, (1 << 25) - 1)), (1 << 25) - 1, "bytes")
    far.next_close()
    near.next_close()


@case("a client that does not read and then vanishes is noticed")
def does_not_read_and_vanishes(case):
    machine = OtherMachine(case)
    pki = Pki(case)

    def serve(connection):
        flood(connection)
        return connection

    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), serve, failing=True), tcp=SHORT,
                                   listen=f"{ELSEWHERE}:0", unsafe_listen=True, access={"allow": [f"{ELSEWHERE}/32"]}))
    client = connect(persona.address)
    read_exactly(client, 1)
    pause(3)  # its window closes
    check(not persona.closed, "it was cut", persona.tail())
    machine.vanish()
    timed_out(persona.next_close("local_reset"))
    client.close()


enter_or_skip({})
main()
