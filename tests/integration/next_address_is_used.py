"""Several gateway addresses: the next one is used when a dial or handshake fails, and a failed one rests."""

import threading

from harness.certificates import Pki, accept_tls
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import echo_tls, tls_gateway
from harness.sockets import TIMEOUT, Server, connect, expect_echo, expect_refused, refused_address, text


def use_once(persona, expected):
    with connect(persona.address) as client:
        expect_echo(client)
    line = persona.next_close("local_closed")
    equal(line["target"], str(expected), "address used")


@case("the first refuses connections")
def refuses(case):
    pki = Pki(case)
    second = tls_gateway(case, pki.server_context())
    with refused_address() as first:
        persona = Persona(case, config(pki, gateway=[text(first), second]))
        for _ in range(3):
            use_once(persona, second)
        # The later connections went straight to the second, else the failure would have been counted.
        warnings = [line for line in persona.log if line.get("level") == "warn" and text(first) in line["message"]]
        equal(len(warnings), 1, "warnings about the first address")


@case("the first fails the handshake, and rests")
def fails_handshake(case):
    pki = Pki(case)
    first = tls_gateway(case, pki.server_context(pki.other_ca.issue("gateway", [pki.GATEWAY_NAME])), failing=True)
    second = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=[first, second]))
    for _ in range(3):
        use_once(persona, second)
    equal((first.accepted, second.accepted), (1, 3), "connections of the first and the second")


@case("the first is silent until the handshake timeout")
def silent(case):
    pki = Pki(case)
    released = threading.Event()
    case.defer(released.set)
    first = Server(case, lambda _: released.wait(TIMEOUT) and None)
    second = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=[first, second], timeouts={"handshake": "2s"}))
    use_once(persona, second)


@case("what the client sent early reaches the second address whole")
def early_data(case):
    pki = Pki(case)
    first = tls_gateway(case, pki.server_context(pki.other_ca.issue("gateway", [pki.GATEWAY_NAME])), failing=True)
    second = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=[first, second]))
    with connect(persona.address) as client:
        expect_echo(client, b"early " * 50_000)
    persona.next_close("local_closed")


@case("all fail: one reset, and the last failure is the reason")
def all_fail(case):
    pki = Pki(case)
    bad = tls_gateway(case, pki.server_context(pki.ca.issue("gateway", ["other.test"])), failing=True)
    with refused_address() as first:
        persona = Persona(case, config(pki, gateway=[text(first), bad]))
        expect_refused(persona.address)
        persona.next_close("verify_failed", error="name gateway.test is not in")


@case("the first is used again once it has recovered")
def recovers(case):
    pki = Pki(case)
    broken = threading.Event()
    broken.set()
    context = pki.server_context()

    def serve(connection):
        if broken.is_set():
            return connection.close()
        return echo_tls(accept_tls(context, connection))

    first = Server(case, serve)
    second = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=[first, second]))
    use_once(persona, second)
    broken.clear()
    # How long it rests is the product's business; that it ends is promised.
    for attempt in range(200):
        with connect(persona.address) as client:
            expect_echo(client)
        if persona.next_close("local_closed")["target"] == str(first):
            return
        threading.Event().wait(0.1)
    check(False, "the first address was never used again")


main()
