"""`persona run --replace` and SIGUSR2: one process takes the listening sockets over from another, and nobody is refused."""

import contextlib
import json
import os
import re
import signal
import socket
import stat
import time

from harness.callers import Callers
from harness.certificates import Pki
from harness.persona import Persona, address_of, cli, config, write_config
from harness.runner import amount, case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, listen, text, wait_refusing


def place(case):
    """A folder for the sockets at which the processes meet."""
    os.environ["RUNTIME_DIRECTORY"] = str(case.folder)
    return case.folder


def gateway(case, pki):
    return tls_gateway(case, pki.server_context(), failing=True)  # clients may leave before the handshake


def content(case, pki, **more):
    return config(pki, gateway=gateway(case, pki), **more)


def replacement(case, path):
    """A process that takes over; it listens and the other one drains."""
    return Persona(case, path, options=["--replace"])


def meeting_point(case):
    (found,) = case.folder.glob("*.handover")
    return found


@case("under load nobody is refused or reset, on TCP and on a Unix socket", deadline=200)
def under_load(case):
    place(case)
    pki = Pki(case)
    entrance = case.folder / "entrance"
    path = write_config(case, content(case, pki, listen=["127.0.0.1:0", f"unix:{entrance}"]))
    persona = Persona(case, path)
    # Two hundred a second, by four who wait for their echo.
    with contextlib.ExitStack() as coming:
        callers = [coming.enter_context(Callers(where, 50)) for where in (persona.address, entrance) * 2]
        for _ in range(amount(20, 4, 2)):
            following = replacement(case, path)
            equal(following.address, persona.address, "the address")
            persona.wait_stopped()
            check(persona.find(f"handed over to process {following.pid}, draining"), "what the old one says")
            check(following.find(f"taking over from process {persona.pid}"), "what the new one says")
            persona = following
    for each in callers:
        each.check()
    check(entrance.exists(), "the file of the Unix socket is there")
    persona.stop()
    check(not entrance.exists(), "the last one removes the file of the Unix socket")
    check(not list(case.folder.glob("*.handover")), "and the one at which they meet")


@case("an idle session lives on in the old process, which ends with it")
def sessions_live_on(case):
    place(case)
    path = write_config(case, content(case, Pki(case)))
    persona = Persona(case, path)
    pooled = connect(persona.address)
    expect_echo(pooled)
    following = replacement(case, path)
    persona.wait_log("draining")
    fresh = connect(following.address)
    expect_echo(fresh)
    expect_echo(pooled, b"still here")
    # Who stops the service tells both, as systemd does: to the old one that is its first order to stop, however late it comes.
    late = time.monotonic() + 1.5
    while time.monotonic() < late:
        expect_echo(pooled)
    persona.signal(signal.SIGTERM)
    for _ in range(20):
        expect_echo(pooled, b"and still")
    check(persona.running(), "the old process has ended before its session")
    pooled.close()
    persona.wait_stopped()
    expect_echo(fresh)


@case("what cannot start leaves everything as it was")
def failing(case):
    place(case)
    pki = Pki(case)
    entrance = case.folder / "entrance"
    good = content(case, pki, listen=["127.0.0.1:0", f"unix:{entrance}"])
    path = write_config(case, good)
    persona = Persona(case, path)
    write_config(case, good | {"gateway": "nonsense"})
    cli("run", "--config", path, "--replace", expect=2)
    with listen() as taken:
        write_config(case, good | {"listen": [*good["listen"], text(taken.getsockname())]})
        check("in use" in cli("run", "--config", path, "--replace", expect=2), "why it does not start")
    persona.wait_log_like("has not taken over")
    for where in (persona.address, entrance):
        expect_echo(connect(where))
    write_config(case, good)
    following = replacement(case, path)
    persona.wait_stopped()
    expect_echo(connect(entrance))
    following.stop()


@case("a replacement may listen elsewhere: what is new is bound, what is gone is closed")
def changed(case):
    place(case)
    pki = Pki(case)
    kept, gone, new = (case.folder / name for name in ("kept", "gone", "new"))
    with listen() as reserved:
        other = reserved.getsockname()
    before = content(case, pki, listen=["127.0.0.1:0", text(other), f"unix:{gone}", f"unix:{kept}"],
                     admin={"listen": "127.0.0.1:0"})
    path = write_config(case, before)
    persona = Persona(case, path)
    admin = persona.wait_log("answering administrators")["address"]
    listens = ["127.0.0.1:0", f"unix:{new}", {"address": f"unix:{kept}", "mode": "0600"}]
    write_config(case, before | {"listen": listens})
    following = replacement(case, path)
    persona.wait_stopped()
    equal(following.address, persona.address, "the address that the kernel chose")
    equal(following.wait_log("answering administrators")["address"], admin, "where administrators are answered")
    for where in (following.address, new, kept):
        expect_echo(connect(where))
    wait_refusing(other)
    check(not gone.exists(), "the file of the socket that is gone")
    equal(stat.S_IMODE(kept.stat().st_mode), 0o600, "the mode of the file that is kept")
    with connect(address_of(admin)) as client:
        client.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
        check(b"200" in client.recv(100), "what administrators are answered")


def handed_over_to(case, persona):
    line = persona.wait_until(lambda: [one for one in persona.lines if "handed over to process" in one], "a hand-over")[0]
    following = int(re.search(r"handed over to process (\d+)", line)[1])
    case.defer(end, following)
    return following


@case("SIGUSR2 starts the program anew")
def by_signal(case):
    place(case)
    path = write_config(case, content(case, Pki(case)))
    persona = Persona(case, path)
    pooled = connect(persona.address)
    expect_echo(pooled)
    persona.signal(signal.SIGUSR2)
    following = handed_over_to(case, persona)
    equal(persona.wait_log("listening", count=2)["address"], text(persona.address), "where the new one listens")
    expect_echo(connect(persona.address))
    expect_echo(pooled)
    pooled.close()
    os.kill(following, signal.SIGTERM)
    persona.wait_log("stopped", count=2)
    persona.wait_stopped()


@case("SIGUSR2 and a configuration that is broken: the old one says so and goes on")
def by_signal_in_vain(case):
    place(case)
    path = write_config(case, content(case, Pki(case), reload={"watch": False, "interval": "0s"}))
    persona = Persona(case, path)
    good = path.read_text()
    path.write_text("nonsense")
    persona.signal(signal.SIGUSR2)
    persona.wait_log_like("which was to replace this one, has ended (exit code 2): this one goes on")
    expect_echo(connect(persona.address))
    path.write_text(good)
    persona.signal(signal.SIGUSR2)
    handed_over_to(case, persona)
    expect_echo(connect(persona.address))


def asking(where, ask):
    """A connection to whose request the answer is not that another one, which has gone, is not done yet."""
    while True:
        client = connect(where)
        with contextlib.suppress(OSError):
            client.sendall(ask)
            if b"refused" not in client.recv(65536, socket.MSG_PEEK):
                return client
        client.close()


def end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@case("whoever asks and dies, talks nonsense or only looks changes nothing")
def nonsense(case):
    place(case)
    pki = Pki(case)
    entrance = case.folder / "entrance"
    path = write_config(case, content(case, pki, listen=[f"unix:{entrance}", "127.0.0.1:0"]))
    persona = Persona(case, path)
    where = meeting_point(case)
    equal(stat.S_IMODE(where.stat().st_mode), 0o600, "the mode of the socket at which they meet")
    ask = json.dumps({"persona": 1, "order": "ask", "pid": 4711}).encode() + b"\n"
    connect(where).close()
    for said in (b"nonsense\n", b"x" * 100_000, b"{}\n", ask + b"nonsense\n", ask + ask):
        with contextlib.suppress(OSError), connect(where) as client:
            client.sendall(said)
            while client.recv(65536):
                pass
    with asking(where, ask) as client:
        received, descriptors, _, _ = socket.recv_fds(client, 65536, 10)
        sockets = json.loads(received)["sockets"]
        equal(len(descriptors), len(sockets), "descriptors")
        check({f"unix:{entrance}", f"unix:{where}", "127.0.0.1:0"} == {each["asked"] for each in sockets}, "sockets", sockets)
        with connect(where) as second:
            with contextlib.suppress(BrokenPipeError):  # it hangs up at once
                second.sendall(ask)
            check(b"already" in second.recv(65536), "a second one is told")
        for each in descriptors:
            os.close(each)
    persona.wait_log_like("process 4711 has not taken over, and this one goes on: it hung up")
    expect_echo(connect(entrance))
    following = replacement(case, path)
    persona.wait_stopped()
    expect_echo(connect(entrance))
    following.stop()
    check(not entrance.exists(), "the file of the Unix socket is removed at the end")


@case("while another process takes over, nothing listens elsewhere, which could be in its way")
def held(case):
    place(case)
    pki = Pki(case)
    entrance = case.folder / "entrance"
    before = content(case, pki, listen=["127.0.0.1:0", f"unix:{entrance}"], reload={"watch": False}, log={"level": "debug", "format": "json"})
    path = write_config(case, before)
    persona = Persona(case, path)
    where = meeting_point(case)
    ask = json.dumps({"persona": 1, "order": "ask", "pid": 4711}).encode() + b"\n"
    with listen() as reserved:
        other = reserved.getsockname()
    with asking(where, ask) as client:
        _, descriptors, _, _ = socket.recv_fds(client, 65536, 10)
        write_config(case, before | {"listen": [*before["listen"], text(other)]})
        persona.signal(signal.SIGHUP)
        persona.wait_log_like("`listen` stays as it is")
        expect_echo(connect(entrance))
        socket.create_server(other).close()
        check(not persona.find("reloaded"), "it is reloaded meanwhile", persona.tail())
        for each in descriptors:
            os.close(each)
    persona.wait_log_like("has not taken over")
    persona.wait_log("reloaded")
    expect_echo(connect(other))

    # What a reload has changed is handed over as it is now.
    write_config(case, before | {"listen": [{"address": f"unix:{entrance}", "mode": "0600"}, text(other)]})
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded", count=2)
    equal(stat.S_IMODE(entrance.stat().st_mode), 0o600, "its mode")
    following = replacement(case, path)
    persona.wait_stopped()
    expect_echo(connect(entrance))
    expect_echo(connect(other))
    following.stop()


@case("nor does a service come or go then")
def held_folder(case):
    place(case)
    pki = Pki(case)
    services = case.folder / "services"
    services.mkdir()
    for name in ("a", "b"):
        (services / f"{name}.yaml").write_text(json.dumps(content(case, pki, reload={"watch": False})))
    persona = Persona(case, services)
    ask = json.dumps({"persona": 1, "order": "ask", "pid": 4711}).encode() + b"\n"
    with asking(meeting_point(case), ask) as client:
        _, descriptors, _, _ = socket.recv_fds(client, 65536, 10)
        (services / "a.yaml").rename(services / "c.yaml")
        persona.signal(signal.SIGHUP)
        persona.wait_log_like("come and go when that is decided")
        check(not persona.find("reloaded") and not persona.find("listening", service="c"), "it is done meanwhile", persona.tail())
        for each in descriptors:
            os.close(each)
    address = address_of(persona.wait_log("listening", service="c")["address"])
    persona.wait_log("reloaded", service="b", cause="asked")
    expect_echo(connect(address))


@case("with nobody to replace it starts as ever; and where others may write, they do not meet")
def nobody(case):
    place(case)
    path = write_config(case, content(case, Pki(case)))
    persona = replacement(case, path)
    persona.wait_log_like("nobody runs who could be replaced")
    expect_echo(connect(persona.address))
    persona.stop()
    case.folder.chmod(0o777)
    check("only this user may write" in cli("run", "--config", path, "--replace", expect=1), "what it says")
    Persona(case, path).wait_log_like("cannot be replaced while it runs")
    case.folder.chmod(0o711)


main()
