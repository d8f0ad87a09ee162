"""`persona doctor` says in a sentence what is wrong, and what to do: at a gateway that is broken in each of these ways, at a
service, and at what listens where persona should."""

import contextlib
import datetime
import json
import os
import pathlib
import pty
import ssl
import subprocess
import time

from harness import process
from harness.certificates import Pki, accept_tls
from harness.persona import BINARY, SANITIZER_REPORT, Persona, config, write_config
from harness.proxies import microsocks, squid
from harness.relay import Port
from harness.runner import case, check, equal, main
from harness.servers import MariaDb, PostgreSql, Redis, haproxy, openssl_server, tls_gateway
from harness.sockets import Server, black_hole, connect, hold, refused_address, reset, text

SILENCE = {"handshake": "2s"}
told = set()  # what was said of something broken, without what differs from run to run


def examine(case, content, code, name="service"):
    """What doctor says, and its exit code."""
    path = content if isinstance(content, pathlib.Path) else write_config(case, content, name)
    done = subprocess.run(process.command(BINARY, "doctor", "--config", path, "--json"), timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    errors = process.decoded(done.stderr)
    check(not SANITIZER_REPORT.search(errors), "a sanitizer found something", errors[-4000:])
    equal((done.returncode, errors), (code, ""), f"exit code and standard error ({done.stdout[-800:]})")
    said = json.loads(done.stdout)
    equal(said["ok"], code == 0, "ok")
    return said["services"]


def find(services, step, state, sentence, fix=""):
    """The one step of this kind and state; what it says must contain these."""
    steps = [one for service in services for one in service["steps"] if (one["step"], one["state"]) == (step, state)]
    check(len(steps) == 1, f"{len(steps)} steps {step} are {state}", services)
    check(sentence in steps[0]["sentence"], f"it does not say {sentence!r}", steps[0])
    check(fix in steps[0].get("fix", ""), f"it does not advise {fix!r}", steps[0])
    if state in ("failed", "warning"):
        told.add(sentence)
    return steps[0]


def says(words):
    """A server that greets with them."""
    def serve(connection):
        connection.sendall(words)
        connection.recv(4096)

    return serve


def answers(words):
    """The same for one that waits for the client."""
    def serve(connection):
        connection.recv(4096)
        connection.sendall(words)
        connection.recv(4096)

    return serve


def plain(serve):
    return lambda case, pki: config(pki, gateway=Server(case, serve, failing=True))


def presents(issue):
    """A gateway with the certificate that issue(pki) makes."""
    def build(case, pki):
        return config(pki, gateway=tls_gateway(case, pki.server_context(issue(pki)), failing=True))

    return build


def pinned(case, pki):
    content = presents(lambda pki: pki.gateway)(case, pki)
    content["gateway"]["pins"] = [pki.client.pin]
    return content


def tls(prepare, **more):
    """A gateway whose ssl context prepare(context, pki) has changed."""
    def build(case, pki):
        context = pki.server_context()
        prepare(context, pki)
        return config(pki, gateway=tls_gateway(case, context, failing=True), **more)

    return build


def alert(description):
    """Ends the handshake with this alert."""
    def prepare(context, pki):
        context.sni_callback = lambda *_: description

    return prepare


def s_server(*options, **more):
    return lambda case, pki: config(pki, gateway=openssl_server(case, pki, *map(str, options)), **more)


def revoked_by_gateway(case, pki):
    """openssl s_server that knows a revocation list with our certificate."""
    both = case.folder / "ca-and-crl.pem"
    both.write_bytes(pki.ca.certificate.read_bytes() + pki.ca.revocation_list(1, [pki.client]))
    return config(pki, gateway=openssl_server(case, pki, "-Verify", "1", "-verify_return_error", "-crl_check", "-CRL", both))


def with_crl(revokes, until=30):
    def build(case, pki):
        crl = case.folder / "crl.pem"
        crl.write_bytes(pki.ca.revocation_list(1, [pki.gateway] if revokes else [], since=-20, until=until))
        content = config(pki, gateway=tls_gateway(case, pki.server_context(), failing=True))
        content["trust"]["crl"] = str(crl)
        return content

    return build


def refused(version):
    """HAProxy that trusts one CA, and we have a certificate of another."""
    def build(case, pki):
        pki.client = pki.other_ca.issue("stranger")
        return config(pki, gateway=haproxy(case, pki, case.folder / "nothing", version))

    return build


def vanishes(case, pki):
    """Accepts us, and closes the connection without a word right after the handshake of TLS 1.3."""
    context = pki.server_context(version="1.3")
    context.num_tickets = 0

    def serve(connection):
        peer = accept_tls(context, connection)
        os.close(peer.detach())

    return config(pki, gateway=Server(case, serve, failing=True))


def endless(connection):
    """Records that are no part of a handshake, for as long as somebody takes them."""
    connection.recv(4096)
    while True:
        connection.sendall(b"\x14\x03\x03\x00\x01\x01" * 1000)


def huge(connection):
    """A handshake message of 16 MiB, as far as somebody takes it."""
    connection.recv(4096)
    connection.sendall(b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + bytes(0x4000 - 4))
    for _ in range(1024):
        connection.sendall(b"\x16\x03\x03\x40\x00" + bytes(0x4000))


FUTURE = int((datetime.datetime.now() + datetime.timedelta(days=200)).timestamp())
CLIENT_REFUSED = "the gateway refused our certificate (CN=client, issued by CN=Test CA): "

# What the row is about; builds the configuration; the step that fails; what its sentence and its advice contain.
ROWS = [
    ("a port that nobody listens at", None, "connect", "connection refused", "nothing listens at that port"),
    ("a firewall that swallows", lambda case, pki: config(pki, gateway=text(black_hole(case)), timeouts={"connect": "1s"}),
     "connect", "no answer within timeouts.connect (1s)", "a firewall swallows"),
    ("an address without a route", lambda case, pki: config(pki, gateway="224.0.0.1:5433"),
     "connect", "network is unreachable", "no way to 224.0.0.1:5433: look at its routes"),
    ("an address that is not allowed",
     lambda case, pki: (content := config(pki, gateway="127.0.0.1:1"),
                        content["gateway"].update(allowed_addresses=["10.0.0.0/8"]))[0],
     "configuration", "127.0.0.1 is not in gateway.allowed_addresses (10.0.0.0/8); it could never be dialled", ""),
    ("HTTP", plain(answers(b"HTTP/1.1 400 Bad Request\r\n\r\n")), "handshake", "is an HTTP server without TLS",
     "gateway.address"),
    ("SSH", plain(says(b"SSH-2.0-OpenSSH_9.2p1\r\n")), "handshake", "is an SSH server without TLS", "gateway.address"),
    ("SMTP", plain(says(b"220 mail.test ESMTP\r\n")), "handshake", "is an SMTP server without TLS", "gateway.address"),
    ("FTP", plain(says(b"220 ftp.test FTP server\r\n")), "handshake", "is an FTP server without TLS", "gateway.address"),
    ("IMAP", plain(says(b"* OK IMAP4rev1 ready\r\n")), "handshake", "is an IMAP server without TLS", "gateway.address"),
    ("POP3", plain(says(b"+OK POP3 ready\r\n")), "handshake", "is a POP3 server without TLS", "gateway.address"),
    ("Redis", plain(answers(b"-ERR unknown command\r\n")), "handshake", "is Redis without TLS", "gateway.address"),
    ("nothing that is known", plain(says(b"hello, who is there?\r\n")), "handshake", 'its first bytes are "hello"',
     "persona needs one that speaks TLS"),
    ("a gateway that is asked in the words of a database",
     lambda case, pki: config(pki, gateway=openssl_server(case, pki), negotiate="postgresql"), "negotiate",
     "ended the connection instead of answering PostgreSQL's request for TLS", ""),
    ("a gateway that answers a database's words with an alert of TLS",
     lambda case, pki: config(pki, gateway=Server(case, answers(b"\x15\x03\x01\x00\x02\x02\x0a"), failing=True),
                              negotiate="postgresql"),
     "negotiate", "speaks TLS without being asked for it: remove gateway.negotiate", ""),
    ("somebody who never says a word", lambda case, pki: config(pki, gateway=Server(case, hold), timeouts=SILENCE),
     "handshake", "did not answer the TLS handshake within timeouts.handshake (2s)", "is it the right port"),
    ("a database that never says a word",
     lambda case, pki: config(pki, gateway=Server(case, hold), negotiate="mysql", timeouts=SILENCE), "negotiate",
     "did not agree to TLS within timeouts.handshake (2s)", "stays silent"),
    ("somebody who ends at once", plain(lambda connection: connection.recv(4096) and None), "handshake",
     "closed the connection without answering the TLS handshake", "compare that with what the gateway accepts"),
    ("somebody who resets", plain(lambda connection: connection.recv(4096) and reset(connection)), "handshake",
     "reset the connection during the TLS handshake", "its log may say why"),
    ("a ServerHello of nonsense", plain(answers(b"\x16\x03\x03\x00\x20\x02\x00\x00\x1c" + b"\xff" * 28)), "handshake",
     "broke the TLS protocol in the handshake", "persona offers TLSv1.2 to TLSv1.3"),
    ("records without end", plain(endless), "handshake", "it keeps sending records that are no part of a handshake", ""),
    ("a message without end", plain(huge), "handshake", "a handshake message of the gateway is longer than", ""),
    ("another CA", presents(lambda pki: pki.other_ca.issue("gateway", [pki.GATEWAY_NAME])), "handshake",
     "issued by CN=Other CA, which trust.ca does not contain", "persona check --config"),
    ("a certificate of its own making", presents(lambda pki: pki.ca.issue("gateway", [pki.GATEWAY_NAME], self_signed=True)),
     "handshake", "is self-signed and not in trust.ca", "persona check --config"),
    ("an expired certificate", presents(lambda pki: pki.ca.issue("gateway", [pki.GATEWAY_NAME], expired=True)), "handshake",
     "gateway certificate expired 3 days ago", "this machine's clock says 20"),
    ("a certificate of the future", presents(lambda pki: pki.ca.issue("gateway", [pki.GATEWAY_NAME], since=2)), "handshake",
     "is not valid before", "this machine's clock says 20"),
    ("another name", presents(lambda pki: pki.ca.issue("gateway", ["other.test"])), "handshake",
     "name gateway.test is not in the gateway's certificate; it has other.test",
     "gateway.verify: pins and gateway.pins: [sha256//"),
    ("another key", pinned, "handshake", "pin", "write gateway.pins: [sha256//"),
    ("a revoked certificate", with_crl(True), "handshake", "revoked", ""),
    ("a revocation list that has expired", with_crl(False, until=-2), "handshake",
     "the revocation list of CN=Test CA expired 2 days ago", "this machine's clock says"),
    ("HAProxy, which does not trust our CA, in TLS 1.2", refused("1.2"), "handshake",
     "the gateway refused our certificate (CN=stranger, issued by CN=Other CA): it does not trust the issuer",
     "it asks for a certificate issued by CN=Test CA, and ours is issued by CN=Other CA"),
    ("HAProxy, which does not trust our CA, in TLS 1.3", refused("1.3"), "accept",
     "the gateway refused our certificate (CN=stranger, issued by CN=Other CA): it does not trust the issuer",
     "it asks for a certificate issued by CN=Test CA, and ours is issued by CN=Other CA"),
    ("a gateway that does not say whose it takes",
     lambda case, pki: config(pki, gateway=tls_gateway(case, pki.server_context(ca=pki.other_ca), failing=True)),
     "accept", CLIENT_REFUSED + "it does not trust the issuer",
     "it does not say whose certificates it takes (ours is issued by CN=Test CA)"),
    ("a gateway whose clock is wrong", s_server("-Verify", 1, "-verify_return_error", "-attime", FUTURE), "accept",
     CLIENT_REFUSED + "it says the certificate is expired or not yet valid", "and this machine's clock says 20"),
    ("a gateway that has revoked us", revoked_by_gateway, "accept", CLIENT_REFUSED + "it says the certificate is revoked",
     "it asks for a certificate issued by CN=Test CA, and ours is issued by CN=Test CA: so it has something else"),
    ("a gateway that does not let us in", tls(alert(ssl.ALERT_DESCRIPTION_ACCESS_DENIED)), "handshake",
     CLIENT_REFUSED + "the certificate is valid but not allowed in", "it has not asked for a certificate"),
    ("a gateway that ends right after the handshake", vanishes, "accept",
     "right after the TLS handshake, without a word: it may have refused our certificate",
     "it does not say whose certificates it takes"),
    ("no version in common", tls(lambda context, pki: setattr(context, "maximum_version", ssl.TLSVersion.TLSv1_2),
                                 tls={"min_version": "1.3"}),
     "handshake", "no common TLS version", "persona offers TLSv1.3 with"),
    ("no suite in common", s_server("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256",
                                    tls={"min_version": "1.3", "ciphers": ["TLS_AES_256_GCM_SHA384"]}),
     "handshake", "no TLS version, cipher suite, group or signature algorithm in common",
     "persona offers TLSv1.3 with TLS_AES_256_GCM_SHA384 and"),
    ("no application protocol in common", s_server("-alpn", "postgresql", tls={"alpn": ["h2"]}), "handshake",
     "no common application protocol", "persona offers h2: set tls.alpn"),
    ("a name that is not served", tls(alert(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)), "handshake",
     "it does not serve this name", "persona asks for gateway.test: set gateway.server_name"),
    ("a gateway in trouble", tls(alert(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR)), "handshake",
     "it failed for a reason of its own: see its log", ""),
    ("a handshake that is damaged on the way", tls(alert(ssl.ALERT_DESCRIPTION_DECRYPT_ERROR)), "handshake",
     "a signature or Finished message did not verify", ""),
]


def register(name, build, step, sentence, fix):
    @case(name)
    def row(case):
        pki = Pki(case)
        if build is None:
            with refused_address() as address:
                found = examine(case, config(pki, gateway=text(address)), 1)
        else:
            found = examine(case, build(case, pki), 1)
        find(found, step, "failed", sentence, fix)


for each in ROWS:
    register(*each)


@case("a name that does not exist", deadline=90)
def unknown_name(case):
    found = examine(case, config(Pki(case), gateway="nobody.invalid:5433", timeouts={"connect": "30s"}), 1)
    find(found, "lookup", "failed", "cannot resolve nobody.invalid", "is nobody.invalid spelt right")


@case("a gateway that is as it should be")
def good(case):
    pki = Pki(case)
    for version in ("1.2", "1.3"):
        gateway = tls_gateway(case, pki.server_context(version=version), failing=True)
        found = examine(case, config(pki, gateway=gateway), 0)
        find(found, "certificate", "ok", "our certificate is CN=client, issued by CN=Test CA")
        find(found, "connect", "ok", f"{gateway} accepts connections")
        find(found, "handshake", "ok", f"TLSv{version} with TLS_")
        find(found, "accept", "ok", "has accepted our certificate (CN=client)")
        equal(gateway.accepted, 1, "connections")


@case("PostgreSQL that speaks TLS, and its port is taken for a TLS port", deadline=150)
def postgresql(case):
    pki = Pki(case)
    database = PostgreSql(case, hba="hostssl all persona 127.0.0.1/32 trust\n", pki=pki)
    found = examine(case, config(pki, gateway=database, negotiate="postgresql"), 0)
    find(found, "negotiate", "ok", "it is postgresql and agrees to TLS")
    find(examine(case, config(pki, gateway=database), 1), "handshake", "failed",
         "is PostgreSQL without TLS in front: set gateway.negotiate: postgresql")


@case("PostgreSQL whose TLS is off", deadline=150)
def bare_postgresql(case):
    pki = Pki(case)
    port = Port(case, PostgreSql(case).socket)
    find(examine(case, config(pki, gateway=port), 1), "handshake", "failed", "its own is switched off (ssl = off)")
    find(examine(case, config(pki, gateway=port, negotiate="postgresql"), 1), "negotiate", "failed",
         "is PostgreSQL with TLS off: set ssl = on")


@case("MariaDB whose TLS is off, and as the service of mode gateway", deadline=150)
def mariadb(case):
    pki = Pki(case)
    database = MariaDb(case)
    port = Port(case, database.socket)
    find(examine(case, config(pki, gateway=port), 1), "handshake", "failed",
         " without TLS in front: set gateway.negotiate: mysql")
    find(examine(case, config(pki, gateway=port, negotiate="mysql"), 1), "negotiate", "failed",
         " with TLS off: set ssl_cert and ssl_key")
    find(examine(case, config(pki, gateway=port, negotiate="postgresql"), 1), "negotiate", "failed",
         " and not PostgreSQL: set gateway.negotiate: mysql")
    find(examine(case, served(pki, f"unix:{database.socket}"), 0), "service", "ok", "it greets as MariaDB 10.")


@case("the way leads through a proxy: which opens it, which does not, and which is not there", deadline=90)
def proxy(case):
    pki = Pki(case)

    def behind(via, gateway):
        content = config(pki, gateway=gateway)
        content["gateway"]["via"] = str(via)
        return content

    gateway = tls_gateway(case, pki.server_context(), failing=True)
    socks = microsocks(case)
    found = examine(case, behind(socks.url, gateway), 0)
    find(found, "connect", "ok", f"{socks} accepts connections")
    find(found, "proxy", "ok", f"the proxy has opened a way to {gateway}")
    find(found, "accept", "ok", "has accepted our certificate (CN=client)")
    strict = squid(case, rules="http_access deny all")
    find(examine(case, behind(strict.url, gateway), 1), "proxy", "failed", f"proxy {strict} ",
         f"its log says why it opens no way to {gateway}")
    with refused_address() as address:
        find(examine(case, behind(f"http://{text(address)}", gateway), 1), "connect", "failed",
             f"it is the way to {gateway} (gateway.via)", "nothing listens at that port")


@case("a gateway of TLS 1.3 that never says a word has not refused us")
def silent_gateway(case):
    pki = Pki(case)
    context = pki.server_context(version="1.3")
    context.num_tickets = 0
    found = examine(case, config(pki, gateway=tls_gateway(case, context, failing=True)), 0)
    find(found, "accept", "ok", "has not refused our certificate (CN=client)")


@case("what is to be looked at though it works: warnings, and exit code 0")
def warnings(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(client_certificate=False), failing=True)
    found = examine(case, config(pki, gateway=gateway), 0)
    find(found, "accept", "warning", "the gateway asks for no client certificate", "whoever reaches it is let in")
    gateway = tls_gateway(case, pki.server_context(pki.ca.issue("gateway", [pki.GATEWAY_NAME], days=5)), failing=True)
    found = examine(case, config(pki, gateway=gateway), 0)
    find(found, "handshake", "warning", "the gateway is CN=gateway, valid for ", "have its certificate renewed")
    found = examine(case, config(pki, gateway=gateway, access={"allow": ["10.0.0.0/8"]}), 0)
    find(found, "access", "warning", "access.allow does not have 127.0.0.1", "add 127.0.0.1 to access.allow")


@case("a configuration with errors is told in the words of check, and the others of its folder are examined")
def folder(case):
    pki = Pki(case)
    conf = case.folder / "conf"
    conf.mkdir()
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    write_config(case, config(pki, gateway=gateway), "conf/good")
    pki.client = pki.ca.issue("client", expired=True)
    write_config(case, config(pki, gateway=gateway), "conf/expired")
    (conf / "typing.yaml").write_text("listen: 127.0.0.1:0\ngatway: db.test:1\n")
    found = examine(case, conf, 1)
    equal([(one["name"], one["ok"]) for one in found], [("expired", False), ("good", True), ("typing", False)], "services")
    find(found[:1], "configuration", "failed", "certificate expired 3 days ago")
    find(found[1:2], "accept", "ok", "has accepted our certificate")
    sentences = " | ".join(one["sentence"] for one in found[2]["steps"])
    check('unknown key "gatway"; did you mean "gateway"?' in sentences, "the key is not told", sentences)


@case("text: one line each, and colour for a terminal alone")
def rendering(case):
    pki = Pki(case)
    with refused_address() as address:
        path = write_config(case, config(pki, gateway=text(address)))
        command = process.command(BINARY, "doctor", "--config", path)
        piped = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60)
        lines = process.decoded(piped.stdout).splitlines()
        equal((piped.returncode, "\x1b" in "".join(lines)), (1, False), "exit code, and escapes in a pipe")
        check(any(line.startswith("  FAIL  connect        cannot connect to ") for line in lines), "no line", lines)
        check(lines[-1] == "  FAIL  1 step has failed", "no verdict", lines)
        if process.RUNNER:
            return
        for no_colour in ("", "1"):
            ours, its = pty.openpty()
            done = subprocess.run(command, stdin=its, stdout=its, timeout=60,
                                  env=os.environ | {"TERM": "xterm", "NO_COLOR": no_colour})
            os.close(its)
            shown = b""
            with contextlib.suppress(OSError):  # the end, on Linux
                while part := os.read(ours, 65536):
                    shown += part
            os.close(ours)
            equal((done.returncode, b"\x1b[1;31mFAIL" in shown), (1, no_colour == ""), "exit code, and red on a terminal")


def served(pki, service, **more):
    return config(pki, service=service, **more)


@case("mode gateway: a service that is not there, ends at once, greets, refuses")
def service(case):
    pki = Pki(case)
    with refused_address() as address:
        find(examine(case, served(pki, text(address)), 1), "connect", "failed",
             f"cannot connect to the service at {text(address)}: connection refused", "nothing listens at that port")
    find(examine(case, served(pki, text(black_hole(case)), timeouts={"connect": "1s"}), 1), "connect", "failed",
         "does not answer", "a firewall swallows")
    find(examine(case, served(pki, Server(case, lambda connection: None)), 0), "service", "warning",
         "it ends the connection at once, without a word", "does it admit connections from this machine")
    refusal = b"\x17\x00\x00\x00\xff\x10\x04Too many connections"
    find(examine(case, served(pki, Server(case, says(refusal), failing=True)), 1), "service", "failed",
         'it refuses connections and says "Too many connections"', "see who uses up its connections")
    silent = Server(case, hold)
    find(examine(case, served(pki, silent), 0), "connect", "ok", f"the service at {silent} accepts connections")
    equal(silent.accepted, 1, "connections")
    if process.RUNNER:
        return
    find(examine(case, served(pki, f"unix:{case.folder}/nothing"), 1), "connect", "failed", "no such file or directory",
         "there is no such socket")
    redis = Redis(case)
    find(examine(case, served(pki, f"unix:{redis.socket}"), 0), "connect", "ok", "accepts connections")


@case("our own addresses: nobody, persona, another program, and who answers administrators")
def own_addresses(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    with refused_address() as ours, refused_address() as admin:
        content = config(pki, gateway=gateway, admin={"listen": text(admin)}) | {"listen": text(ours)}
        found = examine(case, content, 0)
        find(found, "listen", "note", f"nobody listens at {text(ours)}", "start it: persona run --config ")
        find(found, "admin", "note", f"nobody answers administrators at {text(admin)}")
    service = Server(case, hold)
    persona = Persona(case, served(pki, service, admin={"listen": "127.0.0.1:0"}))
    admin = persona.wait_log("answering administrators")["address"]
    content = served(pki, service, admin={"listen": admin}) | {"listen": str(persona)}
    found = examine(case, content, 0, "asked")
    find(found, "listen", "ok", f"{persona} accepts connections")
    find(found, "admin", "ok", f"persona runs, and says at {admin} that it is ready")
    other = Server(case, says(b"SSH-2.0-OpenSSH_9.2p1\r\n"), failing=True)
    found = examine(case, served(pki, service, admin={"listen": str(other)}) | {"listen": str(Server(case, says(b"SSH-2.0-x\r\n"),
                                                                                                failing=True))}, 1, "other")
    find(found, "listen", "failed", "it is not persona that listens but an SSH server", "give listen another port")
    find(found, "admin", "failed", "is not persona but an SSH server", "see what listens there")


@case("a persona that drains says so")
def draining(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), failing=True),
                                   admin={"listen": "127.0.0.1:0"}))
    admin = persona.wait_log("answering administrators")["address"]
    with connect(persona.address) as client:
        persona.wait_log("connection open")
        persona.signal(15)
        persona.wait_log("draining")
        found = examine(case, config(pki, gateway=persona, admin={"listen": admin}), 1, "asked")
        find(found, "admin", "failed", f"the persona at {admin} is not ready: draining")
        client.close()


@case("whoever sends without end is bounded in time and memory")
def bounded(case):
    def floods(connection):
        while True:
            connection.sendall(b"\x17\x03\x03\x40\x00" + bytes(0x4000))

    began = time.monotonic()
    found = examine(case, config(Pki(case), gateway=[Server(case, floods, failing=True) for _ in range(4)]), 1)
    equal(len([one for one in found[0]["steps"] if one["state"] == "failed"]), 4, "failures")
    check(time.monotonic() - began < 30, "it took too long")


@case("at least thirty sentences are different")
def different(case):
    check(len(told) >= 30, "too few sentences", len(told))


main()
