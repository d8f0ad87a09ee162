"""limits.connections, and what happens when the descriptors run out."""

import contextlib
import resource

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_refused


@case("one connection more than the limit is reset, and a free place is used again")
def connections(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, limits={"connections": 2}))
    clients = [connect(persona.address) for _ in range(2)]
    for client in clients:
        expect_echo(client)
    expect_refused(persona.address)
    persona.next_close("limit_reached", error="limits.connections of 2 reached")
    equal(gateway.accepted, 2, "connections to the gateway")
    clients.pop().close()
    persona.next_close("local_closed")
    # The place is free a moment after the line that says so.
    for _ in range(1000):
        with contextlib.suppress(ConnectionResetError, BrokenPipeError), connect(persona.address) as client:
            expect_echo(client)
            break
    else:
        check(False, "a place that is free again is not given to anybody")
    clients.pop().close()


@case("without descriptors accepting rests, and goes on once there are some")
def descriptors(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    persona = Persona(case, config(pki, gateway=gateway))
    # UBSan opens a pipe to look at an object of a type that it has not met: let it meet all of them while it can.
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close("local_closed")
    living = connect(persona.address)
    expect_echo(living)
    few = persona.descriptors() + 7
    resource.prlimit(persona.pid, resource.RLIMIT_NOFILE, (few, few))
    count = 40
    clients = []
    for _ in range(count):
        # One whose gateway cannot be dialled may be reset before connect() has returned.
        with contextlib.suppress(ConnectionResetError):
            clients.append(connect(persona.address))
    persona.wait_until(lambda: any("too many open files" in line for line in persona.lines), "a word on descriptors")
    expect_echo(living, b"the living go on")
    for client in clients:
        client.close()
    persona.wait_log("connection closed", count=count + 1)
    with connect(persona.address) as client:
        expect_echo(client, b"and new ones come in")
    living.close()
    persona.wait_log("connection closed", count=count + 3)
    spinning = [line for line in persona.log if line.get("level") == "warn"]
    check(len(spinning) < 30, f"{len(spinning)} warnings about it are too many")


main()
