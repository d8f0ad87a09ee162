"""log.file is moved aside when it is full and followed when logrotate does that, and no line is lost."""

import json
import signal
import threading
import time

from harness.certificates import Pki
from harness.persona import Persona, address_of, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

SIZE = 4096


def lines_of(path):
    content = path.read_bytes()
    check(content.endswith(b"\n"), f"{path.name} ends within a line", content[-200:])
    return [json.loads(line) for line in content.splitlines()]


def wait_line(persona, path, message, start=0, **fields):
    """The first such line of the file, which may not exist yet, behind its byte `start`."""
    deadline = time.monotonic() + 20
    while True:
        # The last line may be on its way.
        whole = path.read_bytes()[start:].rpartition(b"\n")[0].splitlines() if path.exists() else []
        for line in map(json.loads, whole):
            if line["message"] == message and all(line.get(key) == value for key, value in fields.items()):
                return line
        check(time.monotonic() < deadline and persona.running(), f"no {message!r} in {path.name}", persona.tail())
        time.sleep(0.01)


def start(case, pki, gateway, path, **log):
    before = path.stat().st_size if path.exists() else 0
    persona = Persona(case, config(pki, gateway=gateway, log={"format": "json", "file": str(path), **log}),
                      is_ready=False)
    wait_line(persona, path, "ready", before)
    persona.address = address_of(wait_line(persona, path, "listening", before)["address"])
    return persona


def traffic(address, count, threads=4):
    """Connections one after another on each thread; what it returns waits until all have ended."""
    failed = []

    def run():
        try:
            for _ in range(count // threads):
                with connect(address) as client:
                    expect_echo(client)
        except Exception as error:  # pylint: disable=broad-except
            failed.append(error)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for each in running:
        each.start()

    def wait():
        for each in running:
            each.join()
        equal(failed, [], "connections that failed")

    return wait


def check_connections(lines, count):
    for message in ("connection open", "connection closed"):
        ids = [line["id"] for line in lines if line["message"] == message]
        equal(len(ids), count, f"lines {message!r}")
        equal(len(set(ids)), count, f"connections with a line {message!r}")


@case("under traffic")
def under_traffic(case):
    pki = Pki(case)
    path = case.folder / "persona.log"
    persona = start(case, pki, tls_gateway(case, pki.server_context()), path, max_size="1GiB")
    persona.stop()
    size = len(path.read_bytes())
    persona = start(case, pki, tls_gateway(case, pki.server_context()), path, max_size="4KiB", max_files=1000)
    traffic(persona.address, 200)()
    persona.stop()
    old = sorted(case.folder.glob("persona.log.*"), key=lambda each: -int(each.suffix[1:]))
    equal([each.suffix for each in old], [f".{number}" for number in range(len(old), 0, -1)], "old files")
    check(len(old) > 10, "it was hardly ever moved aside", old)
    check(old[0].stat().st_size >= size, "the lines before the restart are not in the oldest file")
    lines = []
    for each in [*old, path]:
        check(each.stat().st_size <= SIZE, f"{each.name} is larger than log.max_size", each.stat().st_size)
        lines += lines_of(each)
    check_connections(lines, 200)
    equal([line["message"] for line in lines].count("ready"), 2, "starts")
    equal(persona.lines, [], "lines on the standard error")


@case("only as many old files as asked for")
def old_files(case):
    pki = Pki(case)
    path = case.folder / "persona.log"
    persona = start(case, pki, tls_gateway(case, pki.server_context()), path, max_size="4KiB", max_files=2)
    traffic(persona.address, 60)()
    persona.stop()
    equal(sorted(each.name for each in case.folder.glob("persona.log*")),
          ["persona.log", "persona.log.1", "persona.log.2"], "files")


@case("in a place where it cannot: it grows, says so once, and loses nothing")
def stuck(case):
    pki = Pki(case)
    path = case.folder / "persona.log"
    (case.folder / "persona.log.1").mkdir()
    persona = start(case, pki, tls_gateway(case, pki.server_context()), path, max_size="4KiB", max_files=1)
    traffic(persona.address, 60)()
    persona.stop()
    lines = lines_of(path)
    check_connections(lines, 60)
    equal(sum(line["message"].startswith("the log file is full") for line in lines), 1, "lines that say so")


@case("two services with one file")
def shared(case):
    pki = Pki(case)
    path = case.folder / "persona.log"
    folder = case.folder / "services"
    folder.mkdir()
    gateway = tls_gateway(case, pki.server_context())
    for name in ("a", "b"):
        (folder / f"{name}.yaml").write_text(json.dumps(config(
            pki, gateway=gateway, log={"format": "json", "file": str(path), "max_size": "16KiB", "max_files": 1000})))
    persona = Persona(case, folder, is_ready=False)
    wait_line(persona, path, "ready")
    listening = [wait_line(persona, path, "listening", service=name) for name in "ab"]
    for wait in [traffic(address_of(line["address"]), 60, threads=2) for line in listening]:
        wait()
    persona.stop()
    files = list(case.folder.glob("persona.log*"))
    check(len(files) > 3, "it was hardly ever moved aside", files)
    lines = [line for each in files for line in lines_of(each)]
    for name in ("a", "b"):
        check_connections([line for line in lines if line.get("service") == name], 60)


@case("logrotate renames it under traffic: SIGHUP lets go of it")
def logrotate(case):
    pki = Pki(case)
    path = case.folder / "persona.log"
    persona = start(case, pki, tls_gateway(case, pki.server_context()), path)
    wait = traffic(persona.address, 200)
    renamed = []
    for number in range(5):
        renamed.append(path.rename(case.folder / f"persona.log-{number}"))
        persona.signal(signal.SIGHUP)
        wait_line(persona, path, "reloaded", cause="asked")
    wait()
    persona.stop()
    lines = [line for each in [*renamed, path] for line in lines_of(each)]
    check_connections(lines, 200)
    equal(len([line for line in lines if line["message"] == "reloaded"]), 5, "reloads")


@case("SIGUSR1 lets go of it, also while it drains, and reloads nothing")
def reopened(case):
    pki = Pki(case)
    path = case.folder / "persona.log"
    persona = start(case, pki, tls_gateway(case, pki.server_context()), path)
    client = connect(persona.address)
    expect_echo(client)
    wait_line(persona, path, "connection open")
    aside(persona, path, "running")
    persona.signal(signal.SIGTERM)
    wait_line(persona, path, "draining")
    aside(persona, path, "draining")
    client.close()
    persona.wait_stopped()
    lines = lines_of(path)
    equal([line["message"] for line in lines], ["connection closed", "stopped"], "lines of the last file")
    for each in (case.folder / "running", case.folder / "draining"):
        lines += lines_of(each)
    check(not [line for line in lines if line["message"] == "reloaded"], "it reloaded")


def aside(persona, path, name):
    """Renames the log file, and waits until there is a new one."""
    path.rename(path.with_name(name))
    persona.signal(signal.SIGUSR1)
    deadline = time.monotonic() + 20
    while not path.exists():
        check(time.monotonic() < deadline and persona.running(), f"no new log file while {name}")
        time.sleep(0.01)


main()
