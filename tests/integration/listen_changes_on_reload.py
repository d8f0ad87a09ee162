"""`listen` changes while a service runs: new addresses are bound before old ones are closed, and who uses one that stays
notices nothing."""

import contextlib
import json
import os
import signal
import socket

from harness.administrators import admin_of, get, samples
from harness.callers import Callers
from harness.certificates import Pki
from harness.persona import Persona, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, reserve_port, text


class Changing:
    """A persona whose `listen` is changed."""

    def __init__(self, case, *listen, **more):
        self._case, self._more = case, more
        pki = Pki(case)
        self._content = config(pki, gateway=tls_gateway(case, pki.server_context()), reload={"watch": False},
                               admin={"listen": "127.0.0.1:0"})
        self._reloads = 0
        self.persona = Persona(case, self._write(*listen))

    def _write(self, *listen, **more):
        return write_config(self._case, self._content | {"listen": list(listen)} | self._more | more)

    def change(self, *listen, **more):
        self._write(*listen, **more)
        self.persona.signal(signal.SIGHUP)
        self._reloads += 1
        self.persona.wait_log("reloaded", count=self._reloads, cause="asked")

    def refused(self, sentence, *listen):
        before = len(self.persona.find(sentence))
        self._write(*listen)
        self.persona.signal(signal.SIGHUP)
        self.persona.wait_log(sentence, count=before + 1)

    def state(self):
        return json.loads(get(admin_of(self.persona), "/status"))["services"][0]


def accepts(address):
    with contextlib.closing(socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)) as client:
        client.settimeout(20)
        return client.connect_ex(address) == 0


@contextlib.contextmanager
def ports(count):
    with contextlib.ExitStack() as holders:
        reserved = [reserve_port() for _ in range(count)]
        for holder, _ in reserved:
            holders.enter_context(holder)
        yield [address for _, address in reserved]


@case("addresses come and go, and the one that stays serves all the while")
def come_and_go(case):
    with ports(3) as (stays, first, second):
        changing = Changing(case, text(stays), text(first))
        with connect(stays) as held, connect(first) as old, Callers(stays) as callers:
            expect_echo(held)
            expect_echo(old)
            for here, there in ((second, first), (first, second)) * 3:
                changing.change(text(here), text(stays))
                with connect(here) as client:
                    expect_echo(client)
                check(not accepts(there), f"{text(there)} still accepts")
                expect_echo(held)
                expect_echo(old)  # its address is gone, it is not
        callers.check()
        persona = changing.persona
        equal(len(persona.find("listening")), 2 + 6, "addresses that were bound")
        equal(len(persona.find("no longer listening")), 6, "addresses that were closed")


@case("a port that the kernel chose stays, also when it is written down")
def kernel_chosen(case):
    changing = Changing(case, "127.0.0.1:0")
    with Callers(changing.persona.address) as callers, ports(1) as (other,):
        changing.change("127.0.0.1:0", text(other))
        changing.change(text(changing.persona.address))
    callers.check()
    equal(len(changing.persona.find("listening")), 2, "addresses that were bound")


@case("an address in use refuses the reload and changes nothing; it is used once it is free")
def in_use(case):
    with ports(3) as (stays, free, taken):
        changing = Changing(case, text(stays))
        with socket.create_server(taken, reuse_port=False) as other:
            with Callers(stays) as callers:
                sentence = f"cannot listen on {text(taken)}: address already in use; another program listens there"
                changing.refused(sentence, text(free), text(taken))
            callers.check()
            check(not accepts(free), "an address of a refused reload is listened on")
            equal((changing.state()["reload"]["successful"], changing.state()["reload"]["error"]), (False, sentence), "the status")
            other.close()
        changing.change(text(free), text(taken))
        for address in (free, taken):
            with connect(address) as client:
                expect_echo(client)
        check(not accepts(stays), "the old address still accepts")
        equal(changing.state()["reload"]["successful"], True, "the status")


@case("all addresses for one of them: what stands in its own way is told, and needs a restart")
def overlapping(case):
    with ports(1) as (address,):
        changing = Changing(case, text(address), unsafe_listen=True)
        with Callers(address) as callers:
            changing.refused(f"cannot listen on 0.0.0.0:{address[1]}: this service has another address of this port now, which is "
                             "in the way; this change needs a restart", f"0.0.0.0:{address[1]}")
        callers.check()


@case("Unix sockets come, change their mode and go, and no client is refused")
def unix_sockets(case):
    first, second = (str(case.folder / name) for name in ("first", "second"))
    changing = Changing(case, {"address": f"unix:{first}", "mode": "0600"})
    with Callers(first) as callers, connect(first) as held:
        expect_echo(held)
        for mode in ("0660", "0606", "0666", "0600"):
            changing.change({"address": f"unix:{first}", "mode": mode}, f"unix:{second}")
            equal(f"{os.stat(first).st_mode & 0o777:04o}", mode, "the mode")
            with connect(second) as client:
                expect_echo(client)
            expect_echo(held)
    callers.check()
    changing.change(f"unix:{second}")
    equal([each.name for each in case.folder.iterdir() if each.is_socket()], ["second"], "files of sockets")


@case("what waits for a restart is in the status and the metrics")
def restart_needed(case):
    changing = Changing(case, "127.0.0.1:0")
    metric = 'persona_config_restart_needed{service="service"}'

    def seen():
        return changing.state()["restart_needed"], samples(get(admin_of(changing.persona), "/metrics"))[metric]

    equal(seen(), ([], 0), "at the start")
    changing.change("127.0.0.1:0", threads=1, name="other")
    equal(seen(), (["name", "threads"], 1), "after a change of both")
    changing.change("127.0.0.1:0")
    equal(seen(), ([], 0), "when they are again as they were")


main()
