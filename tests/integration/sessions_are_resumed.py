"""The second connection resumes the session of the first one, by tickets in TLS 1.3 and 1.2, and by session IDs in 1.2:
the other side says so itself, and persona's log agrees. A resumed client is still known by its certificate's name."""

import subprocess

from harness import process, servers
from harness.certificates import Pki
from harness.persona import Persona, config, pair
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, read_exactly, read_to_end

VERSIONS = ("1.3", "1.2")
NO_EXTENDED_MASTER_SECRET = 1  # SSL_OP_NO_EXTENDED_MASTER_SECRET, which Python has no name for
TIMES = 4
EXPECTED = [False] + [True] * (TIMES - 1)


def resumed(persona):
    """What persona's log says of its next connection, when it opened and when it ended."""
    line = persona.next_close()
    equal(persona.wait_log("connection open", id=line["id"])["resumed"], line["resumed"], "resumed when opened")
    return line["resumed"]


def clients_of(persona, exchange):
    """One after the other, because a ticket comes with the answer."""
    found = []
    for _ in range(TIMES):
        with connect(persona.address) as client:
            exchange(client)
        found.append(resumed(persona))
    return found


def expect_line(client):
    expect_echo(client, b"hello\n")


def gateway_says(process, words):
    """The lines with one of the words, once every connection has one."""
    def found():
        lines = [line for line in process.lines if any(word in line for word in words)]
        return lines if len(lines) >= TIMES else None

    return process.wait_until(found, f"{TIMES} lines with {words}")


@case("OpenSSL s_server says so on its status page")
def openssl_server(case):
    pki = Pki(case)
    # Without tickets OpenSSL keeps the sessions itself, and in TLS 1.2 names them by their ID.
    for options in (["-tls1_3"], ["-tls1_2"], ["-tls1_2", "-no_ticket"]):
        gateway = servers.openssl_server(case, pki, "-Verify", "1", *options, mode="-www")
        persona = Persona(case, config(pki, gateway=gateway), "-".join(["persona", *options]))
        said = []

        def page(client):
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            content, _ = read_to_end(client)
            said.append(next(line for line in content.decode().splitlines() if "Cipher is" in line).split(",")[0])

        equal(clients_of(persona, page), EXPECTED, f"persona's log, {options}")
        equal(said, ["New"] + ["Reused"] * (TIMES - 1), f"the status page, {options}")


@case("Python's ssl as gateway says so")
def python_server(case):
    pki = Pki(case)
    for version in VERSIONS:
        said = []

        def serve(connection):
            said.append(connection.session_reused)
            servers.echo_tls(connection)

        gateway = tls_gateway(case, pki.server_context(version=version), serve)
        persona = Persona(case, config(pki, gateway=gateway), f"persona-{version}")
        equal(clients_of(persona, expect_echo), EXPECTED, f"persona's log, {version}")
        equal(said, EXPECTED, f"SSLSocket.session_reused, {version}")


@case("gnutls-serv says so")
def gnutls_server(case):
    pki = Pki(case)
    for version in VERSIONS:
        gateway = servers.gnutls_server(case, pki, "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}")
        persona = Persona(case, config(pki, gateway=gateway), f"persona-{version}")
        equal(clients_of(persona, expect_line), EXPECTED, f"persona's log, {version}")
        full, again = "(ECDSA-SECP256R1-SHA256)", "This is a resumed session"
        equal([again in line for line in gateway_says(gateway.process, ["Status: The certificate", again])], EXPECTED,
              f"what gnutls-serv said, {version}")
        check(version == "1.2" or full in gateway.process.wait_line("Description:"), "the first handshake is not a full one")


@case("HAProxy, nginx and stunnel say so in their logs")
def other_gateways(case):
    pki = Pki(case)
    service = servers.unix_server(case, echo, failing=True)[0]
    # ssl_fc_is_resumed and $ssl_session_reused are logged.
    for start, words, again in ((servers.haproxy, ["ended resumed="], "resumed=1"),
                                (servers.nginx, ["ended resumed="], "resumed=r"),
                                (servers.stunnel, ["new session negotiated", "session reused"], "session reused")):
        for version in VERSIONS:
            gateway = start(case, pki, service, tls=version)
            what = f"{start.__name__}, {version}"
            persona = Persona(case, config(pki, gateway=gateway), f"persona-{start.__name__}-{version}")
            equal(clients_of(persona, expect_echo), EXPECTED, f"persona's log, {what}")
            equal([again in line for line in gateway_says(gateway.process, words)], EXPECTED, f"its log, {what}")


@case("persona and persona say so, and the gateway still knows the client")
def both(case):
    for version in VERSIONS:
        case.folder.joinpath(version).mkdir()
        near, far = pair(case, Pki(case), Server(case, echo), persona={"tls": {"max_version": version}})
        equal(clients_of(near, expect_echo), EXPECTED, f"log of the persona that dials, {version}")
        lines = [far.next_close("gateway_closed") for _ in range(TIMES)]
        equal([line["resumed"] for line in lines], EXPECTED, f"log of the gateway mode, {version}")
        equal({line["tls_version"] for line in lines}, {f"TLSv{version}"}, "the version")
        equal({line["peer"] for line in lines}, {"CN=client"}, "the client, by the gateway's log")
        equal({line["peer"] for line in near.find("connection closed")}, {"CN=gateway"}, "the gateway, by the client's log")


@case("many connections at once each resume, each suite")
def at_once(case):
    for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
        case.folder.joinpath(suite).mkdir()
        near, far = pair(case, Pki(case), Server(case, echo, failing=True), persona={"tls": {"ciphers": [suite]}})
        with connect(near.address) as first:
            expect_echo(first)
        near.next_close("local_closed")
        clients = [connect(near.address) for _ in range(30)]
        for client in clients:
            expect_echo(client)
        for client in clients:
            client.close()
        for side in (near, far):
            side.stop()
            lines = side.find("connection closed")
            equal({line["cipher_suite"] for line in lines}, {suite}, "cipher suite")
            equal([line["resumed"] for line in lines].count(True), 30, "resumed connections")


class Door:
    """A persona gateway in front of an echo service."""

    def __init__(self, case, **more):
        self.pki = Pki(case)
        # gnutls-cli closes its socket on the service's last words.
        self.persona = Persona(case, config(self.pki, service=Server(case, echo, failing=True), **more))

    def expect_log(self, expected):
        lines = [self.persona.next_close() for _ in expected]
        equal([line["resumed"] for line in lines], expected, "persona's log")
        equal({line.get("peer") for line in lines}, {"CN=client"}, "the client, by persona's log")


@case("gateway mode: openssl s_client says so")
def openssl_client(case):
    door = Door(case)
    for version in VERSIONS:
        for option, expected in (("-sess_out", "New"), ("-sess_in", "Reused")):
            client = process.Process(
                case, "openssl", "s_client", "-connect", str(door.persona), "-CAfile", door.pki.ca.certificate, "-cert",
                door.pki.client.certificate, "-key", door.pki.client.key, "-servername", Pki.GATEWAY_NAME,
                "-verify_hostname", Pki.GATEWAY_NAME, "-verify_return_error", f"-tls{version.replace('.', '_')}", option,
                case.folder / f"session-{version}", stdin=subprocess.PIPE)
            client.say("hello\n")
            client.wait_until(lambda: any(line.endswith("hello") for line in client.lines), "the echo")
            client.say("Q\n")
            equal(client.wait(), 0, "exit code of s_client")
            check(f"{expected}, TLSv{version}" in client.wait_line("Cipher is"), "s_client says otherwise", client.lines)
        door.expect_log([False, True])


def python_session(door, context, session):
    """One connection that offers this session: the one it has, and whether it was resumed."""
    with context.wrap_socket(connect(door.persona.address), server_hostname=Pki.GATEWAY_NAME, session=session,
                             suppress_ragged_eofs=False) as client:
        client.sendall(b"hello")
        equal(read_exactly(client, 5), b"hello", "the echo")
        found = client.session, client.session_reused
        client.unwrap()
        return found


@case("gateway mode: Python's ssl as client says so")
def python_client(case):
    door = Door(case)
    for version in VERSIONS:
        context = door.pki.client_context(door.pki.client, version)
        session, said = None, []
        for _ in range(TIMES):
            session, reused = python_session(door, context, session)
            said.append(reused)
        equal(said, EXPECTED, f"SSLSocket.session_reused, {version}")
        door.expect_log(EXPECTED)


@case("gateway mode: no session of TLS 1.2 is resumed without the extended master secret, whoever dropped it")
def no_extended_master_secret(case):
    door = Door(case)
    context = door.pki.client_context(door.pki.client, "1.2")
    session = None
    # It never had one (twice), it has one, it has none any more.
    for has_it in (False, False, True, False):
        context.options = context.options & ~NO_EXTENDED_MASTER_SECRET if has_it else context.options | NO_EXTENDED_MASTER_SECRET
        session, _ = python_session(door, context, session)
        equal(session.has_ticket, has_it, "the client was given a ticket")
    door.expect_log([False] * 4)


@case("gateway mode: gnutls-cli says so")
def gnutls_client(case):
    door = Door(case)
    for version in VERSIONS:
        output = process.run(
            "gnutls-cli", "--x509cafile", door.pki.ca.certificate, "--x509certfile", door.pki.client.certificate,
            "--x509keyfile", door.pki.client.key, "--sni-hostname", Pki.GATEWAY_NAME, "--verify-hostname",
            Pki.GATEWAY_NAME, "--port", door.persona.address[1], "--resume", "--waitresumption", "--priority",
            f"NORMAL:-VERS-ALL:+VERS-TLS{version}", "127.0.0.1", input=b"hello\n")
        check("*** This is a resumed session" in output, "gnutls-cli says otherwise", output[-600:])
        check("\nhello\n" in output, "no echo", output[-600:])
        door.expect_log([False, True])


main()
