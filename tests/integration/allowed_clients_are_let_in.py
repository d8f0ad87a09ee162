"""The gateway mode's list: of the clients with a good certificate, those of clients.allow come in, by common name, DNS
name, URI or key, resumed sessions and reloaded lists included."""

import json

from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.rotation import put
from harness.runner import case, check, equal, main
from harness.sockets import Server, connect, echo, expect_echo, expect_refused

ID = "spiffe://test/ns/reporting/sa/writer"


def pin_of(credential):
    output = cli("pki", "show", credential.certificate)
    return next(word for word in output.split() if word.startswith("sha256//"))


class Club:
    """A client persona for each credential, and a gateway persona that has a list."""

    def __init__(self, case, pki, allow):
        self.case, self.pki = case, pki
        self.service = Server(case, echo)
        self.content = config(pki, service=self.service, clients={"allow": allow})
        self.file = write_config(case, self.content, "gateway")
        self.gateway = Persona(case, self.file)

    def client(self, credential, name):
        return Persona(self.case, config(self.pki, gateway=self.gateway) | {"identity": credential.config()}, name)

    def lets_in(self, persona):
        with connect(persona.address) as client:
            expect_echo(client)
        return self.gateway.next_close("gateway_closed")

    def refuses(self, persona, *words):
        before = self.service.accepted
        expect_refused(persona.address, b"secret")
        line = self.gateway.next_close("verify_failed", error="matches nothing in clients.allow")
        equal(line["verify_reason"], "not_allowed", "the reason word")
        for word in words:
            check(word in line["error"], f"the refusal does not say {word}", line)
        equal(self.service.accepted, before, "connections to the service for a client that was refused")
        persona.wait_log("connection closed", reason="client_certificate_refused")


@case("each kind of rule lets in its own and nobody else; a refusal names the client and the rules")
def kinds(case):
    pki = Pki(case)
    who = {"cn": pki.ca.issue("reporting-7"), "dns": pki.ca.issue("a", ["db7.clients.test"]), "uri": pki.ca.issue("b", [ID]),
           "pins": pki.ca.issue("c")}
    rules = {"cn": ["reporting-*"], "dns": ["*.clients.test"], "uri": ["spiffe://test/ns/*/sa/writer"],
             "pins": [pin_of(who["pins"])]}
    for kind, rule in rules.items():
        club = Club(case, pki, {kind: rule})
        for name, credential in who.items():
            persona = club.client(credential, f"{kind}-{name}")
            if name == kind:
                club.lets_in(persona)
            else:
                club.refuses(persona, f"{kind}: {rule[0]}", "CN=")
            persona.stop()
        club.gateway.stop()


@case("one match of several rules is enough, and none of them lets in who is not verified")
def several(case):
    pki = Pki(case)
    club = Club(case, pki, {"cn": ["nobody"], "dns": ["*.clients.test"]})
    club.lets_in(club.client(pki.ca.issue("a", ["db7.clients.test"]), "good"))
    stranger = club.client(pki.other_ca.issue("a", ["db7.clients.test"]), "stranger")
    expect_refused(stranger.address, b"secret")
    equal(club.gateway.next_close("verify_failed")["verify_reason"], "untrusted_issuer", "the reason word")


@case("a client that is taken off the list is not let in by its ticket")
def taken_off(case):
    pki = Pki(case)
    club = Club(case, pki, {"cn": ["one", "two"]})
    one, two = (club.client(pki.ca.issue(name), name) for name in ("one", "two"))
    for persona in (one, two):
        equal([club.lets_in(persona)["resumed"] for _ in range(2)], [False, True], "before")
    club.content["clients"]["allow"]["cn"] = ["two"]
    put(club.file, json.dumps(club.content).encode())
    club.gateway.wait_log("reloaded")
    club.refuses(one, "CN=one", "cn: two")
    equal([club.lets_in(two)["resumed"] for _ in range(2)], [False, True], "after")


main()
