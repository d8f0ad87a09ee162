"""`persona ready` is 0 when the persona of a configuration serves: its addresses accept connections, or the endpoint for
administrators says so; with --wait it asks until then."""

import signal

from harness.certificates import Pki
from harness.persona import BINARY, Persona, cli, config, write_config
from harness.process import RUNNER, Process
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, refused_address, reserve_port, text


def reserved(case):
    """An address for a persona that is started later."""
    holder, address = reserve_port()
    case.defer(holder.close)
    return text(address)


def ready(path, code, sentence, *more):
    said = cli("ready", "--config", path, *more, expect=code)
    check(sentence in said, f"it does not say {sentence!r}", said)


@case("nobody listens, then persona does")
def starts(case):
    pki = Pki(case)
    address = reserved(case)
    content = config(pki, gateway="127.0.0.1:1") | {"listen": address}
    path = write_config(case, content, "asked")
    ready(path, 1, f"not ready: nobody listens at {address}")
    ready(path, 1, f"not ready: nobody listens at {address}", "--wait", "300ms")
    waiting = Process(case, BINARY, "ready", "--config", path, "--wait", "60s")
    persona = Persona(case, content)
    equal((waiting.wait(), waiting.lines), (0, ["ready"]), "exit code and words of who has waited")
    ready(path, 0, "ready")
    persona.stop()
    ready(path, 1, f"not ready: nobody listens at {address}")


@case("each of several addresses has to accept connections")
def several(case):
    persona = Persona(case, config(Pki(case), gateway="127.0.0.1:1"))
    with refused_address() as missing:
        path = write_config(case, config(Pki(case), gateway="127.0.0.1:1") | {"listen": [str(persona), text(missing)]}, "asked")
        ready(path, 1, f"nobody listens at {text(missing)}")
    ready(write_config(case, config(Pki(case), gateway="127.0.0.1:1") | {"listen": [str(persona)]}, "asked"), 0, "ready")


@case("with admin it is asked, and nobody connects to the service")
def admin(case):
    pki = Pki(case)
    address = reserved(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    content = config(pki, gateway=gateway, admin={"listen": address})
    persona = Persona(case, content)
    path = write_config(case, content, "asked")
    ready(path, 0, "ready")
    with connect(persona.address) as client:
        persona.wait_log("connection open")
        persona.signal(signal.SIGTERM)
        persona.wait_log("draining")
        ready(path, 1, f"the persona at {address} is not ready: draining")
        client.close()
    persona.wait_stopped()
    equal(sum(persona.closed.values()), 1, "connections")
    ready(path, 1, f"nobody answers administrators at {address}")


@case("a file that was broken since persona has started does not make it unready")
def broken(case):
    persona = Persona(case, config(Pki(case), gateway="127.0.0.1:1"))
    path = write_config(case, f"listen: {persona}\ngateway: 127.0.0.1:1\nidentity: {{certificate: nothing.pem}}\nnonsense: 1\n",
                        "asked")
    ready(path, 0, "ready")
    ready(write_config(case, "gateway: 127.0.0.1:1\n", "empty"), 2, "listen")


@case("a persona whose gateway is down serves: it resets its clients, some while they still connect")
def gateway_is_down(case):
    persona = Persona(case, config(Pki(case), gateway="127.0.0.1:1"))
    path = write_config(case, config(Pki(case), gateway="127.0.0.1:1") | {"listen": str(persona)}, "asked")
    for _ in range(20):
        ready(path, 0, "ready")


@case("who accepts and never answers, and who is not persona")
def others(case):
    pki = Pki(case)
    for words, sentence in ((b"SSH-2.0-OpenSSH_9.2p1\r\n", "is not persona but an SSH server"),
                            (b"HTTP/1.1 404 Not Found\r\n\r\n", "is not persona: its status is 404"),
                            (b"x" * 100_000, "is not persona but a program that begins with")):
        def serve(connection, words=words):
            connection.recv(4096)
            connection.sendall(words)

        path = write_config(case, config(pki, gateway="127.0.0.1:1", admin={"listen": str(Server(case, serve, failing=True))}))
        ready(path, 1, sentence)
    path = write_config(case, config(pki, gateway="127.0.0.1:1", admin={"listen": str(Server(case, lambda one: one))}))
    ready(path, 1, "says nothing")


@case("what can never be told, and what cannot be understood")
def never(case):
    pki = Pki(case)
    ready(write_config(case, config(pki, gateway="127.0.0.1:1")), 1, "listen has the port 0, which the system chooses",
          "--wait", "60s")
    ready(case.folder / "nothing.yaml", 2, "no such file or folder")
    ready(write_config(case, config(pki, gateway="127.0.0.1:1")), 2, "--wait", "--wait", "soon")


@case("a Unix socket")
def unix(case):
    if RUNNER:
        return
    path = case.folder / "listen"
    content = config(Pki(case), gateway="127.0.0.1:1") | {"listen": f"unix:{path}"}
    asked = write_config(case, content, "asked")
    ready(asked, 1, f"nobody listens at unix:{path}")
    Persona(case, content)
    ready(asked, 0, "ready")


main()
