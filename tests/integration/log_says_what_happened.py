"""Log lines: JSON and text, one at open and one at close, repeated failures counted, a file if asked for."""

import json
import re
import time

from harness.certificates import Pki
from harness.persona import Persona, address_of, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_refused, refused_address, text

OPEN = {"id", "client", "target", "tls_version", "cipher_suite", "group", "resumed", "handshake_ms", "peer"}
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


@case("identical failures are told in words once, not every time")
def throttled(case):
    with refused_address() as address:
        persona = Persona(case, config(Pki(case), gateway=text(address)))
        for _ in range(20):
            expect_refused(persona.address)
            persona.next_close("dial_failed")
        persona.stop()
        warnings = [line for line in persona.log if line.get("level") == "warn" and "refused" in line["message"]]
        # One for each window of ten seconds: when, and what is counted, the unit test of FailureLog says.
        check(0 < len(warnings) < 20, "a warning for each failure", warnings)


main()
