"""The admin endpoint: metrics of expiry and reloads as Prometheus reads them, readiness, and no harm by odd clients."""

import http.client
import json
import signal
import time
import urllib.request

from harness.certificates import Pki
from harness.persona import Persona, address_of, config, native, write_config
from harness.rotation import put, wait_refused
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, read_to_end


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
    # Those before may still count when the first of these come, which are hung up on then.
    silent = [connect(admin) for _ in range(16)]
    while answers(admin):
        check(len(silent) < 64, "there is no end to what is answered")
        silent.append(connect(admin))
    for client in silent:
        client.close()
    deadline = time.monotonic() + 20
    while not answers(admin):
        check(time.monotonic() < deadline, "no answer when the silent ones have gone", persona.tail())
    head = http.client.HTTPConnection(*admin, timeout=10)
    head.request("HEAD", "/metrics")
    answer = head.getresponse()
    equal((answer.status, answer.read()), (200, b""), "HEAD")
    head.close()


def answers(address):
    try:
        return get(address, "/healthz") == "ok\n"
    except (OSError, http.client.HTTPException):
        return False


main()
