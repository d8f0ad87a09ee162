"""A name whose first address does not answer (Happy Eyeballs, RFC 8305): the next one is used long before
timeouts.connect, by connections of both modes and by the trial of a reload, and later connections begin with its family.
"""

import pathlib
import socket

from harness.certificates import Pki
from harness.machine import enter_or_skip, need_address_or_skip
from harness.persona import Persona, config
from harness.rotation import Live, wait_reloaded
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, black_hole, connect, echo, expect_echo, listen

NAME = "both.test"
SILENT, GOOD = "::1", "127.0.0.1"
# A dial that waits for the silent address is past the end of every case.
PATIENT = {"timeouts": {"connect": "10m"}}


def dropped():
    """Attempts to connect that met a full backlog, in this network namespace."""
    names, values = [line.split()[1:] for line in pathlib.Path("/proc/self/net/netstat").read_text().splitlines()
                     if line.startswith("TcpExt:")]
    return int(dict(zip(names, values))["ListenOverflows"])


def silent_beside_good(case):
    """A listening socket at the good address, on a port that does not answer at the silent one."""
    for _ in range(50):
        listener = listen()
        try:
            black_hole(case, SILENT, listener.getsockname()[1])
        except OSError:  # somebody else's, there
            listener.close()
            continue
        return listener
    return check(False, "no port is free at both addresses")


def expect_served(persona, connections=1):
    for _ in range(connections):
        client = connect(persona.address)
        expect_echo(client)
        client.close()
        persona.next_close()


@case("the resolver names the silent address first")
def order(case):
    found = [entry[4][0] for entry in socket.getaddrinfo(NAME, 1, type=socket.SOCK_STREAM)]
    equal(found, [SILENT, GOOD], f"addresses of {NAME}")


@case("mode persona: the first connection overtakes it, the next ones do not even try it")
def persona_mode(case):
    pki = Pki(case)
    gateway = silent_beside_good(case)
    port = gateway.getsockname()[1]
    tls_gateway(case, pki.server_context(), listener=gateway)
    persona = Persona(case, config(pki, gateway=f"{NAME}:{port}", **PATIENT))
    before = dropped()
    with connect(persona.address) as client:
        expect_echo(client)
    equal(persona.next_close("local_closed")["target"], f"{GOOD}:{port}", "the address that was used")
    learnt = dropped()
    check(learnt > before, "the silent address was not tried first")
    expect_served(persona, 5)
    equal(dropped(), learnt, "attempts at the silent address, after the other family was good")


@case("mode gateway: the service is reached all the same, and its family is learnt")
def gateway_mode(case):
    pki = Pki(case)
    service = silent_beside_good(case)
    Server(case, echo, service)
    far = Persona(case, config(pki, service=f"{NAME}:{service.getsockname()[1]}", **PATIENT), "gateway")
    near = Persona(case, config(pki, gateway=far), "client")
    before = dropped()
    expect_served(near)
    learnt = dropped()
    check(learnt > before, "the silent address was not tried first")
    expect_served(near, 5)
    equal(dropped(), learnt, "attempts at the silent address, after the other family was good")


@case("the trial of a reload overtakes it")
def trial(case):
    pki = Pki(case)
    gateway = silent_beside_good(case)
    tls_gateway(case, pki.server_context(), listener=gateway, failing=True)  # the trial ends without data
    live = Live(case, pki.client, [pki.ca])
    persona = Persona(case, config(pki, gateway=f"{NAME}:{gateway.getsockname()[1]}", **live.config(), **PATIENT,
                                   reload={"probe": True, "interval": "100ms"}))
    new = pki.ca.issue("renewed")
    before = dropped()
    live.put(new)
    wait_reloaded(persona, new)
    check(dropped() > before, "the silent address was not tried first")


enter_or_skip({SILENT: [NAME], GOOD: [NAME]})
need_address_or_skip(SILENT)
main()
