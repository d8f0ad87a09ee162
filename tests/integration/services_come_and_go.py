"""A folder of configurations: services are started and removed while the others go on as if nothing had happened."""

import contextlib
import json
import signal
import socket

from harness.administrators import admin_of, get, samples
from harness.callers import Callers
from harness.certificates import Pki
from harness.notify_socket import NotifySocket
from harness.persona import Persona, address_of, config
from harness.rotation import put
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, read_to_end, reserve_port, text

LAST = "stopped: the last connection of a removed service has ended"


class Folder:
    def __init__(self, case, failing=False, **more):
        self.pki = Pki(case)
        self.gateway = tls_gateway(case, self.pki.server_context(), failing=failing)
        self.path = case.folder / "services"
        self.path.mkdir()
        self.more = more

    def file(self, name):
        return self.path / f"{name}.yaml"

    def write(self, stem, **more):
        put(self.file(stem), json.dumps(config(self.pki, gateway=self.gateway, **{**self.more, **more}), indent=1).encode())


def address_in(persona, service, count=1):
    return address_of(persona.wait_log("listening", service=service, count=count)["address"])


def expect_refused(address):
    with contextlib.closing(socket.socket()) as client:
        client.settimeout(20)
        check(client.connect_ex(address) != 0, f"{text(address)} still accepts")


def status(persona):
    admin = admin_of(persona)
    return ({each["name"]: each for each in json.loads(get(admin, "/status"))["services"]},
            samples(get(admin, "/metrics")))


def come_and_go(case, folder, tell):
    folder.write("a", admin={"listen": "127.0.0.1:0"})
    folder.write("b")
    persona = Persona(case, folder.path)
    with connect(address_in(persona, "a")) as held, Callers(address_in(persona, "b")) as callers:
        expect_echo(held)
        for count in range(1, 4):
            folder.write("c")
            tell(persona)
            third = address_in(persona, "c", count)
            with connect(third) as client:
                expect_echo(client)
            expect_echo(held)
            equal(sorted(status(persona)[0]), ["a", "b", "c"], "services")
            folder.file("c").unlink()
            tell(persona)
            persona.wait_log(LAST, service="c", count=count)
            expect_refused(third)
            equal(sorted(status(persona)[0]), ["a", "b"], "services")
            expect_echo(held)
    callers.check()
    check(not persona.find("no longer listening"), "a service that stays was touched")


@case("on SIGHUP: C comes and goes, and neither A's connection nor B's clients notice")
def asked(case):
    come_and_go(case, Folder(case, reload={"watch": False}), lambda persona: persona.signal(signal.SIGHUP))


@case("the same as the folder changes, by itself", deadline=90)
def noticed(case):
    come_and_go(case, Folder(case), lambda persona: None)


@case("a removed service drains: its connections go on, and end by timeouts.shutdown")
def drains(case):
    folder = Folder(case, failing=True)
    folder.write("a", admin={"listen": "127.0.0.1:0"})
    folder.write("b", timeouts={"shutdown": "60s"})
    folder.write("c", timeouts={"shutdown": "1s"})
    persona = Persona(case, folder.path)
    address = address_in(persona, "b")
    with connect(address) as held:
        expect_echo(held)
        folder.file("b").unlink()
        persona.signal(signal.SIGHUP)
        persona.wait_until(lambda: [line for line in persona.log if "b.yaml was removed" in line.get("message", "")], "removal")
        expect_echo(held)
        equal(status(persona)[0]["b"]["state"], "draining", "the state of b")
        expect_refused(address)
    persona.wait_log(LAST, service="b")
    with connect(address_in(persona, "c")) as held:
        expect_echo(held)
        folder.file("c").unlink()
        persona.signal(signal.SIGHUP)
        read_to_end(held)
    closed = persona.wait_log("connection closed", service="c", reason="shutdown")
    equal(closed["error"], "its service was removed from persona's configuration", "why")
    persona.wait_log(LAST, service="c")
    equal(sorted(status(persona)[0]), ["a"], "services")
    persona.stop(cut=1)


@case("a new file that is broken is told of, the others go on, and it is started once it is mended")
def broken(case):
    folder = Folder(case)
    folder.write("a", admin={"listen": "127.0.0.1:0"})
    persona = Persona(case, folder.path)
    folder.write("b", timeout="1s")
    persona.signal(signal.SIGHUP)
    persona.wait_log(f"{folder.file('b')} is not started, the other services go on: it is once it is mended")
    sentence = next(line["message"] for line in persona.log if 'unknown key "timeout"' in line.get("message", ""))
    check(sentence.startswith(f"{folder.file('b')}:"), "the place", sentence)
    services, metrics = status(persona)
    equal((services["b"]["state"], services["a"]["state"]), ("refused", "running"), "states")
    equal((services["b"]["reload"]["successful"], services["b"]["reload"]["error"]), (False, sentence), "the status of b")
    equal([metrics[f'persona_config_last_reload_successful{{service="{name}"}}'] for name in "ab"], [1, 0], "reloads")
    check(get(admin_of(persona), "/readyz").startswith("ready"), "the others serve, so it is ready")
    folder.write("c")  # and one that is good
    with connect(address_in(persona, "c")) as client:
        expect_echo(client)
    folder.write("b")
    with connect(address_in(persona, "b")) as client:
        expect_echo(client)
    services, metrics = status(persona)
    equal([services[name]["state"] for name in "abc"], ["running"] * 3, "states")
    equal(metrics['persona_config_last_reload_successful{service="b"}'], 1, "the reload of b")
    put(folder.file("c"), b"listen: [\n")  # a broken file of a service that runs: it goes on
    persona.wait_log("newer files are on disk, but they are refused: what is in use stays", service="c")
    with connect(address_in(persona, "c")) as client:
        expect_echo(client)


@case("systemd is told why a new file was refused")
def told(case):
    systemd = NotifySocket(case)
    folder = Folder(case, reload={"watch": False})
    folder.write("a")
    persona = Persona(case, folder.path, variables=systemd.variables())
    systemd.wait("READY")
    folder.write("b", timeout="1s")
    persona.signal(signal.SIGHUP)
    systemd.wait("RELOADING")
    status_text = systemd.wait("READY")["STATUS"]
    check(status_text.startswith(f"the reload is refused: {folder.file('b')}:"), "the result", status_text)


def survives_a_gap(folder, persona, held):
    """A file is another one for a moment, as if an editor were about to write it anew; it is back before persona, which has
    seen that, looks again a second later. False: it was too late for that."""
    bad = folder.path / "other.yaml"
    good = folder.file("b").read_bytes()
    put(folder.file("b"), b"listen: [\n")
    persona.wait_log("newer files are on disk, but they are refused: what is in use stays", service="b")
    folder.file("b").rename(bad)  # at once: gone here, and there to be told of
    persona.wait_until(lambda: [line for line in persona.log if line.get("message", "").startswith(f"{bad} is not started")], "it")
    put(folder.file("b"), good)
    bad.unlink()
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded", service="a", cause="asked")
    removed = [line for line in persona.log if "b.yaml was removed" in line.get("message", "")]
    if not removed:
        expect_echo(held)
    return not removed


@case("a file that is away for a moment is not taken for removed")
def gap(case):
    folder = Folder(case, failing=True)
    folder.write("a")
    folder.write("b")
    for _ in range(5):  # on a busy machine it can be late
        persona = Persona(case, folder.path)
        with connect(address_in(persona, "b")) as held:
            expect_echo(held)
            if survives_a_gap(folder, persona, held):
                return
        persona.stop()
    check(False, "it was removed each time")


@case("of two files with one name or address the one that runs stays, and the other is told of")
def duplicates(case):
    folder = Folder(case)
    holder, address = reserve_port()
    with holder:
        folder.write("b", listen=text(address), name="books", admin={"listen": "127.0.0.1:0"})
        persona = Persona(case, folder.path)
        folder.write("a", name="books")
        folder.write("c", listen=text(address))
        persona.signal(signal.SIGHUP)
        name = f'the service name "books" is taken by {folder.file("b")}: set another with `name`'
        persona.wait_until(lambda: [line for line in persona.log if name in line.get("message", "")], name)
        persona.wait_log(f"cannot listen on {text(address)}: the service books of this process listens there")
        services, _ = status(persona)
        equal({key: each["state"] for key, each in services.items()},
              {"books": "running", "a.yaml": "refused", "c": "refused"}, "states")
        with connect(address) as client:
            expect_echo(client)
        folder.file("b").unlink()  # then the others may have what it had
        persona.signal(signal.SIGHUP)
        with Callers(address) as callers:
            persona.wait_until(lambda: len(persona.find("listening", service="books")) == 2, "a")
            persona.wait_log("listening", service="c")
        callers.check()


@case("a file that is renamed, with another name for the service: no client is refused meanwhile")
def renamed(case):
    folder = Folder(case)
    holder, address = reserve_port()
    with holder:
        folder.write("a", listen=text(address))
        folder.write("other")
        persona = Persona(case, folder.path)
        with Callers(address) as callers, connect(address) as held:
            expect_echo(held)
            for count in range(1, 6):
                for old, new in (("a", "z"), ("z", "a")):
                    folder.file(old).rename(folder.file(new))
                    persona.signal(signal.SIGHUP)
                    persona.wait_log(f"{folder.file(new)} was added: its service is started", count=count)
            expect_echo(held)
        callers.check()


@case("a folder that is emptied is taken for a mistake: everything goes on")
def emptied(case):
    folder = Folder(case)
    folder.write("a")
    persona = Persona(case, folder.path)
    folder.file("a").unlink()
    persona.signal(signal.SIGHUP)
    persona.wait_log(f"{folder.path}: there is no *.yaml file in this folder: what runs goes on")
    with connect(persona.address) as client:
        expect_echo(client)


main()
