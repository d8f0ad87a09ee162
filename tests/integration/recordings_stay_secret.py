"""What is recorded today stays secret from a quantum computer: two personas agree on X25519MLKEM768 by themselves, in sessions
that are resumed too. Whoever does not have it costs no round trip, and is told by name: in the log, /status, /metrics, by
`check` and by `doctor`."""

import json
import ssl

from harness import servers
from harness.administrators import admin_of, get, samples
from harness.certificates import Pki
from harness.persona import Persona, cli, config, pair, write_config
from harness.process import Pipes
from harness.relay import Relay
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, read_exactly

HYBRID, X25519 = "x25519mlkem768", "x25519"
ADMIN = {"admin": {"listen": "127.0.0.1:0"}}
SUPPORTED_GROUPS, KEY_SHARE = 10, 51  # ExtensionType, RFC 8446 section 4.2
OPENSSL = HYBRID if ssl.OPENSSL_VERSION_INFO >= (3, 5) else X25519  # what its newer releases prefer too


def shares(hello):
    """The groups in a ClientHello's key_share, with the sizes of the keys."""
    body, at, found = hello[KEY_SHARE], 2, []
    while at < len(body):
        size = int.from_bytes(body[at + 2:at + 4], "big")
        found.append((int.from_bytes(body[at:at + 2], "big"), size))
        at += 4 + size
    return found


def told(persona, reason=None):
    """The group that the log has of the next connection, when it opened and when it ended."""
    line = persona.next_close(reason)
    equal(persona.wait_log("connection open", id=line["id"]).get("group"), line.get("group"), "group when opened")
    return line.get("group")


@case("two personas agree on the hybrid, resumed or not, and say so wherever one may look")
def two_personas(case):
    pki = Pki(case)
    near, far = pair(case, pki, Server(case, echo), persona=ADMIN, gateway=ADMIN)
    for resumed in (False, True, True):
        with connect(near.address) as client:
            expect_echo(client)
            for persona in (near, far):
                session, = json.loads(get(admin_of(persona), "/sessions"))["sessions"]
                equal(session["group"], HYBRID, "/sessions")
        for persona in (near, far):
            line = persona.next_close()
            equal((line["group"], line["resumed"]), (HYBRID, resumed), "what the log says")
    for persona, name in ((near, "persona"), (far, "gateway")):
        status = json.loads(get(admin_of(persona), "/status"))["services"][0]["key_exchanges"]
        equal(list(status.items())[:2], [(HYBRID, 3), (X25519, 0)], "/status")
        metrics = samples(get(admin_of(persona), "/metrics"))
        equal(metrics[f'persona_key_exchanges_total{{service="{name}",group="{HYBRID}"}}'], 3, "/metrics")


@case("a ClientHello has shares of both; a gateway with one of them asks for no other, with neither it asks for its own")
def hellos(case):
    pki = Pki(case)
    for groups, number, agreed in ((["x25519mlkem768", "x25519"], 1, HYBRID), (["x25519", "secp256r1"], 1, X25519),
                                   (["secp384r1"], 2, "secp384r1")):
        far = Persona(case, config(pki, service=Server(case, echo), tls={"groups": groups}), f"gateway-{agreed}")
        relay = Relay(case, far.address)
        near = Persona(case, config(pki, gateway=relay), f"persona-{agreed}")
        with connect(near.address) as client:
            expect_echo(client)
        equal((told(near), told(far)), (agreed, agreed), "group")
        seen = relay.client_hellos()
        equal(len(seen), number, f"ClientHellos for {groups}")
        equal(shares(seen[0]), [(0x11ec, 1184 + 32), (0x1d, 32)], "shares of the first")
        check(seen[0][SUPPORTED_GROUPS][2:6] == b"\x11\xec\x00\x1d", "the hybrid is offered first", seen[0][SUPPORTED_GROUPS].hex())
        if number == 2:
            equal([group for group, _ in shares(seen[1])], [0x18], "shares of the second")


@case("gateways of others: what they have is agreed upon, without a second ClientHello")
def gateways(case):
    pki = Pki(case)
    path, _ = servers.unix_server(case, echo)
    gateways = {"openssl": (servers.openssl_server(case, pki, "-Verify", "1"), OPENSSL), "gnutls": (servers.gnutls_server(case, pki), None),
                "haproxy": (servers.haproxy(case, pki, path), OPENSSL), "nginx": (servers.nginx(case, pki, path), OPENSSL),
                "python": (tls_gateway(case, pki.server_context()), OPENSSL)}
    for name, (gateway, group) in gateways.items():
        relay = Relay(case, gateway.address)
        persona = Persona(case, config(pki, gateway=relay), name)
        with connect(persona.address) as client:
            client.sendall(b"hello\n")
            equal(read_exactly(client, 6), b"olleh\n" if name == "openssl" else b"hello\n", f"what {name} answers")
        found = told(persona)
        check(found == group or group is None and found in (HYBRID, X25519), f"{name} agreed on another group", found)
        equal(len(relay.client_hellos()), 1, f"ClientHellos for {name}")


@case("an OpenSSL that takes P-256 alone asks for it; one with TLS 1.2 has no hybrid, and no group where it resumes")
def openssl_server(case):
    pki = Pki(case)
    for name, options, groups in (("p256", ["-groups", "P-256"], ["secp256r1"] * 2),
                                  ("tls12", ["-tls1_2"], [X25519, None])):
        gateway = servers.openssl_server(case, pki, "-Verify", "1", *options)
        relay = Relay(case, gateway.address)
        persona = Persona(case, config(pki, gateway=relay), name)
        for group in groups:
            with connect(persona.address) as client:
                client.sendall(b"hello\n")
                equal(read_exactly(client, 6), b"olleh\n", f"what {name} answers")
            equal(told(persona), group, f"group with {name}")
        if name == "p256":
            equal(len(relay.client_hellos()), 4, "ClientHellos of two connections")


def openssl_client(case, pki, address, *options):
    return Pipes(case, "openssl", "s_client", "-connect", f"{address[0]}:{address[1]}", "-CAfile", pki.ca.certificate, "-cert",
                 pki.client.certificate, "-key", pki.client.key, "-servername", Pki.GATEWAY_NAME, "-quiet", *options)


def gnutls_client(case, pki, address):
    return Pipes(case, "gnutls-cli", "--x509cafile", pki.ca.certificate, "--x509certfile", pki.client.certificate, "--x509keyfile",
                 pki.client.key, "--sni-hostname", Pki.GATEWAY_NAME, "--verify-hostname", Pki.GATEWAY_NAME, "--logfile", "/dev/null",
                 "--port", address[1], address[0])


@case("clients of others: what they have is agreed upon")
def clients(case):
    pki = Pki(case)

    def serve(connection):
        """One line, so that the connection ends however a client takes the end of its input."""
        line = b""
        while not line.endswith(b"\n"):
            line += read_exactly(connection, 1)
        connection.sendall(line)

    persona = Persona(case, config(pki, service=Server(case, serve)))
    for start, groups in ((lambda: openssl_client(case, pki, persona.address), (OPENSSL,)),
                          (lambda: openssl_client(case, pki, persona.address, "-groups", "P-384:P-256"), ("secp384r1",)),
                          (lambda: openssl_client(case, pki, persona.address, "-tls1_2", "-groups", "P-256"), ("secp256r1",)),
                          (lambda: gnutls_client(case, pki, persona.address), (X25519, "secp256r1", HYBRID))):
        client = start()
        client.sendall(b"hello\n")
        group = told(persona)
        check(group in groups, "another group was agreed upon", group, groups)


@case("check says why no connection can have the hybrid; doctor says that a gateway does not take it")
def said(case):
    pki = Pki(case)
    gateway = Persona(case, config(pki, service=Server(case, echo), tls={"groups": ["x25519"]}), "gateway")
    why = {"x25519": "tls.groups does not have it", "1.2": "it needs TLS 1.3, and tls.max_version is 1.2",
           "second": "it is not the first of tls.groups", "default": None}
    for name, tls in (("x25519", {"groups": ["x25519"]}), ("1.2", {"max_version": "1.2"}),
                      ("second", {"groups": ["x25519", HYBRID]}), ("default", {})):
        path = write_config(case, config(pki, gateway=gateway, tls=tls), "near")
        text = cli("check", "--config", path)
        sentence = f"without {HYBRID}, a quantum computer may read what is recorded today: {why[name]}"
        check((sentence in text) == bool(why[name]) and ("quantum" in text) == bool(why[name]), f"check, {name}", text)
    check(f"  groups      {HYBRID}, x25519, secp256r1, secp384r1, secp521r1\n" in text, "the groups are listed", text)
    text = cli("doctor", "--config", path)
    check(f" and x25519, as it does not take {HYBRID}: the gateway is CN=" in text, "doctor of a gateway without it", text)
    text = cli("doctor", "--config", write_config(case, config(pki, gateway=gateway, tls={"groups": ["x25519"]}), "near"))
    check(" and x25519: the gateway is CN=" in text, "doctor does not blame the gateway for what was not offered", text)
    cli("check", "--config", write_config(case, config(pki, service="127.0.0.1:1", tls={"groups": ["x25519", HYBRID]}), "far"))
    path = write_config(case, config(pki, gateway=gateway, tls={"max_version": "1.2", "groups": [HYBRID]}), "none")
    check(f"tls.groups: {HYBRID} needs TLS 1.3, and tls.max_version is 1.2" in cli("check", "--config", path, expect=2), "refused")


main()
