"""Signals that do not mean the end do not end the program, at whatever moment they come."""

import json
import os
import signal

from harness.certificates import Pki
from harness.persona import Persona, config, write_config
from harness.runner import case, check, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

HARMLESS = (signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE)


def send_all(persona, *others):
    for number in (*HARMLESS, *others):
        persona.signal(number)


@case("while it starts")
def starting(case):
    pki = Pki(case)
    pipe = case.folder / "service.yaml"
    os.mkfifo(pipe)
    persona = Persona(case, pipe, is_ready=False)
    with open(pipe, "w", encoding="utf-8") as content:  # returns once the program reads it
        send_all(persona, signal.SIGUSR2)
        written = json.dumps(config(pki, gateway=tls_gateway(case, pki.server_context())))
        write_config(case, written, "next").rename(pipe)  # what a reload reads
        content.write(written)
    persona.wait_log("ready")
    check(not persona.find("reloaded"), "it reloaded before there was anything to reload")


@case("while it runs and while it drains")
def running(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context())))
    client = connect(persona.address)
    send_all(persona)
    persona.wait_log("reloaded")
    expect_echo(client)
    persona.signal(signal.SIGTERM)
    persona.wait_log("draining")
    send_all(persona, signal.SIGUSR2)  # which replaces one that runs
    expect_echo(client, b"still here")
    client.close()
    persona.wait_stopped()


@case("while it ends")
def ending(case):
    pki = Pki(case)
    for _ in range(10):
        persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context())))
        persona.signal(signal.SIGTERM)
        while persona.running():
            send_all(persona)
        persona.wait_stopped()


main()
