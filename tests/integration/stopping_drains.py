"""SIGTERM and SIGINT let live connections finish and refuse new ones; impatience cuts what is left."""

import signal

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_reset, wait_refusing


def start(case, **more):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), failing=True), **more))
    client = connect(persona.address)
    expect_echo(client)
    return persona, client


def drains(case, number):
    persona, client = start(case)
    persona.signal(number)
    equal(persona.wait_log("draining")["connections"], 1, "live connections")
    wait_refusing(persona.address)
    expect_echo(client, b"still here")
    client.close()
    persona.next_close("local_closed")
    persona.wait_stopped(cut=0, code=0)


@case("SIGTERM: the live connection finishes, new ones are refused")
def terminate(case):
    drains(case, signal.SIGTERM)


@case("SIGINT does the same")
def interrupt(case):
    drains(case, signal.SIGINT)


@case("a second SIGTERM forces")
def forced(case):
    persona, client = start(case)
    persona.signal(signal.SIGTERM)
    persona.wait_log("draining")
    persona.signal(signal.SIGTERM)
    expect_reset(client)
    persona.next_close("shutdown")
    persona.wait_stopped(cut=1, code=1)


@case("timeouts.shutdown cuts what has not finished")
def impatient(case):
    persona, client = start(case, timeouts={"shutdown": "400ms"})
    persona.signal(signal.SIGTERM)
    expect_reset(client)
    persona.next_close("shutdown")
    persona.wait_stopped(cut=1, code=0)


@case("without connections it stops at once")
def idle(case):
    persona, client = start(case)
    client.close()
    persona.next_close("local_closed")
    persona.stop()


main()
