"""timeouts.idle resets both sides when nothing moves, and traffic in either direction counts."""

import queue
import threading

from harness.certificates import Pki, end_of
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import TIMEOUT, Server, connect, expect_echo, expect_refused, read_exactly
from harness.tls_peers import OpenSsl


@case("silence is cut, and both sides see a reset")
def silence(case):
    pki = Pki(case)
    ends = queue.Queue()
    gateway = tls_gateway(case, pki.server_context(), lambda connection: ends.put(end_of(connection)))
    persona = Persona(case, config(pki, gateway=gateway, timeouts={"idle": "400ms"}))
    expect_refused(persona.address)
    line = persona.next_close("idle_timeout")
    check("timeouts.idle" in line["error"], "the sentence does not name the setting", line)
    check(350 <= line["duration_ms"] < 5000, "the timeout was not kept", line)
    equal(ends.get(timeout=TIMEOUT), "reset", "what the gateway saw")


@case("traffic keeps it open")
def traffic(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), timeouts={"idle": "1s"}))
    client = connect(persona.address)
    for _ in range(8):
        expect_echo(client)
        threading.Event().wait(0.25)
    client.close()
    persona.next_close("local_closed")


@case("traffic of the gateway alone keeps it open")
def one_way(case):
    pki = Pki(case)

    def trickle(connection):
        for _ in range(8):
            connection.sendall(b"x")
            threading.Event().wait(0.25)
        connection.unwrap()

    gateway = tls_gateway(case, pki.server_context(), trickle)
    persona = Persona(case, config(pki, gateway=gateway, timeouts={"idle": "1s"}))
    client = connect(persona.address)
    equal(read_exactly(client, 8), b"x" * 8, "what the gateway sent")
    client.close()
    persona.next_close()


@case("records without data, such as KeyUpdates, do not keep it open")
def empty_records(case):
    pki = Pki(case)
    sent = []

    def trickle(connection):
        gateway = OpenSsl(pki, connection, server=True).handshake()
        while True:  # until persona resets
            gateway.update_keys()
            sent.append(connection)
            threading.Event().wait(0.05)

    persona = Persona(case, config(pki, gateway=Server(case, trickle, failing=True), timeouts={"idle": "1s"}))
    expect_refused(persona.address)
    persona.next_close("idle_timeout")
    check(len(sent) > 3, "no such records were sent", len(sent))


main()
