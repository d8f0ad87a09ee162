"""The private key on a PKCS#11 token: who signs how, in both roles and versions; what becomes of handshakes when the token goes,
comes back, refuses or misbehaves; and that a wrong PIN is never tried twice."""

import contextlib
import json
import os
import signal
import subprocess

from harness.certificates import KEY_KINDS, Pki
from harness.persona import BINARY, Persona, address_of, cli, config, environment, write_config
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.servers import openssl_server, tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, read_exactly, read_to_end, text
from harness.tokens import CLIENT_MODULE, PIN, RECORDING, SOFTHSM, Tokens

LOGIN = "C_Login 0x1 "
STILL = {"tls": {"resumption": False}, "reload": {"watch": False}}  # the token is asked for handshakes alone


def run(case, tokens, content, name="service", **more):
    return Persona(case, content, name, variables=tokens.variables, **more)


def check_of(case, tokens, content, expect=0, name="checked"):
    """What `persona check` says."""
    return cli("check", "--config", write_config(case, content, name), expect=expect, prefix=tokens.prefix)


def fails(persona, error, reason="handshake_failed"):
    with connect(persona.address) as client:
        read_to_end(client)
    return persona.next_close(reason, error)


def works(persona):
    with connect(persona.address) as client:
        expect_echo(client)
    persona.next_close()


@case("RSA, P-256 and P-384 sign for OpenSSL, as client and as server, in TLS 1.2 and 1.3, in every way", deadline=120)
def kinds(case):
    pki = Pki(case)
    tokens = Tokens(case)
    # How the client signs, and the server: what OpenSSL asks for, and what it says of it.
    ways = {"RSA-2048": [("1.2", "RSA+SHA256", "RSA"), ("1.2", "rsa_pss_rsae_sha256", "RSA-PSS"),
                         ("1.3", "rsa_pss_rsae_sha256", "RSA-PSS"), ("1.3", "rsa_pss_rsae_sha512", "RSA-PSS")],
            "P-256": [("1.2", "ECDSA+SHA256", "ECDSA"), ("1.2", "ECDSA+SHA384:ECDSA+SHA256", "ECDSA"), ("1.3", "ECDSA+SHA256", "ECDSA")],
            "P-384": [("1.2", "ECDSA+SHA384", "ECDSA"), ("1.3", "ECDSA+SHA384", "ECDSA")]}
    service = Server(case, echo, failing=True)
    for number, (kind, signatures) in enumerate(ways.items(), 1):
        key = KEY_KINDS[kind]()
        client = pki.ca.issue(f"client-{kind}", key=key)
        gateway = pki.ca.issue(f"gateway-{kind}", [Pki.GATEWAY_NAME], key=key)
        tokens.put_key(client, kind, number=f"{number:02}")
        far = run(case, tokens, config(pki, service=service) | {"identity": tokens.identity(gateway, kind)}, f"gateway-{kind}")
        for at, (version, algorithm, words) in enumerate(signatures):
            option = f"-tls{version.replace('.', '_')}"
            # The authority's own signature on certificates has to be let in as well.
            allowed = algorithm if kind == "P-256" else f"{algorithm}:ECDSA+SHA256"
            server = openssl_server(case, pki, "-Verify", "1", "-verify_return_error", option, "-client_sigalgs", allowed)
            near = run(case, tokens, config(pki, gateway=server) | {"identity": tokens.identity(client, kind)}, f"{kind}-{at}")
            with connect(near.address) as connection:
                connection.sendall(b"hello\n")
                equal(read_exactly(connection, 6), b"olleh\n", "the line reversed")
            server.process.wait_line(f"Signature type: {words}")
            server.process.wait_line(f"Peer certificate: CN = client-{kind}")
            near.stop()
            server.process.kill()
            peer = Process(case, "openssl", "s_client", "-connect", text(far.address), "-CAfile", pki.ca.certificate, "-cert",
                           pki.client.certificate, "-key", pki.client.key, "-servername", Pki.GATEWAY_NAME, "-verify_hostname",
                           Pki.GATEWAY_NAME, "-verify_return_error", "-brief", option, "-sigalgs", allowed,
                           stdin=subprocess.PIPE)
            peer.wait_line(f"Signature type: {words}")
            peer.say("hello\n")
            peer.wait_line("hello")
            peer.kill()
        far.stop()
    check(not [line for line in tokens.calls("C_Sign ") if not line.endswith(" 0x0")], "a signature failed", tokens.calls())


@case("sessions are shared by connections, one login serves them all, and all are closed in the end")
def sessions(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    gateway = tls_gateway(case, pki.server_context())
    content = config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(pki.client)}
    persona = run(case, tokens, content)
    clients = [connect(persona.address) for _ in range(60)]
    for client in clients:
        expect_echo(client)
        client.close()
    equal(len(tokens.calls(LOGIN)), 1, f"logins {tokens.calls()}")
    opened = len(tokens.calls("C_OpenSession 0x0"))
    check(1 <= opened <= 16, "sessions", opened)
    persona.stop()
    equal(len(tokens.calls("C_CloseSession 0x0")), opened, "sessions that were closed")
    equal(tokens.calls("C_Finalize"), ["C_Finalize 0x0"], "the module is finalised")


@case("a token that has one session is enough, and so is a module that cannot lock")
def small(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    for limit in ("sessions", "cannot_lock"):
        tokens = Tokens(case, f"of-{limit}")
        tokens.put_key(pki.client, "client", token=f"of-{limit}")
        tokens.tell(limit, 1)
        content = config(pki, gateway=gateway, tls={"resumption": False})
        persona = run(case, tokens, content | {"identity": tokens.identity(pki.client, token=f"of-{limit}")}, limit)
        clients = [connect(persona.address) for _ in range(40)]
        for client in clients:
            expect_echo(client)
            client.close()
        persona.stop()
        if limit == "sessions":
            check("C_OpenSession 0xb1" in tokens.calls(), "nobody wanted a second session")
        else:
            check("C_Initialize 0xa" in tokens.calls() and "C_Initialize 0x0" in tokens.calls(), "it locks", tokens.calls())
            equal(tokens.calls("at once"), [], "calls at the same time")


@case("what a token forgot is looked up once more, and live connections go on", deadline=120)
def forgets(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    content = config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(pki.client)}
    persona = run(case, tokens, content)
    with connect(persona.address) as live:
        expect_echo(live)
        # SESSION_HANDLE_INVALID, SESSION_CLOSED, DEVICE_REMOVED, DEVICE_ERROR, TOKEN_NOT_PRESENT, USER_NOT_LOGGED_IN,
        # OBJECT_HANDLE_INVALID, KEY_HANDLE_INVALID
        for code in ("b3", "b0", "32", "30", "e0", "101", "82", "60"):
            for call in ("C_SignInit", "C_Sign"):
                logins = len(tokens.calls(LOGIN))
                tokens.tell(call, code)
                with connect(persona.address) as client:
                    expect_echo(client)
                check(not (tokens.told / call).exists(), "the token was not asked", call)
                equal(len(tokens.calls(LOGIN)), logins + 1, f"logins after {code} of {call}")
        tokens.tell("C_Sign.always", "30")
        with connect(persona.address) as client:
            read_to_end(client)
        persona.wait_log_like('our private key could not sign: the token "db" cannot sign: ')
        expect_echo(live)
        tokens.tell_no_more("C_Sign.always")
        with connect(persona.address) as client:
            expect_echo(client)
        expect_echo(live)


class TokenServer:
    """`p11-kit server`: the tokens of another process, at a Unix socket."""

    def __init__(self, case, tokens, token="db"):
        self.place = tokens.folder / "p11-kit.sock"
        self.process = Process(case, "p11-kit", "server", "--foreground", "--name", self.place, "--provider", RECORDING,
                               f"pkcs11:token={token}", env={**os.environ, **tokens.variables}, start_new_session=True)
        case.defer(self.kill)
        self.process.wait_line("P11_KIT_SERVER_ADDRESS")

    def kill(self):
        """With what serves each client."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.place.unlink(missing_ok=True)


@case("through p11-kit's server, which is killed in the middle of a handshake and started again", deadline=120)
def elsewhere(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    tokens.variables["P11_KIT_SERVER_ADDRESS"] = f"unix:path={tokens.folder}/p11-kit.sock"
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    identity = tokens.identity(pki.client, module=CLIENT_MODULE)
    folder = case.folder / "services"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.yaml").write_text(json.dumps(config(pki, gateway=gateway, **STILL) | {"identity": identity}))
    server = TokenServer(case, tokens)
    persona = run(case, tokens, folder)
    one, two = (address_of(line["address"]) for line in sorted(persona.listening(), key=lambda line: line["service"]))
    with connect(one) as live:
        expect_echo(live)
        for _ in range(2):
            tokens.tell("C_Sign.wait")
            with connect(one) as client:
                tokens.wait_told("C_Sign.waits")
                server.kill()
                read_to_end(client)
            persona.wait_log_like("our private key could not sign: the token")
            for name in ("C_Sign.wait", "C_Sign.waits"):
                tokens.tell_no_more(name)
            expect_echo(live)
            server = TokenServer(case, tokens)
            for address in (one, two):  # the other had a connection to the server as well
                with connect(address) as client:
                    expect_echo(client)
            expect_echo(live)
        server.kill()
        server = TokenServer(case, tokens)
        with connect(one) as client:  # nobody noticed
            expect_echo(client)


@case("a token that is pulled makes handshakes fail in a sentence until it is back; it may be away at the start")
def pulled(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    content = config(pki, gateway=gateway, tls={"resumption": False}) | {"identity": tokens.identity(pki.client)}
    elsewhere = tokens.folder / "pulled"
    tokens.store.rename(elsewhere)
    tokens.store.mkdir()
    output = check_of(case, tokens, content)
    check("warning" in output and "is not there; until that changes, handshakes fail" in output, "check", output)
    persona = run(case, tokens, content)
    fails(persona, "our private key could not sign: the token of pkcs11:token=db;object=client")
    tokens.store.rmdir()
    elsewhere.rename(tokens.store)
    with connect(persona.address) as live:
        expect_echo(live)
        tokens.store.rename(elsewhere)
        tokens.store.mkdir()
        tokens.tell("C_Sign", "32")  # what a reader says; SoftHSM would not notice
        fails(persona, "is not there")
        fails(persona, "is not there")
        expect_echo(live)
        tokens.store.rmdir()
        elsewhere.rename(tokens.store)
        with connect(persona.address) as client:
            expect_echo(client)
        expect_echo(live)


@case("a wrong PIN is tried once: not by other services, not by a reload, and not where it would lock the token", deadline=120)
def wrong_pin(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    folder = case.folder / "services"
    folder.mkdir()
    content = config(pki, gateway=gateway) | {"identity": tokens.identity(pki.client)}
    for name in ("one", "two", "three"):
        (folder / f"{name}.yaml").write_text(json.dumps(content))
    tokens.pin.write_text("4321\n")
    output = cli("check", "--config", folder, expect=2, prefix=tokens.prefix)
    check('the token "db" refuses the PIN, which is not tried again' in output and
          'the token "db" has refused this PIN, which is not tried again' in output, "check", output)
    equal(tokens.calls(LOGIN), [LOGIN + "0xa0"], "logins")
    output = cli("run", "--config", folder, expect=2, prefix=tokens.prefix)
    check("refuses the PIN" in output, "run", output)
    equal(len(tokens.calls(LOGIN)), 2, "logins of the next process")
    # Whoever is logged in needs none. When the login is lost a wrong one is tried once, whatever is reloaded.
    tokens.pin.write_text(PIN + "\n")
    (folder / "two.yaml").unlink()
    (folder / "three.yaml").unlink()
    file = folder / "one.yaml"
    content |= STILL
    file.write_text(json.dumps(content))
    persona = run(case, tokens, file)
    with connect(persona.address) as live:
        expect_echo(live)
        logins = len(tokens.calls(LOGIN))
        tokens.pin.write_text("9999\n")
        persona.signal(signal.SIGHUP)
        persona.wait_log_like("reloaded")
        works(persona)
        equal(len(tokens.calls(LOGIN)), logins, "logins of a reload")
        tokens.tell("C_Sign", "e0")
        fails(persona, 'the token "db" refuses the PIN, which is not tried again')
        equal(len(tokens.calls(LOGIN)), logins + 1, "logins when the token is back")
        fails(persona, 'the token "db" has refused this PIN, which is not tried again')
        other = content["identity"] | {"private_key": tokens.uri(attributes=";type=private")}
        file.write_text(json.dumps(content | {"identity": other}))
        persona.signal(signal.SIGHUP)
        persona.wait_log_like("has refused this PIN, which is not tried again: write")
        fails(persona, "has refused this PIN")
        equal(len(tokens.calls(LOGIN)), logins + 1, "logins of another reload")
        expect_echo(live)
        tokens.pin.write_text(PIN + "\n")
        persona.signal(signal.SIGHUP)
        persona.wait_log("reloaded", count=2)
        works(persona)
    persona.stop()
    # CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED
    tokens.pin.write_text("4321\n")
    for flags, words in (("20000", 'one more wrong PIN locks the token "db", so none is tried'),
                         ("40000", 'the PIN of the token "db" is locked')):
        tokens.tell("flags", flags)
        logins = len(tokens.calls(LOGIN))
        check(words in check_of(case, tokens, content, expect=2), "check with a warning of the token", words)
        equal(len(tokens.calls(LOGIN)), logins, "logins with a warning of the token")
    tokens.tell_no_more("flags")
    tokens.tell("C_Login.0x1", "a4")
    check('the PIN of the token "db" is locked' in check_of(case, tokens, content, expect=2), "check of a locked token")
    tokens.tell_no_more("C_Login.0x1")
    tokens.pin.write_text("\n")
    logins = len(tokens.calls(LOGIN))
    check("the first line has to be the PIN of the token" in check_of(case, tokens, content, expect=2), "an empty PIN")
    equal(len(tokens.calls(LOGIN)), logins, "logins with an empty PIN")


@case("a token that cannot sign by RSA-PSS is for TLS 1.2 alone, in both roles")
def no_pss(case):
    pki = Pki(case)
    tokens = Tokens(case)
    key = KEY_KINDS["RSA-2048"]()
    client, gateway = pki.ca.issue("rsa-client", key=key), pki.ca.issue("rsa-gateway", [Pki.GATEWAY_NAME], key=key)
    tokens.put_key(client, "client")
    tokens.tell("C_SignInit.0xd.always", "70")  # CKM_RSA_PKCS_PSS: MECHANISM_INVALID
    far = run(case, tokens, config(pki, service=Server(case, echo, failing=True)) | {"identity": tokens.identity(gateway)}, "gateway")
    server = openssl_server(case, pki, "-Verify", "1", "-verify_return_error")
    content = config(pki, gateway=server) | {"identity": tokens.identity(client)}
    output = check_of(case, tokens, content)
    check("the key cannot sign by RSA-PSS where it is, so TLSv1.2 alone is spoken" in output, "check", output)
    near = run(case, tokens, content, "persona")
    with connect(near.address) as connection:
        connection.sendall(b"hello\n")
        equal(read_exactly(connection, 6), b"olleh\n", "the line reversed")
    server.process.wait_line("Protocol version: TLSv1.2")
    server.process.wait_line("Signature type: RSA")
    peer = Process(case, "openssl", "s_client", "-connect", text(far.address), "-CAfile", pki.ca.certificate, "-cert",
                   pki.client.certificate, "-key", pki.client.key, "-servername", Pki.GATEWAY_NAME, "-brief",
                   stdin=subprocess.PIPE)
    peer.wait_line("Protocol version: TLSv1.2")
    peer.wait_line("Signature type: RSA")
    peer.kill()
    content["tls"] = {"min_version": "1.3"}
    output = check_of(case, tokens, content, expect=2)
    check("so that it can do TLSv1.2 alone, which tls.min_version or tls.max_version leaves out" in output, "check", output)
    # The other way round: PKCS#1 v1.5 is what it lacks.
    tokens.tell_no_more("C_SignInit.0xd.always")
    tokens.tell("C_SignInit.0x1.always", "70")
    content["tls"] = {}
    check("so TLSv1.3 alone is spoken" in check_of(case, tokens, content), "check without PKCS#1")
    tokens.tell("C_SignInit.0xd.always", "70")
    check('the token "db" cannot sign: ' in check_of(case, tokens, content, expect=2), "check of a key that signs nothing")


@case("that a token cannot sign by RSA-PSS shows late if it was away at the start, and a reload keeps to TLS 1.2")
def late_no_pss(case):
    pki = Pki(case)
    tokens = Tokens(case)
    client = pki.ca.issue("rsa-client", key=KEY_KINDS["RSA-2048"]())
    tokens.put_key(client, "client")
    tokens.tell("C_SignInit.0xd.always", "70")
    elsewhere = tokens.folder / "pulled"
    tokens.store.rename(elsewhere)
    tokens.store.mkdir()
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    persona = run(case, tokens, config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(client)})
    tokens.store.rmdir()
    elsewhere.rename(tokens.store)
    fails(persona, "it cannot sign by RSA-PSS, so let persona reload, and it keeps to TLS 1.2")
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded")
    works(persona)
    persona.wait_log("connection open", tls_version="TLSv1.2")


@case("a token that is slow, or has no session left, holds up neither other services nor open connections")
def slow(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    folder = case.folder / "services"
    folder.mkdir()
    common = config(pki, gateway=gateway, **STILL)
    (folder / "quick.yaml").write_text(json.dumps(common))
    (folder / "slow.yaml").write_text(json.dumps(common | {"identity": tokens.identity(pki.client),
                                                            "timeouts": {"handshake": "60s"}}))
    persona = run(case, tokens, folder)
    quick, slowly = (address_of(line["address"]) for line in sorted(persona.listening(), key=lambda line: line["service"]))
    with connect(quick) as live, connect(slowly) as live_too:
        expect_echo(live)
        expect_echo(live_too)
        tokens.tell("C_Sign.wait")
        clients = [connect(slowly) for _ in range(20)]
        tokens.wait_told("C_Sign.waits")
        expect_echo(live_too)
        with connect(quick) as client:
            expect_echo(client)
        line = persona.wait_log("connection closed", reason="handshake_failed")
        check("is busy: none of its 16 sessions was free within 5 s" in line["error"], "a connection without a session", line)
        persona.wait_log("connection closed", count=4, reason="handshake_failed")
        tokens.tell_no_more("C_Sign.wait")
        for client in clients:
            with contextlib.suppress(ConnectionResetError):
                client.sendall(b"hello")
                client.recv(5)
            client.close()
        with connect(slowly) as client:
            expect_echo(client)
        expect_echo(live)
        expect_echo(live_too)


@case("the certificate comes from the token too, with what it has of the issuers")
def certificate(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    tokens.put_certificate(pki.client.certificate, "client")
    gateway = tls_gateway(case, pki.server_context())
    content = config(pki, gateway=gateway)
    content["identity"] = {"certificate": tokens.uri(pin=False), "private_key": tokens.uri()}
    output = check_of(case, tokens, content)
    check("CN=client" in output and "warning" not in output, "check", output)
    persona = run(case, tokens, content)
    works(persona)
    # Renewed with the same key: files have not changed, so somebody has to say so.
    renewed = pki.ca.issue("renewed", key=key_of(pki.client))
    tokens.run("p11tool", "--provider", SOFTHSM, "--login", "--set-pin", PIN, "--delete", "--batch",
               "pkcs11:token=db;object=client;type=cert")
    tokens.put_certificate(renewed.certificate, "client")
    persona.signal(signal.SIGHUP)
    persona.wait_log_like("reloaded")
    works(persona)


def key_of(credential):
    from cryptography.hazmat.primitives import serialization
    return serialization.load_pem_private_key(credential.key.read_bytes(), None)


@case("a key that wants the PIN for each signature is given it")
def always_authenticate(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    tokens.tell("always_authenticate")
    gateway = tls_gateway(case, pki.server_context())
    persona = run(case, tokens, config(pki, gateway=gateway) | {"identity": tokens.identity(pki.client)})
    works(persona)
    equal(len(tokens.calls("C_Login 0x2")), len(tokens.calls("C_Sign ")), "a PIN for each signature")


@case("an agent may have its key on a token")
def agent(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    place = case.folder / "agent.sock"
    keys = {"listen": f"unix:{place}", "keys": [tokens.identity(pki.client)]}
    agent = Process(case, BINARY, "agent", "--config", write_config(case, keys, "agent"), env={**environment(), **tokens.variables})
    agent.wait_line("agent ready")
    gateway = tls_gateway(case, pki.server_context())
    identity = {"certificate": str(pki.client.certificate), "private_key": f"agent:{place}"}
    works(Persona(case, config(pki, gateway=gateway) | {"identity": identity}))
    equal(len(tokens.calls("C_Sign 0x0")), 2, "signatures: one to try, one of the handshake")
    agent.signal(signal.SIGTERM)
    equal(agent.wait(), 0, "exit code of the agent")
    tokens.pin.write_text("4321\n")
    output = cli("agent", "--config", write_config(case, keys, "agent"), expect=2, prefix=tokens.prefix)
    check("refuses the PIN, which is not tried again" in output, "an agent with a wrong PIN", output)


@case("what is wrong is said in a sentence, with what to do")
def sentences(case):
    pki = Pki(case)
    tokens = Tokens(case, "db", "other")
    tokens.put_key(pki.client, "client")
    tokens.put_key(pki.gateway, "twice", number="02")
    tokens.put_key(pki.client, "twice", number="03")
    base = config(pki, gateway="127.0.0.1:1")
    good = str(pki.client.certificate)
    missing = f"pkcs11:token=db;object=client?module-path={case.folder}/none.so"
    for key, words in ((tokens.uri("nobody"), 'the token "db" has no private key pkcs11:token=db;object=nobody'),
                       (tokens.uri("client", pin=False), "or shows it only after a login: name a file with its PIN by pin-source"),
                       (tokens.uri("twice"), 'the token "db" has several private keys'),
                       (tokens.uri("twice", attributes=";id=%02"), "does not match the certificate"),
                       (missing, f"the PKCS#11 module {case.folder}/none.so cannot be loaded"),
                       ("pkcs11:token=db?module-name=nobody", 'there is no PKCS#11 module called "nobody"'),
                       (f"pkcs11:manufacturer=SoftHSM%20project?module-path={RECORDING}", "means several tokens (token="),
                       ("pkcs11:object=client", "it does not say which token"),
                       (f"pkcs11:token=db?pin-source=file:{case.folder}/none.pin", "none.pin"),
                       ("pkcs11:token=db?pin-value=1234", "a configuration is no place for a PIN")):
        output = check_of(case, tokens, base | {"identity": {"certificate": good, "private_key": key}}, expect=2)
        check(words in output and "1234" not in output, f"not {words!r}", output)
    for certificate, words in ((tokens.uri("nobody", pin=False), 'the token "db" has no certificate'),
                               (tokens.uri("client"), "pin-source belongs into the URI of private_key")):
        output = check_of(case, tokens, base | {"identity": {"certificate": certificate, "private_key": tokens.uri()}}, expect=2)
        check(words in output, f"not {words!r}", output)
    output = check_of(case, tokens, base | {"identity": {"certificate": tokens.uri(pin=False), "private_key": str(pki.client.key)}},
                      expect=2)
    check("a certificate on a token is for a key on one" in output, "check", output)
    output = check_of(case, tokens, base | {"identity": tokens.identity(pki.client) | {"private_key_password_file": good}}, expect=2)
    check("a token's PIN is in the file that pin-source names" in output, "check", output)
    good_key = tokens.uri("twice", attributes=";id=%03")
    check("ok" in check_of(case, tokens, base | {"identity": {"certificate": good, "private_key": good_key}}), "the right key")


main()
