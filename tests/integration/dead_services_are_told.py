"""`protocol:`: the gateway is there, and the service behind it is not. What databases' clients print says so, whatever the
gateway is; a persona that knows the protocol names the service."""

import socket

from harness.certificates import Pki
from harness.database_clients import PROTOCOLS, facades, told
from harness.persona import CLEAN, Persona, config
from harness.runner import case, check, main
from harness.servers import haproxy, tls_gateway
from harness.sockets import connect, expect_end, refused_address, text

UNANSWERED = "it ended the connection without an answer"
BEHIND = "Is the service behind it running?"


@case("HAProxy, whose server is down")
def behind_haproxy(case):
    pki = Pki(case)
    gateway = haproxy(case, pki, case.folder / "nobody")
    persona = facades(case, lambda protocol: config(pki, gateway=gateway, protocol=protocol))
    told(case, persona, "gateway_closed", f"persona cannot reach the gateway {gateway}: {UNANSWERED}", BEHIND, "lost")


@case("persona, which does not know what is spoken")
def behind_persona(case):
    pki = Pki(case)
    with refused_address() as address:
        gateway = Persona(case, config(pki, service=text(address)), "gateway")
        persona = facades(case, lambda protocol: config(pki, gateway=gateway, protocol=protocol))
        told(case, persona, "gateway_reset", f"persona cannot reach the gateway {gateway}: {UNANSWERED}", BEHIND, "lost")


@case("persona, which knows it and names the service; the near one need not")
def behind_one_that_tells(case):
    pki = Pki(case)
    with refused_address() as address:
        gateway = facades(case, lambda protocol: config(pki, service=text(address), protocol=protocol), "gateway")
        for name, more in (("facades", lambda protocol: {"protocol": protocol}), ("pipes", lambda _: {})):
            persona = facades(case, lambda protocol: config(
                pki, gateway=f"127.0.0.1:{gateway.ports[protocol]}", **more(protocol)), name)
            told(case, persona, "dial_failed", "persona cannot reach the service {protocol}: it cannot be connected to",
                 "Is it running?", logged="the gateway's", logging=gateway)
            check(set(persona.closed) <= CLEAN, "no clean end", persona.closed)


@case("a gateway that is quicker than its client")
def quicker(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), lambda connection: connection.unwrap(), failing=True)
    persona = Persona(case, config(pki, gateway=gateway, protocol="redis"))
    with connect(persona.address) as client:
        line = persona.next_close("gateway_closed")
        client.sendall(b"PING\r\n")
        expect_end(client, f"-ERR persona cannot reach the gateway {gateway}: {UNANSWERED} (connection {line['id']} in its "
                           f"log). {BEHIND}\r\n".encode())


@case("who ends before it has asked for anything is not told, and that is an ordinary end")
def never_asked(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    for protocol in PROTOCOLS:
        persona = Persona(case, config(pki, gateway=gateway, protocol=protocol), protocol)
        with connect(persona.address) as client:
            persona.wait_log("connection open")
            client.shutdown(socket.SHUT_WR)
            expect_end(client)
        check("error" not in persona.next_close("local_closed"), "it is a failure in the log")


main()
