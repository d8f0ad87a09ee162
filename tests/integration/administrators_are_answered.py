"""The admin endpoint: metrics of expiry and reloads as Prometheus reads them, readiness, and no harm by odd clients."""

import collections
import contextlib
import http.client
import json
import pathlib
import signal
import threading
import time

from harness.administrators import admin_of, get, samples
from harness.certificates import Pki
from harness.persona import Persona, address_of, config, native, write_config
from harness.rotation import put, wait_refused
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, read_to_end, refused_address, reserve_port, text, wait_listening

MOST = 128  # at once


@case("metrics tell when certificates expire, the gateway's too once it was seen, and how the last reload went")
def metrics(case):
    pki = Pki(case)
    content = config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"})
    file = write_config(case, content)
    persona = Persona(case, file)
    admin = admin_of(persona)
    before = samples(get(admin, "/metrics"))
    expiry = 'persona_certificate_not_after_timestamp_seconds{service="service",role="%s"}'
    for role, days in (("leaf", 90), ("ca", 365)):
        left = (before[expiry % role] - time.time()) / 86400
        check(days - 1 < left <= days, f"days left of {role}", left)
    check(expiry % "gateway" not in before, "a gateway that nobody has seen", before)
    equal(before['persona_config_last_reload_successful{service="service"}'], 1, "the start")
    with connect(persona.address) as client:
        expect_echo(client)
        during = samples(get(admin, "/metrics"))
        equal(during['persona_connections_active{service="service"}'], 1, "connections")
        check(89 < (during[expiry % "gateway"] - time.time()) / 86400 <= 90, "days left of the gateway's", during)
    put(file, b"listen: [\n")
    wait_refused(persona, "service.yaml:")
    after = samples(get(admin, "/metrics"))
    equal(after['persona_config_last_reload_successful{service="service"}'], 0, "a reload that was refused")
    state = json.loads(get(admin, "/status"))["services"][0]
    check("service.yaml:" in state["reload"]["error"], "the status does not say why", state)
    put(file, json.dumps(content).encode())
    persona.wait_log("reloaded")
    equal(samples(get(admin, "/metrics"))['persona_config_last_reload_successful{service="service"}'], 1, "mended")


@case("the status says which gateway has failed, when, and which one rests")
def targets(case):
    pki = Pki(case)
    good = tls_gateway(case, pki.server_context())
    with refused_address() as bad:
        persona = Persona(case, config(pki, gateway=[text(bad), good], admin={"listen": "127.0.0.1:0"}))
        admin = admin_of(persona)
        unknown = json.loads(get(admin, "/status"))["services"][0]["targets"]
        equal(unknown, [{"address": where, "resting": False, "failed_at": None} for where in (text(bad), str(good))], "before")
        with connect(persona.address) as client:
            expect_echo(client)
            first, second = json.loads(get(admin, "/status"))["services"][0]["targets"]
    check(abs(first["failed_at"] - time.time()) < 60, "when it failed", first)
    equal(second, unknown[1], "the good one")


@case("a revocation list that is about to expire is in the metrics, the status and the log")
def revocation_list(case):
    pki = Pki(case)
    path = case.folder / "ca.crl"
    put(path, pki.ca.revocation_list(1, since=-1, until=9))
    content = config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"})
    content["trust"]["crl"] = str(path)
    persona = Persona(case, content)

    def warnings():
        return [line for line in persona.log if line["level"] == "warn" and "revocation list" in line["message"]]

    role = 'persona_certificate_not_after_timestamp_seconds{service="service",role="crl"}'
    left = (samples(get(admin_of(persona), "/metrics"))[role] - time.time()) / 86400
    check(8.9 < left <= 9, "days left of the list", left)
    equal(warnings(), [], "warnings of one that has just been made")
    put(path, pki.ca.revocation_list(2, since=-9, until=5.5 / 24))
    line = persona.wait_until(warnings, "a warning")[0]
    check("revocation list expires in 5 hours (" in line["message"] and
          line["message"].endswith(f": CN=Test CA ({native(path)}); trust.crl needs the next one"),
          "neither issuer nor file is named", line)
    state = json.loads(get(admin_of(persona), "/status"))["services"][0]["certificates"]
    equal([(one["role"], one["days_left"]) for one in state if one["role"] == "crl"], [("crl", 0)], "status")


@case("ready until it drains; the endpoint goes with the process, and its descriptors with its clients")
def ready(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    admin = admin_of(persona)
    equal((get(admin, "/healthz"), get(admin, "/readyz")), ("ok\n", "ready\n"), "answers")
    live = connect(persona.address)
    expect_echo(live)
    held = connect(admin)
    persona.signal(signal.SIGTERM)
    persona.wait_log("draining")
    with connect(admin) as client:
        client.sendall(b"GET /readyz HTTP/1.1\r\n\r\n")
        check(read_to_end(client)[0].startswith(b"HTTP/1.1 503 "), "ready while it drains")
    live.close()
    persona.wait_stopped()
    held.close()


@case("who is answered at /startup finds every address of every service listened on")
def startup(case):
    pki = Pki(case)
    folder = case.folder / "services"
    folder.mkdir()
    ports = [reserve_port() for _ in range(20)]
    for index, (holder, address) in enumerate(ports):
        case.defer(holder.close)
        admin = {"admin": {"listen": text(ports[-1][1])}} if index == 0 else {}
        if index < len(ports) - 1:
            content = config(pki, gateway="127.0.0.1:1") | {"listen": text(address)} | admin
            put(folder / f"service{index}.yaml", json.dumps(content).encode())
    where = ports[-1][1]
    Persona(case, folder, is_ready=False)
    wait_listening(where)  # which is before persona is ready
    with connect(where) as client:
        client.sendall(b"GET /startup HTTP/1.1\r\n\r\n")
        answer = read_to_end(client)[0]
    check(answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"started\n"), "what is answered", answer)
    for _, address in ports[:-1]:
        with contextlib.suppress(ConnectionResetError):  # its gateway is down; nobody listening would be refused
            connect(address).close()


def post(address, path, fields="", body=b""):
    with connect(address) as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode() + body)
        return read_to_end(client)[0]


@case("POST /quit drains: who is in goes on, and neither another one nor the SIGTERM after it cuts")
def told_to_quit(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    admin = admin_of(persona)
    with connect(persona.address) as client:
        expect_echo(client)
        for fields, status in (("Origin: http://localhost\r\n", 403), ("Transfer-Encoding: chunked\r\n", 501),
                               ("Content-Length: 99999\r\n", 413)):
            check(post(admin, "/quit", fields).startswith(b"HTTP/1.1 %d " % status), f"no {status} for {fields}")
        for path in ("/status", "/metrics"):
            answer = post(admin, path)
            check(answer.startswith(b"HTTP/1.1 405 ") and b"\r\nAllow: GET, HEAD\r\n" in answer, f"POST {path}", answer)
        equal(get(admin, "/readyz"), "ready\n", "what all of these have done")
        for fields, body in (("Content-Length: 0\r\n", b""), ("", b""), ("Content-Length: 4000\r\n", b"x" * 4000)):
            answer = post(admin, "/quit", fields, body)
            check(answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"draining\n"), "POST /quit", answer)
        persona.wait_log("told to stop by POST /quit")
        state = json.loads(get(admin, "/status"))
        check(state["draining"] and not state["ready"] and state["not_ready"][0].startswith("draining: "), "status", state)
        persona.signal(signal.SIGTERM)
        expect_echo(client)
    persona.wait_stopped()


@case("with ready.gateway it is not ready while no gateway can be reached, and says so")
def gateway_is_not_reached(case):
    pki = Pki(case)
    with refused_address() as bad:
        content = config(pki, gateway=text(bad), admin={"listen": "127.0.0.1:0"}, ready={"gateway": True})
        persona = Persona(case, content)
        admin = admin_of(persona)
        equal(get(admin, "/readyz"), "ready\n", "before anybody has tried")

        def unready():  # a rest is a second at first, and twice as long each time
            with contextlib.suppress(OSError), connect(persona.address) as client:
                read_to_end(client)
            return json.loads(get(admin, "/status"))["not_ready"]

        equal(persona.wait_until(unready, "not being ready"), [f"service: the gateway {text(bad)} could not be reached"], "why")


@case("no answer has anything of a key or a password in it, whatever file is taken for another", deadline=150)
def secrets(case):
    pki = Pki(case)
    of_proxy, of_key = "correct-horse-battery", "staple/Tr0ub4dor"
    words, password = case.folder / "words", case.folder / "password"
    put(words, of_proxy.encode() + b"\n")
    put(password, of_key.encode() + b"\n")
    key = pathlib.Path(pki.client.key)
    locked = pki.client.encrypt_key(case.folder / "locked.key", of_key)
    identity = {"certificate": str(pki.client.certificate), "private_key": str(locked), "private_key_password_file": str(password)}
    # One whose proxy is not there, and one that has live connections, with an encrypted key.
    content = config(pki, gateway="127.0.0.1:1", admin={"listen": "127.0.0.1:0"}, name="a")
    content["gateway"]["via"] = {"proxy": "http://alice@127.0.0.1:1", "password_file": str(words)}
    live = config(pki, gateway=tls_gateway(case, pki.server_context()), name="b") | {"identity": identity}
    folder = case.folder / "services"
    folder.mkdir()
    for name, each in (("a", content), ("b", live)):
        put(folder / f"{name}.yaml", json.dumps(each).encode())
    persona = Persona(case, folder)
    admin = admin_of(persona)
    as_sent = "YWxpY2U6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"  # Basic, of alice and her password
    parts = [of_proxy, of_key, as_sent, *pki.client.private_parts(), *locked.read_text().split("\n")[1:-2]]
    check(len(parts) > 16, "lines of the keys", parts)
    to_nowhere, to_gateway = (address_of(line["address"]) for name in "ab" for line in persona.listening() if line["service"] == name)

    def expect_none(what, methods=("GET",)):
        for path in ("/", "/healthz", "/readyz", "/startup", "/metrics", "/status", "/sessions", "/sessions?service=none",
                     "/sessions/close", "/quit", "/nothing"):
            for method in methods:
                answer = ask(admin, path, "Host: localhost", method).decode()
                for part in parts:
                    check(part not in answer, f"a secret is told at {path} ({what})", answer)

    with contextlib.suppress(OSError), connect(to_nowhere) as client:
        read_to_end(client)
    persona.wait_log("connection closed", service="a")
    with connect(to_gateway) as client:
        expect_echo(client)
        equal(len(json.loads(get(admin, "/sessions"))["sessions"]), 1, "connections that are listed")
        expect_none("all is well", ("GET", "PUT"))
    here = {"certificate": str(pki.client.certificate), "private_key": str(key)}
    swapped = [("a", content, {"trust": {"ca": str(key)}}), ("a", content, {"trust": {"ca": str(words)}}),
               ("a", content, {"identity": {"certificate": str(words), "private_key": str(words)}}),
               ("a", content, {"identity": {"certificate": str(key), "private_key": str(key)}}),
               ("a", content, {"identity": here | {"private_key": str(words)}}),
               ("a", content, {"trust": content["trust"] | {"crl": str(key)}}),
               ("b", live, {"identity": identity | {"private_key_password_file": str(words)}}),
               ("b", live, {"identity": identity | {"certificate": str(locked)}}),
               ("b", live, {"identity": identity | {"private_key_password_file": str(locked)}}),
               ("b", live, {"identity": identity | {"private_key": str(password)}}),
               ("b", live, {"trust": {"ca": str(locked)}})]
    before = {"a": "", "b": ""}  # neighbours differ
    for name, good, change in swapped:
        put(folder / f"{name}.yaml", json.dumps(good | change).encode())

        def refused():
            services = json.loads(get(admin, "/status"))["services"]
            return {each["reload"]["error"] for each in services if each["name"] == name} - {"", before[name]}

        before[name] = persona.wait_until(refused, f"a refusal of {change}").pop()
        expect_none(change)
    for name, good in (("a", content), ("b", live)):
        put(folder / f"{name}.yaml", json.dumps(good).encode())
    written = "\n".join(persona.lines)
    for part in parts:
        check(part not in written, "a secret is in the log", part)


@case("odd clients are told what is wrong, or hung up on, and nobody waits for them")
def odd(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    admin = admin_of(persona)
    for request, status in ((b"nonsense\r\n\r\n", 400), (b"POST /metrics HTTP/1.1\r\n\r\n", 405), (b"GET /x HTTP/1.1\r\n\r\n", 404),
                            (b"GET /status HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
                            (b"GET /status HTTP/1.1\r\nContent-Length: 8193\r\n\r\n", 413),
                            (b"GET /status HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
                            (b"GET /status HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 200),
                            (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000, 431)):
        with connect(admin) as client:
            client.sendall(request)
            check(read_to_end(client)[0].startswith(b"HTTP/1.1 %d " % status), f"no {status} for {request[:40]}")
    head = http.client.HTTPConnection(*admin, timeout=10)
    head.request("HEAD", "/metrics")
    answer = head.getresponse()
    equal((answer.status, answer.read()), (200, b""), "HEAD")
    head.close()


@case("a thousand idle ones keep nobody out, nor traffic: the oldest go, and bring no descriptors along")
def idle(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    admin = admin_of(persona)
    live = connect(persona.address)
    case.defer(live.close)
    expect_echo(live)
    with connect(persona.address) as client:  # of the other loop
        expect_echo(client)
    get(admin, "/healthz")
    before = persona.settled_descriptors()
    silent = []
    for _ in range(40):
        silent += [connect(admin) for _ in range(25)]
        silent[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        equal(get(admin, "/healthz"), "ok\n", "answer")
        expect_echo(live)
    with connect(persona.address) as client:
        expect_echo(client)
    persona.wait_descriptors(lambda count: count <= before + MOST, "as many as may be")
    expect_hung_up(silent[0])
    for client in silent:
        client.close()
    persona.wait_descriptors(lambda count: count <= before, "as before")


@case("a flood of them, as fast as one can, keeps nobody out either", deadline=120)
def flood(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    admin = admin_of(persona)
    ending = threading.Event()

    def pour():
        held = collections.deque(maxlen=400)  # the oldest one is closed when it is forgotten
        while not ending.is_set():
            with contextlib.suppress(OSError):
                held.append(connect(admin))

    pouring = threading.Thread(target=pour, daemon=True)
    pouring.start()
    try:
        # One who stands still between connecting and asking (as our threads do, in turns) may be overtaken by 128 others.
        answered = 0
        for _ in range(200):
            with contextlib.suppress(OSError):
                equal(get(admin, "/healthz"), "ok\n", "answer")
                answered += 1
        check(answered > 150, "how many of 200 were answered", answered)
    finally:
        ending.set()
        pouring.join(20)


@case("a web page whose name points here reads nothing: only addresses and localhost are answered")
def rebinding(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    address = admin_of(persona)
    for host in ("attacker.example", f"attacker.example:{address[1]}", "127.0.0.1.attacker.example",
                 "localhost.attacker.example", f"[{address[0]}]", ""):
        for path in ("/metrics", "/status", "/healthz", "/"):
            answer = ask(address, path, f"Host: {host}")
            check(answer.startswith(b"HTTP/1.1 421 Misdirected Request\r\n"), f"{path} is answered for {host!r}", answer)
            check(b"DNS rebinding" in answer and b"service" not in answer, "not what is to be said", answer)
    for fields in ("Host: 127.0.0.1\r\nHost: attacker.example", "Host : 127.0.0.1", "Host: localhost\r\n attacker.example"):
        check(ask(address, "/status", fields).startswith(b"HTTP/1.1 400 "), "is answered in spite of", fields)
    for host in (f"{address[0]}:{address[1]}", address[0], "localhost", f"localhost:{address[1]}", "[::1]", "192.0.2.1:80"):
        check(ask(address, "/status", f"Host: {host}").startswith(b"HTTP/1.1 200 "), "is not answered", host)


@case("at a Unix socket, which no web page reaches, the name does not matter")
def unix(case):
    pki = Pki(case)
    where = case.folder / "admin"
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": f"unix:{where}"}))
    persona.wait_log("answering administrators")
    for fields in ("Host: attacker.example", "Host: localhost", "Host: ", "X: y"):
        check(ask(where, "/status", fields).startswith(b"HTTP/1.1 200 "), "is not answered", fields)


def ask(address, path, fields, method="GET"):
    with connect(address) as client:
        client.sendall(f"{method} {path} HTTP/1.1\r\n{fields}\r\n\r\n".encode())
        return read_to_end(client)[0]


def expect_hung_up(connection):
    with contextlib.suppress(ConnectionResetError):
        equal(connection.recv(1), b"", "what an idle one is sent")


main()
