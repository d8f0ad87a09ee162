"""Whatever keeps a connection of a Unix client open, it ends after the same time and in the same word as over TCP."""

import socket

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

SHORT = {"idle": "500ms", "half_close": "500ms"}


def silent(client):
    expect_echo(client)


def urgent(client):
    """A byte that the system marks as urgent is the last that comes."""
    expect_echo(client)
    client.send(b"!", socket.MSG_OOB)


def never_sends(_client):
    pass


def only_urgent(client):
    client.send(b"!", socket.MSG_OOB)


def half_closed(client):
    expect_echo(client)
    client.shutdown(socket.SHUT_WR)


def half_closed_urgent(client):
    client.send(b"!", socket.MSG_OOB)
    client.shutdown(socket.SHUT_WR)


def reads_no_more(client):
    client.shutdown(socket.SHUT_RD)


def does_not_read(client):
    """What comes back fills all buffers."""
    client.settimeout(0.5)
    try:
        while True:
            client.sendall(b"x" * (1 << 16))
    except OSError:  # it is full, or has been cut already
        pass


def stubborn(connection):
    """A gateway that answers, but never ends."""
    while part := connection.recv(1 << 16):
        connection.sendall(part)
    return connection


HABITS = {
    silent: "idle_timeout", urgent: "idle_timeout", never_sends: "idle_timeout", only_urgent: "idle_timeout",
    reads_no_more: "idle_timeout", does_not_read: "idle_timeout", half_closed: "half_close_timeout",
    half_closed_urgent: "half_close_timeout",
}


def ends(case, habit, listen):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), stubborn, failing=True)
    persona = Persona(case, config(pki, gateway=gateway, timeouts=SHORT, listen=listen))
    client = connect(persona.address)
    habit(client)
    persona.next_close(HABITS[habit])
    client.close()


for each in HABITS:
    for where in ("tcp", "unix"):
        case(f"{each.__name__}, {where}")(lambda running, habit=each, where=where: ends(
            running, habit, "127.0.0.1:0" if where == "tcp" else f"unix:{running.folder}/entrance"))


main()
