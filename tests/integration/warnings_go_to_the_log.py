"""What is doubtful in a configuration is told in the log, in its format, when persona starts as when it reloads; only
`persona check` and a start that is refused show the place in the file with a caret."""

import json
import time

from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

WARNING = "warning: "


def doubtful(case, **more):
    pki = Pki(case)
    content = config(pki, gateway=tls_gateway(case, pki.server_context()), **more)
    content["trust"]["crl_expired"] = "allow"  # without a CRL
    return content


def warnings(lines):
    return [line for line in lines if WARNING in line["message"]]


@case("on standard error every line has the format of the log, and the same sentence comes with a reload")
def json_lines(case):
    content = doubtful(case, reload={"interval": "100ms"})
    persona = Persona(case, content)
    equal([json.loads(line) for line in persona.lines], persona.log, "lines")
    with connect(persona.address) as client:
        expect_echo(client)
    first = warnings(persona.log)
    equal([(line["level"], line["service"]) for line in first], [("warn", "service")], "warnings")
    check("service.yaml:" in first[0]["message"] and "trust.crl_expired" in first[0]["message"], "the place", first)
    write_config(case, {**content, "limits": {"connections": 9}})
    persona.wait_log("reloaded")
    equal({line["message"] for line in warnings(persona.log)}, {first[0]["message"]}, "the warning of the reload")
    persona.stop()


@case("with a log file they are there, and nothing is on standard error")
def log_file(case):
    path = case.folder / "persona.log"
    persona = Persona(case, doubtful(case, log={"format": "json", "file": str(path)}), is_ready=False)
    wait_ready(persona, path)
    persona.stop()
    equal(persona.lines, [], "standard error")
    equal(len(warnings(map(json.loads, path.read_text().splitlines()))), 1, "warnings in the log file")


def wait_ready(persona, path):
    deadline = time.monotonic() + 20
    while not path.exists() or '"ready"' not in path.read_text():
        check(time.monotonic() < deadline and persona.running(), "not ready", persona.tail())
        time.sleep(0.01)


@case("check and a refused start show the place with a caret")
def caret(case):
    path = write_config(case, doubtful(case))
    output = cli("check", "--config", path)
    check(WARNING in output and "^~" in output, "check shows no place", output)
    path = write_config(case, doubtful(case, nonsense=1))
    for subcommand in ("check", "run"):
        output = cli(subcommand, "--config", path, expect=2)
        check(WARNING in output and "unknown key" in output and "^~" in output, f"{subcommand} shows no place", output)


main()
