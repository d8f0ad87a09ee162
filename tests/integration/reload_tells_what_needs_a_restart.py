"""A reload applies what it can, and names each key that waits for a restart."""

import signal

from harness.certificates import Pki
from harness.persona import Persona, config, write_config
from harness.rotation import wait_refused
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, refused_address, text


def restart_lines(persona, behind=None):
    log = list(persona.log)
    return [line["message"] for line in log[log.index(behind) if behind else 0:]
            if "restart persona" in line.get("message", "")]


@case("listen, name, threads and where the log goes; the rest of the same reload is used")
def keys(case):
    pki = Pki(case)
    first, second = (tls_gateway(case, pki.server_context()) for _ in range(2))
    persona = Persona(case, config(pki, gateway=first))
    with refused_address() as elsewhere:
        write_config(case, config(pki, gateway=second, name="other", listen=text(elsewhere), threads=1,
                                  log={"format": "text", "file": str(case.folder / "log")}))
        for count in (1, 2):  # SIGHUP says so every time
            persona.signal(signal.SIGHUP)
            # The look at the start may have seen it, and said so, before.
            asked = persona.wait_log("reloaded", count=count, cause="asked")
            persona.wait_until(lambda asked=asked: len(restart_lines(persona, asked)) == 5, "five warnings")
            equal(restart_lines(persona, asked),
                  [f"{key} changed: restart persona to use it"
                   for key in ("name", "listen", "threads", "log.format", "log.file")], "what is said")
    with connect(persona.address) as client:
        expect_echo(client)
    equal((first.accepted, second.accepted), (0, 1), "connections of the gateways")
    told = len(restart_lines(persona))
    write_config(case, config(pki, gateway=second))
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


@case("files that come and go in a folder")
def folder(case):
    pki = Pki(case)
    folder = case.folder / "services"
    folder.mkdir()
    gateway = tls_gateway(case, pki.server_context())

    def write(name):
        (folder / f"{name}.yaml").write_bytes(
            write_config(case, config(pki, gateway=gateway, reload={"watch": False}), name).read_bytes())

    write("a")
    write("b")
    persona = Persona(case, folder)
    write("c")
    (folder / "b.yaml").unlink()
    persona.signal(signal.SIGHUP)
    persona.wait_log(f"{folder / 'c.yaml'} was added: restart persona to run it")
    persona.wait_log(f"{folder / 'b.yaml'} was removed: restart persona to stop its service")
    persona.wait_log("reloaded", service="a")
    wait_refused(persona, "No such file or directory")
    for line in persona.listening():
        host, port = line["address"].rsplit(":", 1)
        with connect((host, int(port))) as client:
            expect_echo(client)
    check(not persona.find("reloaded", service="b"), "a service without its file reloaded")


main()
