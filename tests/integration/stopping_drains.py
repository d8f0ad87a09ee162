"""SIGTERM and SIGINT let live connections finish and refuse new ones; impatience cuts what is left."""

import signal

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import TIMEOUT, connect, expect_echo, expect_reset, wait_refusing

COUNTS_AS_ONE = "told to stop twice at once, which counts as once; once more ends all connections"


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


@case("a later SIGTERM forces")
def forced(case):
    persona, client = start(case)
    persona.signal(signal.SIGTERM)
    persona.wait_log("draining")
    persona.force()
    expect_reset(client)
    persona.next_close("shutdown")
    persona.wait_stopped(cut=1, code=1)


@case("two at once, as timeout(1) sends to its child and to the group, count as one")
def twice(case):
    persona, client = start(case)
    # Both are pending when it continues.
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
        persona.signal(number)
    persona.wait_log(COUNTS_AS_ONE)
    equal(persona.find("draining")[0]["connections"], 1, "live connections")
    expect_echo(client, b"still here")
    client.close()
    persona.next_close("local_closed")
    persona.wait_stopped(cut=0, code=0)
    check(not persona.find("forced to stop"), "it was forced")


@case("without connections it is not killed by the second one either")
def twice_idle(case):
    pki = Pki(case)
    for _ in range(10):
        persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context())))
        persona.signal(signal.SIGTERM)
        persona.wait_log("draining")
        while persona.running():  # until it has ended, whatever it is at
            persona.signal(signal.SIGTERM)
        # Signals without end may keep a busy machine from stopping within the second in which they count as one.
        persona.wait(timeout=TIMEOUT)
        persona.wait_stopped(cut=0, code=1 if persona.find("forced to stop") else 0)
        check(len(persona.find(COUNTS_AS_ONE)) <= 1, "it was told more than once", persona.tail())


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
