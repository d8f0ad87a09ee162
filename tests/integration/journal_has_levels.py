"""Where journald reads standard error (JOURNAL_STREAM), each line has its level for it, and no second time."""

import re
import signal
import time

from harness.certificates import Pki
from harness.persona import BINARY, Persona, address_of, config, environment, write_config
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.sockets import expect_refused

# As systemd does: device and inode of standard error, here of the pipe that the test reads.
UNDER_JOURNALD = 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$@"'
OF_ANOTHER = 'JOURNAL_STREAM=$(stat -Lc %d:%i /dev/null) exec "$@"'
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (trace|debug|info |warn |error) ")


def run(case, script, content, name="service"):
    return Process(case, "sh", "-c", script, "sh", BINARY, "run", "--config", write_config(case, content, name),
                   env=environment(), name=f"persona {name}")


def text_config(pki, **log):
    return config(pki, gateway="127.0.0.1:1", log={"format": "text", **log})


@case("a prefix instead of the time, by the priorities of syslog")
def prefixes(case):
    persona = run(case, UNDER_JOURNALD, text_config(Pki(case), level="debug"))
    ready = persona.wait_line(" ready ")
    check(ready.startswith("<6>info  ready aead="), "a line of level info", ready)
    check(persona.wait_line("listening").startswith("<6>info  service: listening address="), "of a service", persona.tail())
    listening = persona.wait_line("listening")
    expect_refused(address_of(listening.rsplit("address=", 1)[1]))  # its gateway is down, which is a warning
    persona.wait_line("warn  service: ")
    for line in list(persona.lines):
        check(re.match(r"(<3>error|<4>warn |<6>info |<7>debug) ", line), "every line has the prefix of its level", line)


@case("what is said before there is a log: each line is an error")
def refusals(case):
    persona = run(case, UNDER_JOURNALD, "listen: 127.0.0.1:0\ngatway: 127.0.0.1:1\n", "broken")
    equal(persona.wait(), 2, "exit code")
    check(len(persona.lines) >= 3 and all(line.startswith("<3>") for line in persona.lines), "prefixes", persona.tail())
    check(any('unknown key "gatway"' in line for line in persona.lines), "the reason", persona.tail())


@case("JSON stays as it is, so does the text where another standard error was meant, and files have the time")
def unchanged(case):
    pki = Pki(case)
    json_lines = run(case, UNDER_JOURNALD, config(pki, gateway="127.0.0.1:1"), "json")
    check(json_lines.wait_line('"ready"').startswith('{"time":"2'), "JSON", json_lines.tail())
    other = run(case, OF_ANOTHER, text_config(pki), "other")
    check(TIME.match(other.wait_line(" ready ")), "another standard error", other.tail())
    path = case.folder / "persona.log"
    filed = run(case, UNDER_JOURNALD, text_config(pki, file=str(path)), "filed")
    deadline = time.monotonic() + 20
    while not (path.exists() and " ready " in path.read_text()):
        check(time.monotonic() < deadline and filed.running(), "the file has lines", filed.tail())
        time.sleep(0.01)
    check(all(TIME.match(line) for line in path.read_text().splitlines()), "the file has times", path.read_text())
    filed.signal(signal.SIGTERM)
    equal(filed.wait(), 0, "exit code")


main()
