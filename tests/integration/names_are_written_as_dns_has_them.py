"""Names with a dot at the end, which are absolute, and names with an underscore. The resolver is asked for the former as
they are, SNI and certificates have no such dot; the latter match themselves."""

import os

from harness.certificates import Pki
from harness.machine import NameServer, enter_or_skip
from harness.persona import Persona, cli, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_reset

SEARCHED = "search.test"  # what the system appends to names of one label


class Gateway:
    """For a certificate with one name; notes the SNI of each handshake."""

    def __init__(self, case, pki, name):
        self.asked = []
        context = pki.server_context(pki.ca.issue("named", [name]))
        context.sni_callback = lambda connection, name, context: self.asked.append(name)
        self.port = tls_gateway(case, context, failing=True).address[1]


def start(case, pki, port, name, server_name=None):
    content = config(pki, gateway="unused:1")
    content["gateway"] = {"address": f"{name}:{port}"} | ({"server_name": server_name} if server_name else {})
    path = write_config(case, content)
    check(f"verified as {(server_name or name).rstrip('.')}\n" in cli("check", "--config", path),
          "check does not say as whom the gateway is verified")
    return Persona(case, path)


def expect_served(persona):
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close("local_closed")


@case("gateway: with a dot at the end: for the resolver, not for SNI, nor the certificate")
def absolute_gateway(case):
    server = NameServer(case)
    server.answer()
    pki = Pki(case)
    gateway = Gateway(case, pki, "gateway")
    expect_served(start(case, pki, gateway.port, "gateway."))
    equal(set(server.asked()), {"gateway"}, "what the name server was asked for")
    equal(gateway.asked, ["gateway"], "SNI")


@case("without the dot the resolver searches")
def relative_gateway(case):
    server = NameServer(case)
    server.answer()
    pki = Pki(case)
    gateway = Gateway(case, pki, "gateway")
    expect_served(start(case, pki, gateway.port, "gateway"))
    check(f"gateway.{SEARCHED}" in server.asked(), "the search domain was not asked for", server.asked())


@case("server_name: with a dot at the end is the name without it")
def absolute_server_name(case):
    pki = Pki(case)
    gateway = Gateway(case, pki, "gateway.test")
    expect_served(start(case, pki, gateway.port, "127.0.0.1", "gateway.test."))
    equal(gateway.asked, ["gateway.test"], "SNI")


@case("a name with an underscore matches itself, and no wildcard")
def underscore(case):
    pki = Pki(case)
    gateway = Gateway(case, pki, "my_db.example.test")
    expect_served(start(case, pki, gateway.port, "127.0.0.1", "my_db.example.test"))
    equal(gateway.asked, ["my_db.example.test"], "SNI")
    wildcard = Gateway(case, pki, "*.example.test")
    persona = start(case, pki, wildcard.port, "127.0.0.1", "my_db.example.test")
    expect_reset(connect(persona.address))
    persona.next_close("verify_failed", error="no wildcard stands for a name with an underscore")


os.environ["LOCALDOMAIN"] = SEARCHED  # resolv.conf(5)
enter_or_skip({})
main()
