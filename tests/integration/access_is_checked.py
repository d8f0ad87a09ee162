"""access.allow decides which client addresses may connect."""

import socket

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, equal, main
from harness.servers import tls_gateway
from harness.sockets import TIMEOUT, expect_echo, expect_refused


@case("an address that is not allowed is reset before anything is dialled")
def denied(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, access={"allow": ["127.0.0.2/32", "10.0.0.0/8"]}))
    expect_refused(persona.address)
    persona.next_close("access_denied", error="client address 127.0.0.1 is not in access.allow")
    equal(gateway.accepted, 0, "connections to the gateway")
    with socket.create_connection(persona.address, TIMEOUT, source_address=("127.0.0.2", 0)) as client:
        expect_echo(client)
    persona.next_close("local_closed")


main()
