"""A PKCS#11 token that is pulled, forgets, breaks, dies in the middle of a handshake or is slow: handshakes fail in a sentence
where nothing helps, open connections go on, and nobody has to restart anything when it is back."""

import contextlib
import json
import os
import signal

from harness.certificates import KEY_KINDS, Pki
from harness.persona import address_of, config, fails
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, read_to_end
from harness.tokens import CLIENT_MODULE, LOGIN, RECORDING, STILL, Tokens, check_of, run_persona, works


@case("what a token forgot is looked up once more, and live connections go on", deadline=120)
def forgets(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    content = config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(pki.client)}
    persona = run_persona(case, tokens, content, tried=2)
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
    persona = run_persona(case, tokens, folder, tried=4)
    one, two = (address_of(line["address"]) for line in sorted(persona.listening(), key=lambda line: line["service"]))
    with connect(one) as live:
        expect_echo(live)
        for _ in range(2):
            tokens.tell("C_Sign.wait")
            with connect(one) as client:
                tokens.wait_told("C_Sign.waits")
                server.kill()
                read_to_end(client)
            persona.wait_log_like("our private key could not sign: the ")  # token, or its module
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
    content = config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(pki.client)}
    elsewhere = tokens.folder / "pulled"
    tokens.store.rename(elsewhere)
    tokens.store.mkdir()
    output = check_of(case, tokens, content)
    check("warning" in output and "is not there; until that changes, handshakes fail" in output, "check", output)
    looked = len(tokens.calls("C_Finalize"))
    persona = run_persona(case, tokens, content)
    tokens.wait(lambda: len(tokens.calls("C_Finalize")) >= looked + 2, "that it was looked for before and after the start")
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
    persona = run_persona(case, tokens, folder, tried=2)
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
    persona = run_persona(case, tokens, config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(client)})
    tokens.wait(lambda: len(tokens.calls("C_Finalize")) >= 2, "that it was looked for before and after the start")
    tokens.store.rmdir()
    elsewhere.rename(tokens.store)
    fails(persona, "it cannot sign by RSA-PSS: let persona reload, and it keeps to TLS 1.2")
    persona.signal(signal.SIGHUP)
    persona.wait_log("reloaded")
    works(persona)
    persona.wait_log("connection open", tls_version="TLSv1.2")


main()
