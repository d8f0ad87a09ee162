"""A reload applies what it can, and names each key that waits for a restart."""

import signal

from harness.certificates import Pki
from harness.persona import ANY_PORT, Persona, config, write_config
from harness.rotation import wait_refused
from harness.runner import case, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo


def restart_lines(persona, behind=None):
    log = list(persona.log)
    return [line["message"] for line in log[log.index(behind) if behind else 0:]
            if "restart persona" in line.get("message", "")]


@case("name, threads and where the log goes; the rest of the same reload is used")
def keys(case):
    pki = Pki(case)
    first, second = (tls_gateway(case, pki.server_context()) for _ in range(2))
    persona = Persona(case, config(pki, gateway=first, **ANY_PORT))
    write_config(case, config(pki, gateway=second, name="other", threads=1, sandbox="required", user="root",
                              log={"format": "text", "file": str(case.folder / "log")}))
    for count in (1, 2):  # SIGHUP says so every time
        persona.signal(signal.SIGHUP)
        # The look at the start may have seen it, and said so, before.
        asked = persona.wait_log("reloaded", count=count, cause="asked")
        persona.wait_until(lambda asked=asked: len(restart_lines(persona, asked)) == 6, "six warnings")
        equal(restart_lines(persona, asked),
              [f"{key} changed: restart persona to use it" for key in ("name", "threads", "sandbox", "user", "log.format", "log.file")],
              "what is said")
    with connect(persona.address) as client:
        expect_echo(client)
    equal((first.accepted, second.accepted), (0, 1), "connections of the gateways")
    told = len(restart_lines(persona))
    write_config(case, config(pki, gateway=second, **ANY_PORT))
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded", count=3, cause="asked")
    equal(len(restart_lines(persona)), told, "lines that ask for a restart")


@case("a file that becomes the other end is refused")
def other_mode(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=gateway))
    write_config(case, config(pki, service=gateway))
    persona.signal(signal.SIGHUP)
    wait_refused(persona, "restart persona to use it")
    with connect(persona.address) as client:
        expect_echo(client)


main()
