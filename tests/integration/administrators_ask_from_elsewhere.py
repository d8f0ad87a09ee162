"""admin.unsafe_listen: kubelet and Prometheus reach the endpoint from other machines, and get what holds no secret."""

from harness import activation
from harness.certificates import Pki
from harness.machine import add_address, enter_or_skip
from harness.persona import Persona, address_of, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, read_to_end, text

POD = "192.0.2.5"
LOOPBACK = "127.0.0.1"
PUBLIC = ("/healthz", "/readyz", "/startup", "/metrics")


def started(case, where):
    """The port at which it answers administrators."""
    pki = Pki(case)
    admin = {"listen": f"{where}:0", "unsafe_listen": True}
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin=admin))
    return address_of(persona.find("answering administrators")[0]["address"])[1]


def started_by_systemd(case, where):
    """The same of a socket that systemd has made."""
    pki = Pki(case)
    local, (_, port) = activation.free(case), activation.free(case)
    content = config(pki, gateway=tls_gateway(case, pki.server_context()), listen="systemd:pg",
                     admin={"listen": "systemd:admin", "unsafe_listen": True})
    _, early = activation.started(case, content, [text(local), f"{where}:{port}"], ["pg", "admin"], local)
    expect_echo(early)
    early.close()
    return port


def ask(to, path, host, source=None, method="GET"):
    with connect(to, source=source) as client:
        client.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head, _, body = read_to_end(client)[0].decode().partition("\r\n\r\n")
    return int(head.split()[1]), body


def expect_elsewhere(port, where):
    """From another machine: what probes and Prometheus ask for, by whatever name, and nothing else."""
    for host in (f"{POD}:{port}", "persona.monitoring.svc", "localhost", LOOPBACK):
        for path in PUBLIC:
            equal(ask((POD, port), path, host)[0], 200, f"status of {path} for {host} at {where}")
            equal(ask((POD, port), path, host, method="POST")[0], 405, f"status of POST {path} at {where}")
        for path in ("/status", "/sessions", "/sessions/close", "/quit", "/", "/nothing", "/STATUS"):
            for method in ("GET", "POST"):
                status, body = ask((POD, port), path, host, method=method)
                equal(status, 403, f"status of {method} {path} for {host} at {where}")
                check("at a loopback address or a Unix socket" in body and "service" not in body, "what is said", body)


def expect_loopback(port):
    """Only who comes from loopback to loopback is of this machine."""
    equal(ask((LOOPBACK, port), "/status", LOOPBACK)[0], 200, "from this machine")
    equal(ask((LOOPBACK, port), "/status", "attacker.example")[0], 421, "from a page in a browser of this machine")
    equal(ask((LOOPBACK, port), "/metrics", "attacker.example")[0], 421, "the same for what is served elsewhere too")
    equal(ask((LOOPBACK, port), "/status", LOOPBACK, source=POD)[0], 403, "from another address to loopback")
    equal(ask((POD, port), "/status", LOOPBACK, source=LOOPBACK)[0], 403, "from loopback to another address")
    equal(ask((LOOPBACK, port), "/readyz", "a.example", source=POD)[0], 200, "what is served everywhere")


@case("at the pod's address: what probes and Prometheus ask for, by whatever name, and nothing else")
def elsewhere(case):
    for where in ("0.0.0.0", POD):
        expect_elsewhere(started(case, where), where)


@case("at 0.0.0.0 only who comes from loopback to loopback is of this machine")
def loopback(case):
    expect_loopback(started(case, "0.0.0.0"))


@case("the same at sockets of systemd, also at one for both families")
def of_systemd(case):
    for where in ("0.0.0.0", "[::]"):
        port = started_by_systemd(case, where)
        expect_elsewhere(port, where)
        expect_loopback(port)


enter_or_skip({})
add_address(POD)
main()
