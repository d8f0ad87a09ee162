"""The admin endpoint: metrics of expiry and reloads as Prometheus reads them, readiness, and no harm by odd clients."""

import collections
import contextlib
import http.client
import json
import signal
import threading
import time
import urllib.request

from harness.certificates import Pki
from harness.persona import Persona, address_of, config, native, write_config
from harness.rotation import put, wait_refused
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, read_to_end

MOST = 128  # at once


def admin_of(persona):
    return address_of(persona.wait_log("answering administrators")["address"])


def get(address, path):
    with urllib.request.urlopen(f"http://{address[0]}:{address[1]}{path}", timeout=10) as answer:
        return answer.read().decode()


def samples(text):
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}


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


@case("odd clients are told what is wrong, or hung up on, and nobody waits for them")
def odd(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    admin = admin_of(persona)
    for request, status in ((b"nonsense\r\n\r\n", 400), (b"POST /metrics HTTP/1.1\r\n\r\n", 405), (b"GET /x HTTP/1.1\r\n\r\n", 404),
                            (b"GET / HTTP/1.1\r\nX: " + b"x" * 9000, 431)):
        with connect(admin) as client:
            client.sendall(request)
            check(read_to_end(client)[0].startswith(b"HTTP/1.1 %d " % status), f"no {status} for {request[:40]}")
    head = http.client.HTTPConnection(*admin, timeout=10)
    head.request("HEAD", "/metrics")
    answer = head.getresponse()
    equal((answer.status, answer.read()), (200, b""), "HEAD")
    head.close()


@case("idle ones, however many, keep nobody out: the oldest go, and bring no descriptors along")
def idle(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    admin = admin_of(persona)
    get(admin, "/healthz")
    before = persona.settled_descriptors()
    silent = []
    for _ in range(30):
        silent += [connect(admin) for _ in range(24)]
        silent[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        equal(get(admin, "/healthz"), "ok\n", "answer")
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
        for _ in range(200):
            equal(get(admin, "/healthz"), "ok\n", "answer")
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


def ask(address, path, fields):
    with connect(address) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\n{fields}\r\n\r\n".encode())
        return read_to_end(client)[0]


def expect_hung_up(connection):
    with contextlib.suppress(ConnectionResetError):
        equal(connection.recv(1), b"", "what an idle one is sent")


main()
