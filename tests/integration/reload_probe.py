"""reload.probe: a set is used only after the gateway has accepted it in a trial connection."""

import threading

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.rotation import REFUSED, Live, Witness, wait_refused, wait_reloaded
from harness.runner import case, check, equal, main
from harness.servers import haproxy
from harness.sockets import Server, connect, echo, expect_echo, refused_address, text

TRIAL = "the trial connection to the gateway failed (reload.probe): "


def start(case, pki, gateway, **more):
    live = Live(case, pki.client, [pki.ca])
    persona = Persona(case, config(pki, gateway=gateway, **live.config(), reload={"probe": True, "interval": "100ms"},
                                   **more))
    return persona, live


def expect_served(persona):
    with connect(persona.address) as client:
        expect_echo(client)


def refused_then_accepted(case, context):
    pki = Pki(case)
    witness = Witness(context(pki))
    persona, live = start(case, pki, Server(case, witness, failing=True))
    live.put(pki.other_ca.issue("stranger"))
    line = wait_refused(persona, TRIAL)
    check("refused our certificate (CN=stranger, issued by CN=Other CA)" in line["error"], "another reason", line)
    expect_served(persona)
    witness.saw_last(pki.client)
    new = pki.ca.issue("renewed")
    live.put(new)
    wait_reloaded(persona, new)
    expect_served(persona)
    witness.saw_last(new)


@case("TLS 1.2: the gateway refuses the new certificate, and accepts the next")
def tls12(case):
    refused_then_accepted(case, lambda pki: pki.server_context(version="1.2"))


@case("TLS 1.3, where the refusal comes after our Finished")
def tls13(case):
    refused_then_accepted(case, lambda pki: pki.server_context(version="1.3"))


@case("TLS 1.3 without tickets: silence is consent")
def silent(case):
    def context(pki):
        made = pki.server_context(version="1.3")
        made.num_tickets = 0
        return made

    refused_then_accepted(case, context)


@case("a persona gateway and HAProxy see a connection that ends well")
def others(case):
    pki = Pki(case)
    far = Persona(case, config(pki, service=Server(case, echo)), "gateway")
    for gateway in (far, haproxy(case, pki, case.folder / "nothing")):
        folder = case.folder
        case.folder = case.folder / str(gateway).replace(":", "-")
        case.folder.mkdir()
        persona, live = start(case, pki, gateway)
        case.folder = folder
        new = pki.ca.issue("renewed")
        live.put(new)
        wait_reloaded(persona, new)
        stranger = pki.other_ca.issue("stranger")
        live.put(stranger)
        wait_refused(persona, "refused our certificate")
    far.wait_log("connection closed", reason="verify_failed")


@case("we refuse the gateway: new trust that does not fit is not used")
def other_trust(case):
    pki = Pki(case)
    persona, live = start(case, pki, Server(case, Witness(pki.server_context()), failing=True))
    live.put(authorities=[pki.other_ca])
    wait_refused(persona, "which trust.ca does not contain")
    expect_served(persona)


class Dialled:
    """Serves by another function, and lets wait until it was dialled so many times."""

    def __init__(self, serve):
        self.serve = serve
        self._times = threading.Semaphore(0)

    def __call__(self, connection):
        self._times.release()
        return self.serve(connection)

    def wait(self, times=1):
        for _ in range(times):
            check(self._times.acquire(timeout=20), "the gateway is not dialled any more")


@case("a gateway that is away keeps the old set, which is tried again until it is back")
def away(case):
    pki = Pki(case)
    words = "closed the connection without answering the TLS handshake"

    def hang_up(connection):
        connection.recv(1 << 16)  # else it would be a reset

    gateway = Dialled(hang_up)
    persona, live = start(case, pki, Server(case, gateway, failing=True))
    new = pki.ca.issue("renewed")
    live.put(new)
    wait_refused(persona, words)
    gateway.wait(6)  # at the start, for the change, and then at intervals only
    check(not persona.find("reloaded"), "it was used without a trial")
    equal(len([line for line in persona.find(REFUSED) if words in line["error"]]), 1, "how often it is told")
    gateway.serve = witness = Witness(pki.server_context())
    wait_reloaded(persona, new)
    expect_served(persona)
    witness.saw_last(new)


@case("a gateway that does not answer ends the trial in time")
def mute(case):
    pki = Pki(case)
    gateway = Server(case, lambda connection: connection)
    persona, live = start(case, pki, gateway, timeouts={"handshake": "200ms"})
    live.put(pki.ca.issue("renewed"))
    wait_refused(persona, "within timeouts.handshake (200ms)")
    equal(persona.find("reloaded"), [], "reloads")


@case("a gateway that cannot be reached")
def unreachable(case):
    pki = Pki(case)
    with refused_address() as address:
        persona, live = start(case, pki, text(address))
        live.put(pki.ca.issue("renewed"))
        wait_refused(persona, f"cannot connect to {text(address)}: connection refused")
        equal(persona.find("reloaded"), [], "reloads")


@case("a persona that is stopped during a trial leaves nothing behind")
def stopped(case):
    pki = Pki(case)
    gateway = Dialled(lambda connection: connection)
    persona, live = start(case, pki, Server(case, gateway))
    live.put(pki.ca.issue("renewed"))
    gateway.wait()
    persona.stop()


main()
