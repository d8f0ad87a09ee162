"""limits.max_age: connections that are old enough end, in an orderly way if there is a quiet moment, else they are cut."""

import json
import queue
import signal
import threading

from harness.certificates import Pki, end_of
from harness.persona import Persona, config, pair, write_config
from harness.rotation import put
from harness.runner import Failure, case, check, equal, main
from harness.servers import echo_tls, tls_gateway
from harness.sockets import (TIMEOUT, Server, connect, echo, expect_echo, expect_end, expect_refused, expect_reset, hold,
                             read_to_end)

YOUNG = {"max_age": "3s"}
ORDERLY = "it is as old as limits.max_age allows (3s)"


def opened(persona):
    """A client whose connection was open in time, on a machine that may be too busy for that."""
    for _ in range(10):
        client = connect(persona.address)
        try:
            expect_echo(client)
            return client
        except ConnectionResetError:
            client.close()
    raise Failure("no connection is open before it is too old")


def expect_orderly(persona):
    """The line of the connection that rested."""
    line = persona.wait_log("connection closed", reason="max_age", error=ORDERLY)
    check(line["duration_ms"] >= 2700, "it ended before a tenth less than its time", line)
    equal((line["bytes_up"], line["bytes_down"]), (5, 5), "bytes")


@case("mode persona: a connection that rests is ended, and both sides see it")
def rests(case):
    pki = Pki(case)
    ends = queue.Queue()

    def serve(connection):
        connection.sendall(connection.recv(100))
        ends.put(end_of(connection))

    gateway = tls_gateway(case, pki.server_context(), serve, failing=True)
    persona = Persona(case, config(pki, gateway=gateway, limits=YOUNG))
    expect_end(opened(persona))
    while (end := ends.get(timeout=TIMEOUT)) != "close_notify":
        equal(end, "reset", "what the gateway saw of one that was not open in time")
    expect_orderly(persona)


@case("mode gateway does the same, and persona in front of it passes the end on")
def gateway_rests(case):
    pki = Pki(case)
    near, far = pair(case, pki, Server(case, echo, failing=True), gateway={"limits": YOUNG})
    expect_end(opened(near))
    expect_orderly(far)
    near.wait_log("connection closed", reason="gateway_closed")


@case("a client that does not look is not waited for, and finds the end when it does")
def sleeps(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    persona = Persona(case, config(pki, gateway=gateway, limits=YOUNG))
    clients = [opened(persona) for _ in range(5)]
    persona.wait_log("connection closed", count=5, error=ORDERLY)
    for client in clients:
        expect_end(client)


@case("one that never rests is cut a tenth later, and the client sees a reset")
def never_rests(case):
    pki = Pki(case)

    def pour(connection):
        while True:
            connection.sendall(bytes(1 << 16))

    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), pour, failing=True), limits=YOUNG))
    client = connect(persona.address)
    try:
        while client.recv(1 << 16):
            threading.Event().wait(0.005)  # slower than the gateway, so that there is always something on its way
        raise Failure("the client saw a clean end instead of a reset")
    except ConnectionResetError:
        pass
    line = persona.next_close("max_age")
    check(line["bytes_down"] > 1 << 20, "nothing was moving", line)
    check("was cut, because data has been moving without a pause since" in line["error"], "sentence", line)
    check(line["duration_ms"] >= 3000, "it was cut before its time", line)


@case("a client that does not read what it has asked for is reset as well: what it has is not all")
def does_not_read(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), lambda connection: connection.sendall(bytes(1 << 26)), failing=True)
    persona = Persona(case, config(pki, gateway=gateway, limits=YOUNG))
    client = connect(persona.address)
    persona.next_close("max_age")
    expect_reset(client)


@case("one that is not open by then is cut: a gateway that does not shake hands, a client that does not")
def not_open(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=Server(case, hold), limits=YOUNG))
    expect_refused(persona.address)
    check("was not open yet" in persona.next_close("max_age")["error"], "sentence")
    far = Persona(case, config(pki, service=Server(case, echo), limits=YOUNG), "far")
    expect_refused(far.address)
    check("was not open yet" in far.next_close("max_age")["error"], "sentence")


@case("a client that waits for its answer is told in its protocol")
def waits(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), hold)
    persona = Persona(case, config(pki, gateway=gateway, protocol="redis", limits=YOUNG))
    with connect(persona.address) as client:
        client.sendall(b"PING\r\n")
        received, _ = read_to_end(client)
    check(received.startswith(b"-ERR persona has ended a connection to the gateway"), "answer", received)
    persona.next_close("max_age")


@case("a reload sets it for the connections that are made from then on")
def reload(case):
    pki = Pki(case)
    content = config(pki, gateway=tls_gateway(case, pki.server_context(), failing=True))
    file = write_config(case, content)
    persona = Persona(case, file)
    old = connect(persona.address)
    expect_echo(old)
    put(file, json.dumps({**content, "limits": YOUNG}).encode())
    persona.wait_log("reloaded", changed=True)
    expect_end(opened(persona))
    persona.wait_log("connection closed", error=ORDERLY)
    expect_echo(old, b"still here")
    old.close()
    persona.wait_log("connection closed", reason="local_closed")


@case("it ends connections that a drain waits for")
def drains(case):
    pki = Pki(case)
    near, _ = pair(case, pki, Server(case, echo, failing=True), persona={"limits": YOUNG})
    client = opened(near)
    near.signal(signal.SIGTERM)
    expect_end(client)
    near.wait_stopped()
    near.wait_log("connection closed", error=ORDERLY)


main()
