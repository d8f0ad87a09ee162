"""One connection in the logs of both ends, in the audit file, and in one line instead of two if asked for."""

import json
import time

from harness.certificates import Pki
from harness.persona import Persona, config, pair
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, expect_refused


def lines_of(path, count=1, timeout=20):
    """Of an audit file, once it has so many."""
    deadline = time.monotonic() + timeout
    while True:
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        if len(lines) >= count:
            return lines
        check(time.monotonic() < deadline, f"{path.name} has not {count} lines", lines)
        time.sleep(0.02)


@case("the address that one end dials from is the other end's client, and the service's")
def both_ends(case):
    pki = Pki(case)
    service = Server(case, echo)
    near, far = pair(case, pki, service)
    with connect(near.address) as client:
        expect_echo(client)
    ours, theirs = near.next_close("local_closed"), far.next_close("gateway_closed")
    equal(ours["dialled_from"], theirs["client"], "persona's end and the gateway's client")
    opened = near.find("connection open", id=ours["id"])[0]
    equal(opened["dialled_from"], ours["dialled_from"], "of the line at its opening")
    check(theirs["dialled_from"] != ours["dialled_from"] and theirs["dialled_from"].startswith("127.0.0.1:"),
          "the gateway's own end towards the service", theirs)


@case("warnings have the id, the client and the address dialled from, too")
def warnings(case):
    pki = Pki(case)
    expired = tls_gateway(case, pki.server_context(pki.ca.issue("expired", [pki.GATEWAY_NAME], expired=True)), failing=True)
    good = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=[expired, good]))
    with connect(persona.address) as client:
        expect_echo(client)
    close = persona.next_close("local_closed")
    passed = [line for line in persona.log if line.get("next") == "another address"][0]
    equal((passed["id"], passed["client"], passed["target"]), (close["id"], close["client"], str(expired)), "the failed one")
    check(passed["dialled_from"] != close["dialled_from"], "both dialled from the same port", passed, close)
    alone = Persona(case, config(pki, gateway=expired), "alone")
    expect_refused(alone.address)
    close = alone.next_close("verify_failed")
    warned = alone.wait_log(close["error"], level="warn")
    equal({key: warned[key] for key in ("id", "client", "target", "dialled_from")},
          {key: close[key] for key in ("id", "client", "target", "dialled_from")}, "the warning and the end")
    refusing = Persona(case, config(pki, gateway=good, access={"allow": ["10.0.0.0/8"]}), "refusing")
    expect_refused(refusing.address)
    close = refusing.next_close("access_denied")
    equal(refusing.wait_log(close["error"], level="warn")["id"], close["id"], "a refused client's")


@case("connections: close leaves one line for each; at level debug there are both")
def one_line(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    for level, count in (("info", 0), ("debug", 1)):
        persona = Persona(case, config(pki, gateway=gateway, log={"format": "json", "connections": "close", "level": level}),
                          level)
        with connect(persona.address) as client:
            expect_echo(client)
        persona.next_close("local_closed")
        equal([line["level"] for line in persona.find("connection open")], ["debug"] * count, f"lines at level {level}")


@case("log.audit: one line for each decision, whatever the level: who, what and why")
def audit(case):
    pki = Pki(case)
    near_file, far_file = case.folder / "near.audit", case.folder / "far.audit"
    log = {"format": "json", "level": "error"}
    service = Server(case, echo)
    far = Persona(case, config(pki, service=service, log=log | {"level": "info", "audit": str(far_file)},
                               clients={"allow": {"cn": ["client"]}}), "far")
    near = Persona(case, config(pki, gateway=far, log=log | {"level": "info", "audit": str(near_file)}), "near")
    with connect(near.address) as client:
        expect_echo(client)
    accepted = lines_of(near_file)[0]
    equal((accepted["message"], accepted["who"], accepted["peer"], accepted["service"]),
          ("accepted", "gateway", "CN=gateway", "near"), "the gateway")
    theirs = lines_of(far_file)[0]
    equal((theirs["message"], theirs["who"], theirs["peer"], theirs["client"]),
          ("accepted", "client", "CN=client", accepted["dialled_from"]), "the client")
    close = near.next_close("local_closed")
    for field in ("id", "client", "target", "dialled_from", "peer_serial", "peer_pin"):
        equal(accepted[field], close[field], f"{field} in both logs")
    equal([len(lines_of(near_file)), len(lines_of(far_file))], [1, 1], "lines")

    stranger = Persona(case, config(pki, gateway=far, identity=pki.ca.issue("stranger").config()), "stranger")
    expect_refused(stranger.address)
    refused = lines_of(far_file, 2)[1]
    equal((refused["message"], refused["who"], refused["reason"], refused["verify_reason"], refused["peer"]),
          ("refused", "client", "verify_failed", "not_allowed", "CN=stranger"), "a client that is not allowed")
    check("CN=stranger" in refused["error"] or "stranger" in refused["error"], "why", refused)

    denied_file = case.folder / "denied.audit"
    denying = Persona(case, config(pki, gateway=far, access={"allow": ["10.0.0.0/8"]},
                                   log={"format": "json", "audit": str(denied_file)}), "denying")
    expect_refused(denying.address)
    line = lines_of(denied_file)[0]
    equal((line["message"], line["who"], line["reason"]), ("refused", "client", "access_denied"), "an address")
    for persona in (near, far, stranger, denying):
        persona.stop()
    equal([len(lines_of(file)) for file in (near_file, far_file, denied_file)], [1, 2, 1], "lines at the end")


@case("at log.level error the audit file has its lines all the same, as text where the log is text")
def audit_at_error(case):
    pki = Pki(case)
    path, listen = case.folder / "text.audit", case.folder / "socket"
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), listen=f"unix:{listen}",
                                   log={"format": "text", "level": "error", "audit": str(path)}), is_ready=False)
    deadline = time.monotonic() + 20
    while not listen.exists():
        check(time.monotonic() < deadline and persona.running(), "it does not listen", persona.tail())
        time.sleep(0.02)
    with connect(str(listen)) as client:
        expect_echo(client)
        while not path.exists() or not path.read_text():
            check(time.monotonic() < deadline, "the audit file has no line", persona.tail())
            time.sleep(0.02)
    check(' info  service: accepted who=gateway id=1 client="unix:uid=' in path.read_text(), "the line", path.read_text())
    persona.stop()
    equal(persona.lines, [], "lines in the log")


main()
