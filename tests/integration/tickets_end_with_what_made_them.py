"""A ticket is good for the gateway, the name and the process it came from: whoever restarted does a full handshake,
and no connection fails for it."""

import signal

from harness import servers
from harness.certificates import Pki
from harness.persona import Persona, config, write_config
from harness.runner import case, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, expect_refused, listen, reserve_port


def resumed(persona, peer="CN=gateway"):
    """One connection that works, and whether it was a resumed one."""
    with connect(persona.address) as client:
        expect_echo(client)
    line = persona.next_close()
    equal(line["peer"], peer, "the peer")
    return line["resumed"]


@case("the gateway has new ticket keys: HAProxy restarted")
def haproxy_restarted(case):
    pki = Pki(case)
    path, _ = servers.unix_server(case, echo, failing=True)
    with listen() as listener:
        gateway = servers.haproxy(case, pki, path, listener=listener)
        persona = Persona(case, config(pki, gateway=gateway))
        equal([resumed(persona) for _ in range(3)], [False, True, True], "before")
        gateway.process.signal(signal.SIGTERM)
        gateway.process.wait()
        again = servers.haproxy(case, pki, path, listener=listener)
        equal([resumed(persona) for _ in range(3)], [False, True, True], "after")
        again.process.wait_until(lambda: "resumed=1" in again.process.lines[-1], "the gateway's word")
    persona.stop()
    equal(len(persona.find("connection closed", reason="handshake_failed")), 0, "failed connections")


@case("the gateway has new ticket keys, in TLS 1.2: the next connection offers every version again")
def old_haproxy_restarted(case):
    pki = Pki(case)
    path, _ = servers.unix_server(case, echo, failing=True)
    with listen() as listener:
        gateway = servers.haproxy(case, pki, path, tls="1.2", listener=listener)
        persona = Persona(case, config(pki, gateway=gateway))
        equal([resumed(persona) for _ in range(3)], [False, True, True], "before")
        gateway.process.signal(signal.SIGTERM)
        gateway.process.wait()
        servers.haproxy(case, pki, path, tls="1.2", listener=listener)
        equal([resumed(persona) for _ in range(3)], [False, False, True], "after")
    persona.stop()
    equal(len(persona.find("connection closed", reason="handshake_failed")), 0, "failed connections")


@case("the gateway has new ticket keys: persona's gateway mode restarted")
def persona_gateway_restarted(case):
    pki = Pki(case)
    holder, address = reserve_port()
    case.defer(holder.close)
    content = config(pki, service=Server(case, echo), listen=f"127.0.0.1:{address[1]}")
    first = Persona(case, content, "first")
    persona = Persona(case, config(pki, gateway=first))
    equal([resumed(persona) for _ in range(3)], [False, True, True], "before")
    first.stop()
    second = Persona(case, content, "second")
    equal([resumed(persona) for _ in range(3)], [False, True, True], "after")
    equal([second.next_close("gateway_closed")["resumed"] for _ in range(3)], [False, True, True], "the gateway's word")


@case("many tickets of a gateway that restarted cost no connection")
def many_stale(case):
    pki = Pki(case)
    holder, address = reserve_port()
    case.defer(holder.close)
    content = config(pki, service=Server(case, echo, failing=True), listen=f"127.0.0.1:{address[1]}")
    first = Persona(case, content, "first")
    persona = Persona(case, config(pki, gateway=first))
    for name in ("second", "third"):
        clients = [connect(persona.address) for _ in range(20)]
        for client in clients:
            expect_echo(client)  # so that each has brought its tickets
        for client in clients:
            client.close()
        for _ in clients:
            equal(persona.next_close("local_closed")["peer"], "CN=gateway", "the peer")
        first.stop()
        first = Persona(case, content, name)
    equal([resumed(persona) for _ in range(2)], [False, True], "after")


@case("persona restarted: it keeps nothing")
def persona_restarted(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(version="1.3"))
    for name in ("first", "second"):
        persona = Persona(case, config(pki, gateway=gateway), name)
        equal([resumed(persona) for _ in range(2)], [False, True], name)
        persona.stop()


@case("another server_name or another gateway: other tickets")
def other_name(case):
    pki = Pki(case)
    names = [Pki.GATEWAY_NAME, "other.test"]
    credential = pki.ca.issue("gateway", names)
    # Both share the ticket keys, so that only persona keeps their tickets apart.
    context = pki.server_context(credential, version="1.3")
    gateways = [tls_gateway(case, context) for _ in range(2)]
    folder = case.folder / "services"
    folder.mkdir()
    services = [(name, gateway) for name in names for gateway in gateways]
    for number, (name, gateway) in enumerate(services):
        content = config(pki, gateway=gateway)
        content["gateway"]["server_name"] = name
        write_config(case, content, f"services/service-{number}")
    persona = Persona(case, folder)
    lines = sorted(persona.listening(), key=lambda line: line["service"])
    equal(len(lines), len(services), "services")
    for expected in (False, True):
        for line in lines:
            host, port = line["address"].rsplit(":", 1)
            with connect((host, int(port))) as client:
                expect_echo(client)
            equal(persona.next_close("local_closed")["resumed"], expected, f"{line['service']}: resumed")


@case("the addresses of one gateway have tickets of their own")
def other_address(case):
    pki = Pki(case)
    context = pki.server_context(version="1.3")
    first, second = (tls_gateway(case, context) for _ in range(2))
    persona = Persona(case, config(pki, gateway=[first, second]))
    equal([resumed(persona) for _ in range(2)], [False, True], "the first address")
    first.stop()
    equal([resumed(persona) for _ in range(2)], [False, True], "the second address")


@case("who cannot prove the old session has to prove who it is")
def cannot_prove(case):
    pki = Pki(case)
    contexts = [pki.server_context(version="1.3"),
                pki.server_context(pki.other_ca.issue("gateway", [Pki.GATEWAY_NAME]), version="1.3")]

    def serve(connection):
        servers.echo_tls(contexts[0].wrap_socket(connection, server_side=True, suppress_ragged_eofs=False))

    persona = Persona(case, config(pki, gateway=Server(case, serve, failing=True)))
    equal([resumed(persona) for _ in range(2)], [False, True], "before")
    contexts.pop(0)
    for _ in range(3):
        expect_refused(persona.address, b"secret")
        persona.next_close("verify_failed", error="CN=Other CA, which trust.ca does not contain")


main()
