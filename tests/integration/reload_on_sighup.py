"""SIGHUP reloads, also where nothing is watched; new connections use what is new, old ones go on."""

import signal

from harness.certificates import Pki
from harness.persona import ANY_PORT, Persona, config, pair, write_config
from harness.rotation import Live, Witness, put, wait_reloaded
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, expect_refused


def echo_once(persona):
    with connect(persona.address) as client:
        expect_echo(client)


@case("without watching, a change waits for SIGHUP")
def without_watching(case):
    pki = Pki(case)
    live = Live(case, pki.client, [pki.ca])
    witness = Witness(pki.server_context())
    persona = Persona(case, config(pki, gateway=Server(case, witness), **live.config(), reload={"watch": False}))
    live_one = connect(persona.address)
    expect_echo(live_one)
    new = pki.ca.issue("renewed")
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded", changed=False)  # the look at the start is over
    live.put(new)
    echo_once(persona)
    witness.saw_last(pki.client)
    persona.signal(signal.SIGHUP)
    equal(wait_reloaded(persona, new)["cause"], "asked", "cause")
    echo_once(persona)
    witness.saw_last(new)
    expect_echo(live_one, b"still here")
    live_one.close()


@case("when nothing has changed, tickets live on")
def tickets(case):
    pki = Pki(case)
    near, far = pair(case, pki, Server(case, echo))
    echo_once(near)
    near.next_close("local_closed")
    echo_once(near)
    equal(near.next_close("local_closed")["resumed"], True, "resumed before the reload")
    for persona in (near, far):
        persona.signal(signal.SIGHUP)
        equal(persona.wait_log("reloaded")["changed"], False, "changed")
    echo_once(near)
    equal(near.next_close("local_closed")["resumed"], True, "resumed after a reload of the same files")
    # Written anew with the same content: another file, but the same certificate.
    put(pki.client.certificate, pki.client.certificate.read_bytes())
    near.signal(signal.SIGHUP)
    near.wait_log("reloaded", count=2)
    echo_once(near)
    equal(near.next_close("local_closed")["resumed"], True, "resumed after the same content was written")


@case("other trust, no tickets: the gateway is verified anew")
def other_trust(case):
    pki = Pki(case)
    live = Live(case, pki.client, [pki.ca])
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    persona = Persona(case, config(pki, gateway=gateway, **live.config(), reload={"watch": False}))
    echo_once(persona)
    persona.next_close("local_closed")
    live.put(authorities=[pki.other_ca])
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded", changed=True)
    expect_refused(persona.address)
    persona.next_close("verify_failed")


@case("the rest of the configuration, too: access, limits, addresses, the level of the log")
def the_rest(case):
    pki = Pki(case)
    first, second = (tls_gateway(case, pki.server_context()) for _ in range(2))
    content = config(pki, gateway=first)
    persona = Persona(case, {**content, **ANY_PORT})
    echo_once(persona)
    equal((first.accepted, second.accepted), (1, 0), "connections before")

    def change(count, **more):
        write_config(case, {**config(pki, gateway=second, **ANY_PORT), **more})
        persona.signal(signal.SIGHUP)
        persona.wait_log("reloaded", count=count)

    change(1)
    echo_once(persona)
    equal((first.accepted, second.accepted), (1, 1), "connections after")
    change(2, access={"allow": ["192.0.2.0/24"]})
    expect_refused(persona.address)
    persona.wait_log("connection closed", reason="access_denied")
    change(3, limits={"connections": 1})
    with connect(persona.address) as one:
        expect_echo(one)
        expect_refused(persona.address)
        persona.wait_log("connection closed", reason="limit_reached")
    write_config(case, config(pki, gateway=second, **ANY_PORT, log={"format": "json", "level": "warn"}))
    persona.signal(signal.SIGHUP)
    before = len(persona.find("reloaded"))
    # The last line of level info may be that of the reload itself; then there are warnings only.
    put(pki.client.key, b"")
    persona.wait_until(lambda: any(line["level"] == "error" for line in persona.log), "an error")
    equal(len(persona.find("reloaded")), before, "lines of level info")


@case("certificate and key of a gateway, and whom it trusts")
def gateway(case):
    pki = Pki(case)
    live = Live(case, pki.gateway, [pki.ca])
    far = Persona(case, config(pki, service=Server(case, echo), **live.config()), "gateway")
    near = Persona(case, config(pki, gateway=far), "persona")
    echo_once(near)
    new = pki.ca.issue("renewed", [Pki.GATEWAY_NAME])
    live.put(new)
    wait_reloaded(far, new)
    echo_once(near)
    near.wait_log("connection open", peer="CN=renewed")
    live.put(authorities=[pki.other_ca])
    far.wait_log("reloaded", count=2)
    expect_refused(near.address)
    far.wait_log("connection closed", reason="verify_failed")


@case("a stopping persona ignores it")
def stopping(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context())))
    client = connect(persona.address)
    expect_echo(client)
    persona.signal(signal.SIGTERM)
    persona.wait_log("draining")
    persona.signal(signal.SIGHUP)
    put(pki.client.key, b"")
    expect_echo(client)
    client.close()
    persona.wait_stopped()
    check(not persona.find("reloaded"), "it reloaded while stopping")


main()
