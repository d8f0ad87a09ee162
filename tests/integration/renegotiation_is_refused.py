"""A gateway that asks for renegotiation in a TLS 1.2 session, as some do to see a certificate only then."""

import subprocess

from harness import servers
from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, main
from harness.sockets import connect, expect_reset


@case("a gateway that renegotiates, and gives up when that is refused, is told as such")
def renegotiation(case):
    pki = Pki(case)
    # It writes what comes, and takes lines that begin with certain letters for commands.
    gateway = servers.openssl_server(case, pki, "-Verify", "1", "-verify_return_error", "-tls1_2", mode="-state",
                                     stdin=subprocess.PIPE)
    persona = Persona(case, config(pki, gateway=gateway))
    client = connect(persona.address)
    client.sendall(b"a line there\n")
    gateway.process.wait_line("a line there")
    gateway.process.say("r\n")
    expect_reset(client)
    persona.next_close("gateway_reset", error="the gateway wanted to renegotiate the TLS 1.2 session, which is never done")


main()
