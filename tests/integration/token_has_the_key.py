"""The private key on a PKCS#11 token: who signs how, in both roles and versions, by what sessions; where the certificate may be,
and what is said of what is wrong."""

import json
import pathlib
import signal
import subprocess

from cryptography.hazmat.primitives import serialization

from harness.certificates import KEY_KINDS, Pki
from harness.persona import BINARY, Persona, address_of, cli, config, environment, write_config
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.servers import openssl_server, tls_gateway
from harness.signers import credentials_of_each_kind, openssl_takes_all
from harness.sockets import Server, connect, echo, expect_echo, read_exactly, text
from harness.tokens import LOGIN, PIN, RECORDING, SOFTHSM, STILL, Tokens, check_of, run_persona, works


@case("RSA, P-256, P-384 and P-521 sign for OpenSSL, as client and as server, in TLS 1.2 and 1.3, in every way", deadline=120)
def kinds(case):
    pki = Pki(case)
    tokens = Tokens(case)
    credentials = credentials_of_each_kind(pki, one_key=True)
    for number, (kind, (client, _)) in enumerate(credentials.items(), 1):
        tokens.put_key(client, kind, number=f"{number:02}")

    def start(kind, is_gateway, content, name):
        return run_persona(case, tokens, content | {"identity": tokens.identity(credentials[kind][is_gateway], kind)}, name)

    openssl_takes_all(case, pki, start)
    check(not [line for line in tokens.calls("C_Sign ") if not line.endswith(" 0x0")], "a signature failed", tokens.calls())


@case("sessions are shared by connections, one login serves them all, and all are closed in the end")
def sessions(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    gateway = tls_gateway(case, pki.server_context())
    content = config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(pki.client)}
    persona = run_persona(case, tokens, content, tried=2)
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


@case("the sessions of a service that goes are closed, and the others keep theirs")
def closed(case):
    pki = Pki(case)
    tokens = Tokens(case, "db", "other")
    gateway = tls_gateway(case, pki.server_context())
    folder = case.folder / "services"
    folder.mkdir()
    for name, token in (("one", "db"), ("two", "other")):
        tokens.put_key(pki.client, "client", token=token)
        content = config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(pki.client, token=token)}
        (folder / f"{name}.yaml").write_text(json.dumps(content))
    persona = run_persona(case, tokens, folder, tried=4)
    one, two = (address_of(line["address"]) for line in sorted(persona.listening(), key=lambda line: line["service"]))

    def open_sessions():
        return len(tokens.calls("C_OpenSession 0x0")) - len(tokens.calls("C_CloseSession 0x0"))

    for address in (one, two):
        with connect(address) as client:
            expect_echo(client)
    tokens.wait(lambda: open_sessions() == 2, "two sessions")
    (folder / "one.yaml").unlink()
    persona.signal(signal.SIGHUP)
    tokens.wait(lambda: open_sessions() == 1, "one session")
    with connect(two) as client:
        expect_echo(client)
    equal(tokens.calls("C_Finalize"), [], "the module goes on")


@case("a token that has one session is enough, and so is a module that cannot lock")
def small(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    for limit in ("sessions", "cannot_lock"):
        tokens = Tokens(case, f"of-{limit}")
        tokens.put_key(pki.client, "client", token=f"of-{limit}")
        tokens.tell(limit, 1)
        content = config(pki, gateway=gateway, tls={"resumption": False})
        persona = run_persona(case, tokens, content | {"identity": tokens.identity(pki.client, token=f"of-{limit}")}, limit)
        tokens.tell("C_Sign.wait")
        clients = [connect(persona.address) for _ in range(40)]
        tokens.wait_told("C_Sign.waits")
        if limit == "sessions":
            tokens.wait_call("C_OpenSession 0xb1")
        tokens.tell_no_more("C_Sign.wait")
        for client in clients:
            expect_echo(client)
            client.close()
        persona.stop()
        if limit == "cannot_lock":
            check("C_Initialize 0xa" in tokens.calls() and "C_Initialize 0x0" in tokens.calls(), "it locks", tokens.calls())
            equal(tokens.calls("at once"), [], "calls at the same time")


@case("a token that cannot sign by RSA-PSS is for TLS 1.2 alone, in both roles")
def no_pss(case):
    pki = Pki(case)
    tokens = Tokens(case)
    key = KEY_KINDS["RSA-2048"]()
    client, gateway = pki.ca.issue("rsa-client", key=key), pki.ca.issue("rsa-gateway", [Pki.GATEWAY_NAME], key=key)
    tokens.put_key(client, "client")
    tokens.tell("C_SignInit.0xd.always", "70")  # CKM_RSA_PKCS_PSS: MECHANISM_INVALID
    service = Server(case, echo, failing=True)
    far = run_persona(case, tokens, config(pki, service=service) | {"identity": tokens.identity(gateway)}, "gateway")
    server = openssl_server(case, pki, "-Verify", "1", "-verify_return_error")
    content = config(pki, gateway=server) | {"identity": tokens.identity(client)}
    output = check_of(case, tokens, content)
    check("the key cannot sign by RSA-PSS where it is, so TLSv1.2 alone is spoken" in output, "check", output)
    near = run_persona(case, tokens, content, "persona")
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
    near = run_persona(case, tokens, content, "without-pkcs1")
    with connect(near.address) as connection:
        connection.sendall(b"hello\n")
        equal(read_exactly(connection, 6), b"olleh\n", "the line reversed")
    server.process.wait_line("Protocol version: TLSv1.3")
    server.process.wait_line("Signature type: RSA-PSS")
    near.stop()
    tokens.tell("C_SignInit.0xd.always", "70")
    check('the token "db" cannot sign: ' in check_of(case, tokens, content, expect=2), "check of a key that signs nothing")


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
    persona = run_persona(case, tokens, content)
    works(persona)
    # Renewed with the same key: files have not changed, so somebody has to say so.
    renewed = pki.ca.issue("renewed", key=key_of(pki.client))
    tokens.run("p11tool", "--provider", SOFTHSM, "--login", "--set-pin", PIN, "--delete", "--batch",
               "pkcs11:token=db;object=client;type=cert")
    tokens.put_certificate(renewed.certificate, "client")
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded", certificate="CN=renewed", changed=True)
    works(persona)


def key_of(credential):
    return serialization.load_pem_private_key(credential.key.read_bytes(), None)


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
    with_password = tokens.identity(pki.client) | {"private_key_password_file": good}
    output = check_of(case, tokens, base | {"identity": with_password}, expect=2)
    check("a token's PIN is in the file that pin-source names" in output, "check", output)
    good_key = tokens.uri("twice", attributes=";id=%03")
    check("ok" in check_of(case, tokens, base | {"identity": {"certificate": good, "private_key": good_key}}), "the right key")


def has_loaded(pid, library):
    return library.name in pathlib.Path(f"/proc/{pid}/maps").read_text()


@case("with --separate-key its module is in another process, and the one that forwards is confined")
def apart(case):
    pki = Pki(case)
    tokens = Tokens(case)
    key = KEY_KINDS["RSA-2048"]()
    client = pki.ca.issue("client", key=key)
    tokens.put_key(client, "client")
    gateway = tls_gateway(case, pki.server_context())
    content = config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(client)}
    check("restricts privileges" in check_of(case, tokens, content), "what check says of the sandbox")
    here = run_persona(case, tokens, content, "here")
    equal(here.find("sandbox")[0]["restricts"], "privileges", "what a process with a module gives up")
    here.wait_log_like("with --separate-key it runs in another")
    check(has_loaded(here.pid, SOFTHSM), "its module is elsewhere, so that this test does not see it")
    works(here)
    here.stop()
    persona = run_persona(case, tokens, content, options=("--separate-key",))
    check("files" in persona.find("sandbox")[0]["restricts"], "the sandbox", persona.find("sandbox"))
    later = Persona(case, config(pki, gateway=gateway), "later", variables=tokens.variables)
    write_config(case, content, "later")
    later.signal(signal.SIGHUP)
    later.wait_log_like("persona started without a token, and its sandbox loads no module: restart persona")
    later.stop()
    check(not has_loaded(persona.pid, SOFTHSM), "the process that forwards has the module")
    works(persona)
    output = cli("run", "--separate-key", write_config(case, config(pki, gateway=gateway) | {
        "identity": {"certificate": tokens.uri(pin=False), "private_key": tokens.uri()}}, "both"), expect=2, prefix=tokens.prefix)
    check("--separate-key: the certificate has to be in a file" in output, output)
    persona.stop()
    tokens.tell("C_SignInit.0xd.always", "70")  # CKM_RSA_PKCS_PSS: MECHANISM_INVALID; the other process says so
    persona = run_persona(case, tokens, content, "without", options=("--separate-key",))
    with connect(persona.address) as connection:
        expect_echo(connection)
    equal(persona.next_close()["tls_version"], "TLSv1.2", "the version that the token is enough for")


main()
