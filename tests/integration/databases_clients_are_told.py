"""`protocol:`: what a database's own client prints when there is no session to be had names persona, the gateway and the
cause, and quotes the id by which the log has the rest."""

import threading

from harness.certificates import Pki
from harness.database_clients import CLIENTS, PROTOCOLS, facades, pgjdbc, printed, psql, told
from harness.persona import CLEAN, Persona, config
from harness.runner import case, check, equal, main
from harness.servers import PostgreSql, haproxy, tls_gateway
from harness.sockets import Server, connect, expect_echo, hold, refused_address, text


def unreachable(case, pki, gateway, reason, cause, hint, clients=CLIENTS, **more):
    """All eight are told so."""
    persona = facades(case, lambda protocol: config(pki, gateway=gateway, protocol=protocol, **more))
    told(case, persona, reason, f"persona cannot reach the gateway {gateway}: {cause}", hint, clients=clients)


@case("the gateway is down")
def down(case):
    with refused_address() as address:
        unreachable(case, Pki(case), text(address), "dial_failed", "it cannot be connected to",
                    "Is it running, and may persona's machine reach it?")


@case("its certificate has expired")
def expired(case):
    pki = Pki(case)
    context = pki.server_context(pki.ca.issue("gateway", [pki.GATEWAY_NAME], expired=True))
    unreachable(case, pki, tls_gateway(case, context, failing=True), "verify_failed", "its certificate has expired",
                "Have it renewed by whoever runs the gateway.")


@case("it refuses our certificate in TLS 1.2")
def refused_12(case):
    refused(case, "1.2")


@case("it refuses our certificate in TLS 1.3")
def refused_13(case):
    refused(case, "1.3")


def refused(case, version):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(ca=pki.other_ca, version=version), failing=True)
    unreachable(case, pki, gateway, "client_certificate_refused", "it refuses persona's certificate",
                "Has it expired, or does the gateway not trust its issuer?")


@case("its certificate is for another name")
def other_name(case):
    pki = Pki(case)
    context = pki.server_context(pki.ca.issue("gateway", ["other.test"]))
    unreachable(case, pki, tls_gateway(case, context, failing=True), "verify_failed", "its certificate is for another name",
                "Is gateway: in persona's configuration the right one?")


@case("its name cannot be resolved")
def unresolved(case):
    unreachable(case, Pki(case), "nobody.invalid:5433", "dial_failed", "its name cannot be resolved",
                "Is it written correctly in persona's configuration?")


@case("it never finishes the handshake")
def silent(case):
    # A client has as long as the gateway had until it listens, which is short for Java on a busy machine.
    quick = {name: client for name, client in CLIENTS.items() if name != "pgjdbc"}
    unreachable(case, Pki(case), Server(case, hold), "handshake_timeout", "the TLS handshake took too long",
                "Is it a TLS port?", quick, timeouts={"handshake": "2s"})


@case("a limit is reached")
def limited(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona = facades(case, lambda protocol: config(pki, gateway=gateway, protocol=protocol, limits={"connections": 1}))
    for port in persona.ports.values():
        first = connect(("127.0.0.1", port))
        case.defer(first.close)
        expect_echo(first, b"GET / HTTP/1.1\r\n\r\n")
    told(case, persona, "limit_reached", f"persona takes no more connections to the gateway {gateway} now",
         "Close some that are not needed, or raise limits: in its configuration.", "limit")


@case("it drains while they wait for the gateway")
def drained(case):
    came = threading.Semaphore(0)
    gateway = Server(case, lambda connection: came.release() or hold(connection))
    pki = Pki(case)
    persona = facades(case, lambda protocol: config(pki, gateway=gateway, protocol=protocol,
                                                    timeouts={"handshake": "60s", "shutdown": "3s"}))

    def stop():
        for _ in CLIENTS:
            check(came.acquire(timeout=40), "not every client came", gateway.accepted)
        persona.stop(cut=None)

    told(case, persona, "shutdown", f"persona is being stopped, and had not reached the gateway {gateway} yet",
         "Connect again later.", "stopping", meanwhile=stop)


@case("psql with its default settings: one TLS layer, one connection for each session, and a clean end", deadline=150)
def prefers(case):
    pki = Pki(case)
    postgresql = PostgreSql(case)
    gateway = haproxy(case, pki, postgresql.socket)
    persona = Persona(case, config(pki, gateway=gateway, protocol="postgresql"))
    port = persona.address[1]
    for _ in range(3):
        equal(printed(case, psql()(port)), "1\n", "the answer")
        line = persona.next_close(CLEAN)  # psql says goodbye and leaves, upon which the server leaves too
        check(line["bytes_up"] < 300, "more than a session in the clear needs", line)
    equal(len(persona.find("connection open")), 3, "connections")
    # Of several hosts the next one is tried where the first one's gateway is down.
    with refused_address() as address:
        down = str(Persona(case, config(pki, gateway=text(address), protocol="postgresql"), "down"))
        hosts = f"host=127.0.0.1,127.0.0.1 port={down.split(':')[1]},{port}"
        for way in (psql(hosts), psql(hosts, "target_session_attrs=read-write"),
                    lambda port: pgjdbc(f"jdbc:postgresql://{down},{persona}/postgres?user=persona")):
            equal(printed(case, way(port)), "1\n", "the answer of the second host")
    ready = printed(case, ["pg_isready", "-h", "127.0.0.1", "-p", port], expect=0)
    check("accepting connections" in ready, "pg_isready says otherwise", ready)


@case("a client that speaks something else is piped unchanged")
def something_else(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    for protocol in PROTOCOLS:
        persona = Persona(case, config(pki, gateway=gateway, protocol=protocol), f"piped-{protocol}")
        with connect(persona.address) as client:
            expect_echo(client, b"GET / HTTP/1.1\r\n\r\n")
            expect_echo(client, b"x" * 300_000)
        persona.next_close("local_closed")
        persona.stop()


@case("who sends nothing is not told, and does not keep persona from stopping")
def mute(case):
    pki = Pki(case)
    with refused_address() as address:
        persona = Persona(case, config(pki, gateway=text(address), protocol="postgresql"))
        with connect(persona.address):
            persona.next_close("dial_failed")
            persona.stop()


main()
