"""Log lines: JSON and text, one at open and one at close, repeated failures counted, a file if asked for."""

import json
import re
import time

from harness.certificates import Pki
from harness.persona import Persona, address_of, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_refused, refused_address, text

OPEN = {"id", "client", "target", "tls_version", "cipher_suite", "resumed", "handshake_ms", "peer"}
CLOSE = OPEN | {"reason", "bytes_up", "bytes_down", "duration_ms"}


@case("JSON: every field of a connection")
def json_lines(case):
    pki = Pki(case)
    context = pki.server_context()
    context.set_alpn_protocols(["postgresql"])
    gateway = tls_gateway(case, context)
    persona = Persona(case, config(pki, gateway=gateway, name="books", tls={"alpn": ["postgresql"]}))
    with connect(persona.address) as client:
        expect_echo(client)
        local = text(client.getsockname())
    close = persona.next_close("local_closed")
    opened = persona.find("connection open")[0]
    for line, fields in ((opened, OPEN), (close, CLOSE - {"peer"})):
        check(fields <= line.keys(), f"fields missing: {fields - line.keys()}", line)
        equal((line["service"], line["level"], line["id"]), ("books", "info", opened["id"]), "labels")
        equal((line["client"], line["target"]), (local, str(gateway)), "addresses")
        equal((line["tls_version"], line["resumed"]), ("TLSv1.3", False), "session")
        check(re.fullmatch(r"TLS_[A-Z0-9_]+", line["cipher_suite"]), "the suite's IANA name", line)
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]), "the time", line)
    equal((opened["peer"], opened["alpn"]), ("CN=gateway", "postgresql"), "peer and protocol")
    equal((close["bytes_up"], close["bytes_down"]), (5, 5), "bytes")


@case("text: the same, for people")
def text_lines(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, log={"format": "text"}), is_ready=False)
    listening = persona.wait_line("listening")
    persona.wait_line("ready")
    with connect(address_of(re.search(r"address=(\S+)", listening).group(1))) as client:
        expect_echo(client)
    line = persona.wait_line("connection closed")
    for words in ("service", "reason=local_closed", f"target={gateway}", "tls_version=TLSv1.3", "bytes_up=5",
                  "bytes_down=5"):
        check(words in line, f"without {words!r}", line)
    check("{" not in line, "JSON in a text log", line)


@case("log.file gets the lines")
def file(case):
    pki = Pki(case)
    path = case.folder / "persona.log"
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, log={"format": "json", "file": str(path)}), is_ready=False)
    deadline = time.monotonic() + 20
    while not (path.exists() and '"ready"' in path.read_text()):
        check(time.monotonic() < deadline and persona.running(), "no ready line in the file", persona.tail())
    persona.stop()
    messages = [json.loads(line)["message"] for line in path.read_text().splitlines()]
    check({"listening", "ready", "draining", "stopped"} <= set(messages), "lines are missing in the file", messages)
    equal(persona.lines, [], "lines on the standard error")


@case("identical failures within ten seconds are one warning, and the next says how many there were")
def throttled(case):
    with refused_address() as address:
        persona = Persona(case, config(Pki(case), gateway=text(address)))

        def fail_once():
            expect_refused(persona.address)
            persona.next_close("dial_failed")

        def warnings():
            return [line for line in persona.log if line.get("level") == "warn" and "refused" in line["message"]]

        started = time.monotonic()
        for _ in range(5):
            fail_once()
        check(time.monotonic() - started < 9, "the machine is too slow for this test")
        equal([line.get("suppressed") for line in warnings()], [None], "warnings of five failures")
        deadline = started + 20
        while len(warnings()) < 2:
            check(time.monotonic() < deadline, "no second warning after ten seconds")
            time.sleep(0.5)
            fail_once()
        check(time.monotonic() - started > 9, "the second warning came too early")
        # Every failure but the one that is told now, and the first.
        equal(warnings()[1].get("suppressed"), len(persona.find("connection closed")) - 2, "failures counted")


main()
