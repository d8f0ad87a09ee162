"""A connection that was reset before it was accepted is an error of accept() on Windows. It is nobody else's."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, reset


@case("the listener goes on")
def goes_on(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), failing=True)))
    for _ in range(50):
        for client in [connect(persona.address) for _ in range(4)]:
            reset(client)
    with connect(persona.address) as client:
        expect_echo(client)
    check(not any("cannot accept" in line for line in persona.lines), "the listener rested", persona.tail())
    persona.stop()


main()
