"""The log says which certificates expire soon: ours, and the gateway's once it was seen; and what waits on disk."""

import signal

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.rotation import Live
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo


@case("at the start, and with a reload; each once")
def told(case):
    pki = Pki(case)
    pki.gateway = pki.ca.issue("gateway", [Pki.GATEWAY_NAME], days=20.5)
    live = Live(case, pki.ca.issue("short", days=5.5), [pki.ca])
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, **live.config(), reload={"watch": False}))

    def lines(words):
        return [line for line in persona.log if line["message"].startswith(words) and line["level"] == "warn"]

    ours = persona.wait_until(lambda: lines("certificate expires in 5 days"), "our certificate")
    equal(ours[0]["days_left"], 5, "days left")
    with connect(persona.address) as client:
        expect_echo(client)
    for count in (1, 2):
        persona.signal(signal.SIGHUP)
        persona.wait_log("reloaded", count=count)
    persona.wait_until(lambda: lines("the gateway's certificate expires in 20 days"), "the gateway's certificate")
    persona.stop()
    ours, theirs = lines("certificate expires"), lines("the gateway's certificate expires")
    equal((len(ours), len(theirs)), (1, 1), "lines of our certificate and of the gateway's")
    check(ours[0]["message"].endswith(": CN=short") and theirs[0]["message"].endswith(": CN=gateway"),
          "the certificates are not named", ours, theirs)


@case("a renewed certificate is no longer told of")
def renewed(case):
    pki = Pki(case)
    live = Live(case, pki.ca.issue("short", days=5.5), [pki.ca])
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, **live.config()))
    live.put(pki.client)
    equal(persona.wait_log("reloaded")["certificate"], "CN=client", "certificate")
    persona.stop()
    equal(len([line for line in persona.log if line["message"].startswith("certificate expires")]), 1, "warnings")


main()
