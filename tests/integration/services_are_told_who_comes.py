"""`service.proxy_protocol: v2`: before a client's first byte the service is told its address, and by which certificate it was
verified."""

import socket
import ssl

from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.proxy_header import Header
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.sockets import Server, connect, echo, expect_echo, listen

SSL, CERTIFICATE_HERE, CERTIFICATE = 1, 2, 4


class Told(Server):
    """Echoes, and remembers what it was told."""

    def __init__(self, case):
        self.headers = []
        super().__init__(case, self._serve)

    def _serve(self, connection):
        self.headers.append(Header(connection))
        echo(connection)


def introduced(service):
    return {"address": str(service), "proxy_protocol": "v2"}


def gateway(case, pki, service, **more):
    content = config(pki, service="", **more)
    content["service"] = introduced(service)
    return Persona(case, content)


@case("address, common name, version and suite; in TLS 1.2 and 1.3, resumed or not; and the client's bytes follow")
def told(case):
    pki = Pki(case)
    service = Told(case)
    persona = gateway(case, pki, service, tls={"alpn": ["echo"]})
    for version, suite in ((ssl.TLSVersion.TLSv1_3, "TLS_"), (ssl.TLSVersion.TLSv1_2, "TLS_ECDHE_")):
        context = pki.client_context(pki.client)
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["echo"])
        session = None
        for resumed in (False, True):
            with context.wrap_socket(connect(persona.address), server_hostname=Pki.GATEWAY_NAME, session=session) as client:
                own = client.getsockname()
                expect_echo(client, b"x" * 100_000)
                session = client.session
                equal(client.session_reused, resumed, "resumed")
                spoken = client.version()
                header = service.headers[-1]
                equal(header.source, own, "the client's address")
                equal(header.destination, persona.address, "where it connected to")
                equal(header.common_name, "client", "the common name")
                equal(header.client, SSL | CERTIFICATE | (0 if resumed else CERTIFICATE_HERE), "the bits")
                equal(header.verify, 0, "the verdict")
                equal((header.version, header.alpn), (spoken, "echo"), "version and ALPN")
                check(header.cipher.startswith(suite), "the suite", header.cipher)
                client.unwrap()
    equal(len(service.headers), 4, "connections")


@case("a client without a certificate, one over IPv6, one of a Unix socket")
def others(case):
    pki = Pki(case)
    service = Told(case)
    six = case.folder / "six"
    persona = gateway(case, pki, service, clients={"certificate": "optional"},
                      listen=["127.0.0.1:0", "[::1]:0", f"unix:{six}"])
    addresses = [line["address"] for line in persona.listening()]
    context = pki.client_context(pki.client)
    nameless = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nameless.load_verify_locations(pki.ca.certificate)
    with nameless.wrap_socket(connect(persona.address), server_hostname=Pki.GATEWAY_NAME) as client:
        expect_echo(client)
        equal((service.headers[-1].client, service.headers[-1].verify, service.headers[-1].common_name), (SSL, 1, ""), "nobody")
        client.unwrap()
    port = int(addresses[1].rsplit(":", 1)[1])
    with context.wrap_socket(socket.create_connection(("::1", port), 20), server_hostname=Pki.GATEWAY_NAME) as client:
        expect_echo(client)
        equal(service.headers[-1].source, client.getsockname()[:2], "the client's address")
        equal(service.headers[-1].destination, ("::1", port), "where it connected to")
        client.unwrap()
    with context.wrap_socket(connect(six), server_hostname=Pki.GATEWAY_NAME) as client:
        expect_echo(client)
        equal((service.headers[-1].source, service.headers[-1].common_name), (None, "client"), "of a Unix socket")
        client.unwrap()


@case("HAProxy in front of a service believes it, and a persona at the other end notices nothing")
def haproxy(case):
    pki = Pki(case)
    service = Server(case, echo)
    listener = listen()
    where = listener.getsockname()
    path = case.folder / "haproxy.cfg"
    path.write_text(f"""
global
    log stdout format raw daemon
defaults
    mode tcp
    log global
    log-format "from %ci:%cp to %fi:%fp"
    timeout connect 10s
    timeout client 1m
    timeout server 1m
listen relay
    bind fd@{listener.fileno()} accept-proxy
    server one {service}
""")
    relay = Process(case, "haproxy", "-db", "-f", path, pass_fds=[listener.fileno()])
    listener.close()
    far = gateway(case, pki, f"{where[0]}:{where[1]}")
    near = Persona(case, config(pki, gateway=far), "near")
    with connect(near.address) as client:
        expect_echo(client, b"y" * 300_000)
    # What the gateway logs as its client is the near end.
    source = far.next_close()["client"]
    relay.wait_line(f"from {source} to {far}")
    near.next_close("local_closed")


@case("a mistake in it is told, and `check` shows it")
def checked(case):
    pki = Pki(case)
    content = config(pki, service="")
    content["service"] = {"address": "127.0.0.1:1", "proxy_protocol": "v1"}
    output = cli("check", "--config", write_config(case, content), expect=2)
    check('service.proxy_protocol: expected "v2", found "v1"' in output, "the sentence", output)
    content["service"] = introduced("127.0.0.1:1")
    output = cli("check", "--config", write_config(case, content))
    check("127.0.0.1:1, told who each client is (PROXY protocol v2)" in output, "what `check` says", output)


main()
