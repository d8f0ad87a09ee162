"""/status has the last failed connections of each service, in the log's words."""

import json
import time
import urllib.request

from harness.certificates import Pki
from harness.persona import Persona, address_of, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_refused, refused_address, text


def failures(persona):
    host, port = address_of(persona.wait_log("answering administrators")["address"])
    with urllib.request.urlopen(f"http://{host}:{port}/status", timeout=20) as answer:
        return json.load(answer)["services"][0]["failures"]


@case("mode persona: what failed, when, for whom and where, the newest first; ordinary ends are none")
def persona(case):
    pki = Pki(case)
    stranger = pki.other_ca.issue("stranger", [pki.GATEWAY_NAME])
    gateway = tls_gateway(case, pki.server_context(stranger), failing=True)
    persona = Persona(case, config(pki, gateway=gateway, admin={"listen": "127.0.0.1:0"}))
    equal(failures(persona), [], "before")
    expect_refused(persona.address)
    line = persona.next_close("verify_failed")
    first, = failures(persona)
    check(abs(first.pop("at") - time.time()) < 60, "when", first)
    equal(first, {key: line[key] for key in ("reason", "error", "client", "target")}, "the failure")
    with refused_address() as bad:
        second = Persona(case, config(pki, gateway=[text(bad)], admin={"listen": "127.0.0.1:0"}), "second")
        for _ in range(25):
            expect_refused(second.address)
        second.wait_closed(25)
    kept = failures(second)
    equal([one["client"] for one in kept], [one["client"] for one in second.find("connection closed")[:-21:-1]], "the last 20")
    equal({one["reason"] for one in kept}, {"dial_failed"}, "reasons")


@case("an end that is none to look into is not there")
def ordinary(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close("local_closed")
    equal(failures(persona), [], "failures")


@case("mode gateway: a client that is refused, and one that may not connect")
def gateway(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, service="127.0.0.1:1", access={"allow": ["127.0.0.2"]}, admin={"listen": "127.0.0.1:0"}))
    expect_refused(persona.address)
    persona.next_close("access_denied")
    one, = failures(persona)
    equal((one["reason"], one["target"]), ("access_denied", ""), "what is told")
    check("access.allow" in one["error"], "sentence", one)


main()
