"""After 1000 failed connections persona has as many descriptors and as much memory as before, and no live session."""

import threading

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import SANITIZED, case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, expect_refused, refused_address, reset, text

ROUNDS = 10 if SANITIZED else 50
AT_ONCE = 20
BOUND_KIB = (128 if SANITIZED else 4) * 1024


def fail_often(persona, rounds):
    """AT_ONCE clients in parallel, each `rounds` times; a failure is always a reset."""
    wrong = []

    def client():
        try:
            for number in range(rounds):
                expect_refused(persona.address, b"secret" * (number % 3))
        except Exception as error:
            wrong.append(error)

    clients = [threading.Thread(target=client, daemon=True) for _ in range(AT_ONCE)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    if wrong:
        raise wrong[0]


def leaks_nothing(case, gateway, pki, reason):
    persona = Persona(case, config(pki, gateway=gateway))
    # Allocators and the log settle; what grows after this is a leak.
    fail_often(persona, ROUNDS // 5)
    warm = AT_ONCE * (ROUNDS // 5)
    persona.wait_log("connection closed", count=warm)
    descriptors, resident = persona.settled_descriptors(), persona.resident_kib()
    fail_often(persona, ROUNDS)
    total = warm + AT_ONCE * ROUNDS
    persona.wait_log("connection closed", count=total)
    equal({line["reason"] for line in persona.find("connection closed")}, {reason}, "reasons")
    equal(persona.settled_descriptors(), descriptors, "descriptors after the failures")
    grown = persona.resident_kib() - resident
    check(grown < BOUND_KIB, f"resident memory grew by {grown} KiB")
    persona.stop()
    equal(persona.find("draining")[0]["connections"], 0, "live connections when asked to stop")
    equal(len(persona.find("connection closed")), total, "one line for each connection")


@case("connection refused")
def refused(case):
    with refused_address() as address:
        leaks_nothing(case, text(address), Pki(case), "dial_failed")


@case("certificate of another CA")
def verify(case):
    pki = Pki(case)
    context = pki.server_context(pki.other_ca.issue("gateway", [pki.GATEWAY_NAME]))
    leaks_nothing(case, tls_gateway(case, context, failing=True), pki, "verify_failed")


@case("reset in the handshake")
def handshake_reset(case):
    def serve(connection):
        connection.recv(4096)
        reset(connection)

    leaks_nothing(case, Server(case, serve, failing=True), Pki(case), "gateway_reset")


@case("our certificate refused by TLS 1.3")
def certificate_refused(case):
    pki = Pki(case)
    context = pki.server_context(version="1.3", ca=pki.other_ca)
    leaks_nothing(case, tls_gateway(case, context, failing=True), pki, "client_certificate_refused")


main()
