"""docs/log.schema.json. That every line of every test fits it is checked by the harness; here, that it refuses others."""

import re
import signal

from harness import log_schema
from harness.certificates import Pki
from harness.persona import Persona, config, write_config
from harness.runner import Failure, case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_refused, refused_address, text

ROOT = log_schema.SCHEMA.parents[1]


def words_in(source, function):
    """The strings that a function of a source file returns."""
    body = (ROOT / source).read_text().split(function, 1)[1].split("\n}\n", 1)[0]
    return sorted(set(re.findall(r'return "([a-z_]+)"', body)) - {"unknown", "ok"})


def fits(line):
    return not list(log_schema.validator().iter_errors(line))


@case("its words for reasons are those of the program")
def words(case):
    properties = log_schema.validator().schema["properties"]
    equal(sorted(properties["reason"]["enum"]), words_in("src/forward/reason.cpp", "to_string(Reason"), "reason")
    equal(sorted(properties["verify_reason"]["enum"]), words_in("src/trust/verify_reason.cpp", "to_string(VerifyReason"),
          "verify_reason")


@case("a run with a bit of everything fits, and each of its lines does not without what it needs")
def run(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    expired = tls_gateway(case, pki.server_context(pki.ca.issue("expired", [pki.GATEWAY_NAME], expired=True)), failing=True)
    content = config(pki, gateway=[expired, gateway])
    persona = Persona(case, content)
    for _ in range(2):
        with connect(persona.address) as client:
            expect_echo(client)
        persona.next_close("local_closed")
    write_config(case, "listen: nonsense\n")
    persona.signal(signal.SIGHUP)
    persona.wait_log("newer files are on disk, but they are refused: what is in use stays")
    write_config(case, content)
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded")
    persona.stop()
    with refused_address() as nobody:
        alone = Persona(case, config(pki, gateway=text(nobody)), "alone")
        expect_refused(alone.address)
        alone.next_close("dial_failed")
        alone.stop()
    lines = [*persona.log, *alone.log]
    check(len({line["message"] for line in lines}) > 10, "kinds of lines")
    for line in lines:
        check(fits(line), "a line does not fit", line, [error.message for error in log_schema.validator().iter_errors(line)])
        for key in ("time", "level", "message"):
            check(not fits({name: value for name, value in line.items() if name != key}), f"it needs no {key}", line)
        check(not fits(line | {"surprise": 1}), "it takes any field", line)
    close = persona.find("connection closed")[0]
    for key in ("id", "reason", "client", "bytes_up", "duration_ms", "service"):
        check(not fits({name: value for name, value in close.items() if name != key}), f"a close needs no {key}")
    for key, value in (("reason", "because"), ("id", "17"), ("bytes_up", -1), ("tls_version", "SSLv3"), ("peer_pin", "x")):
        check(not fits(close | {key: value}), f"{key} may be {value!r}")


@case("the harness notices a line that does not fit")
def noticed(case):
    line = {"time": "2026-12-03T10:15:04.118Z", "level": "info", "message": "connection closed", "id": 1}
    try:
        log_schema.check_lines([line])
    except Failure:
        return
    check(False, "it does not")


main()
