"""Dialling that fails: what is said, what the client sees, and that a client who leaves cancels it."""

import socket

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import black_hole, connect, expect_echo, expect_refused, expect_reset, refused_address, reset, text


def start(case, address, **more):
    """Dialling `address`, verified as the name of the test's gateway."""
    return Persona(case, config(Pki(case), gateway=address, **more))


@case("connection refused")
def refused(case):
    with refused_address() as address:
        persona = start(case, text(address))
        expect_refused(persona.address, b"hello")
        line = persona.next_close("dial_failed", error=f"cannot connect to {text(address)}: connection refused")
        equal((line["bytes_up"], line["bytes_down"]), (0, 0), "logged bytes")


@case("a name that does not exist", deadline=90)
def unknown_name(case):
    # RFC 6761 section 6.4: .invalid never resolves. Without DNS the resolver may take its time to say so.
    persona = start(case, "nobody.invalid:5433", timeouts={"connect": "30s"})
    client = connect(persona.address, timeout=60)
    expect_reset(client)
    persona.next_close("dial_failed", error="nobody.invalid", timeout=60)


@case("no answer within timeouts.connect")
def no_answer(case):
    address = text(black_hole(case))
    persona = start(case, address, timeouts={"connect": "400ms"})
    expect_refused(persona.address)
    line = persona.next_close("dial_timeout", error="timeouts.connect")
    check(350 <= line["duration_ms"] < 5000, "the timeout was not kept", line)


@case("a client that leaves while we dial cancels the dial")
def client_leaves(case):
    persona = start(case, text(black_hole(case)))
    connect(persona.address).close()
    line = persona.next_close("local_closed")
    check(line["duration_ms"] < 5000, "the dial was not cancelled", line)


@case("a client that resets while we dial, with data under way or without, cancels the dial")
def client_resets(case):
    persona = start(case, text(black_hole(case)))
    reset(connect(persona.address))
    persona.next_close("local_reset")
    for _ in range(5):
        client = connect(persona.address)
        client.sendall(b"hello")
        reset(client)
        line = persona.next_close("local_reset")
        check(line["duration_ms"] < 5000, "the dial was not cancelled", line)


@case("nothing is dialled without a client")
def lazy(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    Persona(case, config(pki, gateway=gateway)).stop()
    equal(gateway.accepted, 0, "connections without a client")


@case("a gateway that comes back is used again")
def comes_back(case):
    pki = Pki(case)
    with refused_address() as address:
        persona = Persona(case, config(pki, gateway=text(address)))
        expect_refused(persona.address)
        persona.next_close("dial_failed")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen()
    tls_gateway(case, pki.server_context(), listener=listener)
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close("local_closed")


main()
