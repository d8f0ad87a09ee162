"""A name that resolves to several addresses: all are tried, after a failed dial and after a failed handshake, before the
next configured address; by connections and by the trial of a reload alike."""

from harness.certificates import Pki
from harness.machine import enter_or_skip
from harness.persona import Persona, config
from harness.rotation import Live, wait_reloaded
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, expect_echo, listen_on_one_port

NAME = "both.test"
FIRST, SECOND = "127.0.0.1", "127.0.0.2"


def http(connection):
    connection.recv(1 << 16)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def expect_served(persona, target):
    with connect(persona.address) as client:
        expect_echo(client)
    equal(persona.next_close("local_closed")["target"], target, "the address that was used")


@case("the first address speaks no TLS: connections use the second, and the trial of a reload does")
def handshake(case):
    pki = Pki(case)
    listeners = listen_on_one_port([FIRST, SECOND])
    port = listeners[0].getsockname()[1]
    plain = Server(case, http, listeners[0], failing=True)
    tls_gateway(case, pki.server_context(), listener=listeners[1], failing=True)  # the trial ends without data
    live = Live(case, pki.client, [pki.ca])
    persona = Persona(case, config(pki, gateway=f"{NAME}:{port}", **live.config(),
                                   reload={"probe": True, "interval": "100ms"}))
    expect_served(persona, f"{SECOND}:{port}")
    check(plain.accepted > 0, "the first address was not tried")
    warning = next(line for line in persona.log if "without TLS" in line.get("message", ""))
    equal((warning["target"], warning["next"]), (f"{FIRST}:{port}", "another address"), "the first address")
    new = pki.ca.issue("renewed")
    live.put(new)
    wait_reloaded(persona, new)
    expect_served(persona, f"{SECOND}:{port}")


@case("all addresses of a name come before the next configured one")
def before_next(case):
    pki = Pki(case)
    listeners = listen_on_one_port([FIRST, SECOND])
    port = listeners[0].getsockname()[1]
    servers = [Server(case, http, listener, failing=True) for listener in listeners]
    last = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=[f"{NAME}:{port}", last]))
    expect_served(persona, str(last))
    equal([server.accepted for server in servers], [1, 1], "connections of both addresses of the name")
    expect_served(persona, str(last))  # the name rests
    equal([server.accepted for server in servers], [1, 1], "and of a name that rests")


@case("the first address is refused, the second is used")
def refused(case):
    pki = Pki(case)
    listeners = listen_on_one_port([FIRST, SECOND])
    port = listeners[0].getsockname()[1]
    listeners[0].close()
    tls_gateway(case, pki.server_context(), listener=listeners[1])
    persona = Persona(case, config(pki, gateway=f"{NAME}:{port}"))
    expect_served(persona, f"{SECOND}:{port}")


enter_or_skip({FIRST: [NAME], SECOND: [NAME]})
main()
