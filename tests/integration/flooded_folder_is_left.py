"""Something beside the configuration is written all the time: persona sleeps, still reloads, and still obeys."""

import os
import pathlib
import signal
import subprocess
import sys
import time

from harness.certificates import Pki
from harness.persona import Persona, config, write_config
from harness.runner import case, check, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

# Writes so long that a watcher of the folder could do nothing else.
WRITER = """
import os, sys
traces = [os.open(path, os.O_WRONLY | os.O_CREAT) for path in sys.argv[1:]]
while True:
    for trace in traces:  # notifications of one alone would be one while they wait
        os.pwrite(trace, b"x", 0)
"""


def seconds(pid):
    """Of processor time: utime and stime (proc(5))."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@case("traces are written beside the configuration", deadline=120)
def flooded(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway, reload={"interval": "1s"}))
    writer = subprocess.Popen([sys.executable, "-B", "-c", WRITER, case.folder / "one.trace", case.folder / "two.trace"])
    case.defer(writer.wait, 20)
    case.defer(writer.kill)
    before, begun = seconds(persona.pid), seconds(writer.pid)
    write_config(case, config(pki, gateway=gateway, reload={"interval": "1s"}, timeouts={"idle": "1h"}))
    persona.wait_log("reloaded", changed=True)
    with connect(persona.address) as client:
        expect_echo(client)
    deadline = time.monotonic() + 60
    while seconds(writer.pid) - begun < 3:
        check(time.monotonic() < deadline, "the writer has not had 3 s of a processor")
        time.sleep(0.05)
    spent, written = seconds(persona.pid) - before, seconds(writer.pid) - begun
    check(spent < written / 4, f"persona has spent {spent} s while the writer has {written} s")
    persona.signal(signal.SIGTERM)
    persona.wait_log("stopped")


main()
