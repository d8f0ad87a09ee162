"""A program that stood still (SIGSTOP, a machine that was suspended) for longer than a timeout cuts nobody who was in time:
what waits in the kernel comes first."""

import signal
import socket
import threading

from harness.certificates import Pki, accept_tls
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import echo_tls, tls_gateway
from harness.sockets import Server, connect, expect_echo, expect_reset, read_exactly

# What the program stands still for, and its timeouts.
STANDSTILL, TIMEOUT = 2.5, "1s"


def stand_still(persona, meanwhile=lambda: None):
    """The time that passes is what is tested; nothing is synchronised by it."""
    persona.signal(signal.SIGSTOP)
    meanwhile()
    threading.Event().wait(STANDSTILL)
    persona.signal(signal.SIGCONT)


@case("an open connection with data that waits, and one without")
def idle(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), failing=True),
                                   timeouts={"idle": TIMEOUT}))
    client, silent = connect(persona.address), connect(persona.address)
    for each in (client, silent):
        expect_echo(each)
    stand_still(persona, lambda: client.sendall(b"meanwhile"))
    equal(read_exactly(client, 9), b"meanwhile", "the answer")
    expect_echo(silent)
    # Whoever is silent while the program runs is cut as ever.
    for each in (client, silent):
        expect_reset(each)
    for _ in range(2):
        persona.next_close("idle_timeout")


@case("a half-closed connection whose answer waits")
def half_closed(case):
    pki = Pki(case)
    asked, go = threading.Event(), threading.Event()

    def serve(connection):
        while connection.recv(1 << 16):
            pass
        asked.set()
        go.wait(20)
        connection.sendall(b"answer")
        connection.unwrap()

    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), serve, failing=True),
                                   timeouts={"half_close": TIMEOUT}))
    client = connect(persona.address)
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    check(asked.wait(20), "the gateway saw no end")
    stand_still(persona, go.set)
    equal(read_exactly(client, 6), b"answer", "the answer")
    persona.next_close("local_closed")


def handshake(case, version):
    pki = Pki(case)
    begun, go = threading.Event(), threading.Event()

    def serve(connection):
        read = connection.recv(1, socket.MSG_PEEK)  # the ClientHello
        check(read, "no ClientHello")
        begun.set()
        check(go.wait(20), "the test does not go on")
        echo_tls(accept_tls(pki.server_context(version=version), connection))

    persona = Persona(case, config(pki, gateway=Server(case, serve, failing=True), timeouts={"handshake": TIMEOUT}))
    client = connect(persona.address)
    client.sendall(b"hello")
    check(begun.wait(20), "nobody dials")
    stand_still(persona, go.set)
    equal(read_exactly(client, 5), b"hello", "the answer")
    client.close()
    persona.next_close("local_closed")


@case("a handshake whose answer waits, TLS 1.3")
def handshake_13(case):
    handshake(case, "1.3")


@case("a handshake whose answer waits and is answered again, TLS 1.2")
def handshake_12(case):
    handshake(case, "1.2")


main()
