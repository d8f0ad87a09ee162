"""A name server that does not answer: only who needs it waits. Other services connect, reloads load, and the end comes
as fast as ever; all who wait for a name share one look-up."""

import signal
import threading

from harness.certificates import Pki
from harness.machine import NameServer, enter_or_skip
from harness.persona import Persona, address_of, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, expect_reset, read_exactly

SERVICES = 10
CLIENTS = 4  # of each
SHARED_THREADS = 8  # for look-ups in libuv's pool of 16: so many that are silent would stop all others there
HEALTHY = "healthy.test"
PATIENT = {"connect": "5m", "shutdown": "5m"}


def silent(number):
    return f"gateway{number}.silent.test"


class Scene:
    """One healthy service and many whose name server is silent, with look-ups of all of them under way."""

    def __init__(self, case, **more):
        self.name_server = NameServer(case)
        pki = Pki(case)
        gateway = tls_gateway(case, pki.server_context())
        folder = case.folder / "conf"
        folder.mkdir()
        hosts = {"healthy": HEALTHY} | {f"silent{number}": silent(number) for number in range(SERVICES)}
        for name, host in hosts.items():
            content = config(pki, gateway=f"{host}:{gateway.address[1]}", timeouts=PATIENT, **more)
            write_config(case, content, f"conf/{name}")
        self.persona = Persona(case, folder)
        addresses = {line["service"]: address_of(line["address"]) for line in self.persona.listening()}
        self.healthy = addresses.pop("healthy")
        self.clients = [connect(address) for _ in range(CLIENTS) for address in addresses.values()]
        for client in self.clients:
            case.defer(client.close)
        self.name_server.wait_asked(SHARED_THREADS)

    def leave(self):
        for client in self.clients:
            client.close()
        self.persona.wait_closed(len(self.clients))


@case("another service connects")
def another_connects(case):
    scene = Scene(case)
    for _ in range(20):
        with connect(scene.healthy) as client:
            expect_echo(client)
    scene.leave()


@case("a reload loads the files of all services")
def reloads(case):
    scene = Scene(case)
    scene.persona.signal(signal.SIGHUP)
    scene.persona.wait_log("reloaded", count=SERVICES + 1)
    scene.leave()


@case("the end does not wait for look-ups that nobody waits for")
def ends(case):
    scene = Scene(case)
    scene.leave()
    scene.persona.stop()


@case("a forced end does not wait for look-ups")
def forced(case):
    scene = Scene(case)
    scene.persona.signal(signal.SIGTERM)
    equal(scene.persona.wait_log("draining")["connections"], len(scene.clients), "live connections")
    scene.persona.force()
    for client in scene.clients:
        expect_reset(client)
    scene.persona.wait_stopped(cut=len(scene.clients), code=1)


@case("an answer that comes while the program stands still is used")
def stood_still(case):
    name_server = NameServer(case)
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    persona = Persona(case, config(pki, gateway=f"{silent(0)}:{gateway.address[1]}", timeouts={"connect": "1s"}))
    client = connect(persona.address)
    name_server.wait_asked(1)
    persona.signal(signal.SIGSTOP)
    name_server.answer()
    threading.Event().wait(2.5)  # longer than timeouts.connect: that is what is tested
    persona.signal(signal.SIGCONT)
    expect_echo(client)
    client.close()
    persona.next_close("local_closed")


@case("all who wait for a name share one look-up, whatever service and port, and its answer serves them all")
def shared(case):
    name_server = NameServer(case)
    pki = Pki(case)
    gateways = [tls_gateway(case, pki.server_context()) for _ in range(2)]
    folder = case.folder / "conf"
    folder.mkdir()
    for number, gateway in enumerate(gateways):
        content = config(pki, gateway=f"{silent(0)}:{gateway.address[1]}", timeouts=PATIENT)
        write_config(case, content, f"conf/service{number}")
    persona = Persona(case, folder)
    addresses = [address_of(line["address"]) for line in persona.listening()]
    early = connect(addresses[0])
    name_server.wait_asked(1)
    early.close()  # its look-up goes on, for the next
    persona.next_close("local_closed")
    clients = [connect(address) for address in addresses for _ in range(20)]
    for client in clients:
        client.sendall(b"hello")
    # All of them wait once one that came behind has ended, on either event loop (they take turns).
    for count, address in enumerate(sorted(addresses * 2)):
        connect(address).close()
        persona.wait_closed(2 + count)
    waiting = 1 + 2 * len(addresses)
    equal(name_server.asked(), [silent(0)], "what the name server was asked")
    name_server.answer()
    for client in clients:
        equal(read_exactly(client, 5), b"hello", "the echo")
        client.close()
    persona.wait_closed(waiting + len(clients))
    equal([gateway.accepted for gateway in gateways], [20, 20], "connections of the gateways")
    with connect(addresses[0]) as client:
        expect_echo(client)
    equal(name_server.asked(), [silent(0)] * 2, "a later connection resolves anew")


@case("timeouts.connect bounds the wait for an answer, and the log says who did not answer")
def bounded(case):
    name_server = NameServer(case)
    persona = Persona(case, config(Pki(case), gateway=f"{silent(0)}:5433", timeouts={"connect": "300ms"}))
    for _ in range(3):
        expect_reset(connect(persona.address))
        persona.next_close("dial_timeout", error=f"cannot resolve {silent(0)} within timeouts.connect (300ms): "
                                                 "no name server has answered; look at the DNS settings")
    equal(name_server.asked(), [silent(0)], "what the name server was asked")


@case("a service has four look-ups under way at most; names that wait behind its silent ones say so")
def bound(case):
    name_server = NameServer(case)
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    names = [silent(number) for number in range(6)]
    persona = Persona(case, config(pki, gateway=[*(f"{name}:5433" for name in names), gateway],
                                   timeouts={"connect": "300ms"}))
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close("local_closed")
    equal(sorted(name_server.asked()), names[:4], "the names that were looked up")
    told = [line["message"] for line in persona.log if "cannot resolve" in line["message"]]
    check(all(name in sentence for name, sentence in zip(names, told)) and len(told) == len(names),
          "each name that did not resolve is told of", told)
    check(all("it waits for 4 other names of this service" in sentence for sentence in told[4:]), "the reason", told)


@case("a name that does not exist is told of in the words of old")
def unknown(case):
    name_server = NameServer(case)
    persona = Persona(case, config(Pki(case), gateway=f"{silent(0)}:5433", timeouts=PATIENT))
    name_server.answer(exists=False)
    expect_reset(connect(persona.address))
    persona.next_close("dial_failed", error=f"cannot resolve {silent(0)}: unknown node or service")


@case("reload.probe resolves names too, and refuses what no name server answers for")
def probed(case):
    NameServer(case)
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)

    def content(host, connect_timeout):
        return config(pki, gateway=f"{host}:{gateway.address[1]}", timeouts={"connect": connect_timeout},
                      reload={"probe": True, "watch": False})

    persona = Persona(case, content(HEALTHY, "300ms"))
    write_config(case, content(silent(0), "300ms"))
    persona.signal(signal.SIGHUP)
    persona.wait_line(f"cannot resolve {silent(0)} within timeouts.connect (300ms): no name server has answered")
    write_config(case, content(HEALTHY, "20s"))
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded", changed=True)


enter_or_skip({"127.0.0.1": [HEALTHY]})
main()
