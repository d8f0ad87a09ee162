"""A Windows service from its installation to its end: traffic, reload, drain under load, two side by side."""

import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness.certificates import Pki
from harness.persona import cli, config, native
from harness.rotation import Live, Witness, serial
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.service import Service, event_source, is_installed
from harness.sockets import Server, connect, expect_echo, read_to_end, wait_refusing


def echoing(case, pki=None, failing=False, **more):
    pki = pki or Pki(case)
    return Service(case, config(pki, gateway=tls_gateway(case, pki.server_context(), failing=failing), **more))


@case("install, start, traffic, reload, stop, start again, uninstall")
def whole_life(case):
    pki = Pki(case)
    witness = Witness(pki.server_context())
    live = Live(case, pki.client, [pki.ca])
    content = {**config(pki, gateway=Server(case, witness)), **live.config(), "reload": {"watch": False}}
    service = Service(case, content, "--start", "manual", "--display", f"Books {os.getpid()}")
    for words in ("icacls", native(live.key), rf"NT SERVICE\{service.name}", "LocalService"):
        check(words in service.installed, f"install does not say {words!r}", service.installed)
    check("EventMessageFile" in event_source(service.name), "the event source", event_source(service.name))
    check("stopped" in service.verb("status", expect=3), "the status before it was started")
    service.start()
    status = service.verb("status")
    for words in ("running", "manual", native(service.config)):
        check(words in status, f"the status does not say {words!r}", status)
    check(service.name in cli("service", "list"), "it is not listed")

    before = connect(service.address)
    expect_echo(before)
    witness.saw_last(pki.client)
    renewed = pki.ca.issue("renewed")
    live.put(renewed)
    service.verb("reload")
    service.wait_log("reloaded", serial=serial(renewed))
    with connect(service.address) as client:
        expect_echo(client)
    witness.saw_last(renewed)
    expect_echo(before)  # goes on with what it began with
    before.close()

    service.stop()
    wait_refusing(service.address)
    check("stopped" in service.verb("status", expect=3), "the status after it was stopped")
    service.verb("stop")  # it is: fine
    service.start()
    with connect(service.address) as client:
        expect_echo(client)
    service.verb("restart")
    service.verb("uninstall")
    check(not is_installed(service.name) and not event_source(service.name), "uninstall left something behind")
    equal(service.find("stopped")[-1]["connections_cut"], 0, "connections cut")
    service.verb("status", expect=4)


@case("stopped under load: what has begun finishes, new connections are refused")
def drains(case):
    service = echoing(case, timeouts={"shutdown": "30s"})
    service.start()
    ended = threading.Event()
    exchanged, failures = [0] * 6, []

    def stop():
        try:
            service.verb("stop")
        except Exception as error:
            failures.append(error)

    def exchange(number):
        try:
            with connect(service.address) as client:
                while not ended.is_set():
                    expect_echo(client, os.urandom(20_000))
                    exchanged[number] += 1
        except Exception as error:
            failures.append(error)

    clients = [threading.Thread(target=exchange, args=(number,), daemon=True) for number in range(len(exchanged))]
    for each in clients:
        each.start()
    service.wait_log("connection open", count=len(clients))
    stopping = threading.Thread(target=stop, daemon=True)
    stopping.start()
    service.wait_log("draining")
    wait_refusing(service.address)
    service.wait_status("stopping")
    at_draining = list(exchanged)
    deadline = time.monotonic() + 20
    while any(now < before + 5 for now, before in zip(exchanged, at_draining)) and not failures:
        check(stopping.is_alive(), "stop returned before the connections have ended")
        check(time.monotonic() < deadline, "the connections stand still while the service drains", exchanged)
        time.sleep(0.01)  # or this loop is what the exchanges wait for
    ended.set()
    for each in clients:
        each.join(20)
    stopping.join(20)
    check(not stopping.is_alive(), "stop did not return")
    equal(failures, [], "what went wrong")
    equal(service.wait_log("stopped")["connections_cut"], 0, "connections cut")
    service.wait_status("stopped")


@case("uninstalled while it runs: timeouts.shutdown is kept, and what is left is cut")
def uninstalled_while_running(case):
    service = echoing(case, failing=True, timeouts={"shutdown": "700ms"})
    service.start()
    client = connect(service.address)
    expect_echo(client)
    service.verb("uninstall")
    equal(read_to_end(client), (b"", "reset"), "the client's end")
    equal(service.wait_log("stopped")["connections_cut"], 1, "connections cut")
    check(not is_installed(service.name), "it is still there")


@case("two services side by side: the end of one is nothing to the other")
def two(case):
    pki = Pki(case)
    one, other = echoing(case, pki), echoing(case, pki)
    for service in (one, other):
        service.start()
        with connect(service.address) as client:
            expect_echo(client)
    listed = cli("service", "list")
    check(one.name in listed and other.name in listed, "both are listed", listed)
    client = connect(other.address)
    expect_echo(client)
    one.verb("uninstall")
    expect_echo(client)
    client.close()
    other.verb("status")
    other.stop()


@case("a folder of configurations is one service")
def folder(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    service = Service(case, config(pki, gateway=gateway))
    service.verb("uninstall")
    both = case.folder / "both"
    both.mkdir()
    for name in ("one", "two"):
        (both / f"{name}.yaml").write_bytes(service.config.read_bytes())
    service.verb("install", "--config", both)
    service.start()
    for line in service.find("listening"):
        host, port = line["address"].rsplit(":", 1)
        with connect((host, int(port))) as client:
            expect_echo(client)
    equal({line["service"] for line in service.find("listening")}, {"one", "two"}, "services")


main()
