"""The PIN of a PKCS#11 token, which locks after a few wrong ones: none is tried twice, nor where it would be the last."""

import json
import signal

from harness.certificates import Pki
from harness.persona import cli, config, fails
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo
from harness.tokens import LOGIN, PIN, STILL, Tokens, check_of, run_persona, works


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
    persona = run_persona(case, tokens, file, tried=2)
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


@case("a login that fails for no good reason is not tried again at once, nor later if the token has counted it")
def vague(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    folder = case.folder / "services"
    folder.mkdir()
    for name in ("one", "two"):
        content = config(pki, gateway="127.0.0.1:1") | {"identity": tokens.identity(pki.client)}
        (folder / f"{name}.yaml").write_text(json.dumps(content))
    tokens.tell("C_Login.0x1.always", "5")  # GENERAL_ERROR
    output = cli("check", "--config", folder, prefix=tokens.prefix)
    equal(output.count('the token "db" lets nobody log in'), 2, "warnings")
    equal(len(tokens.calls(LOGIN)), 2, "logins, one for each service")
    tokens.tell("flags.after_login", "10000")  # CKF_USER_PIN_COUNT_LOW
    output = cli("check", "--config", folder, prefix=tokens.prefix, expect=2)
    check('the token "db" lets nobody log in' in output and 'the token "db" has refused this PIN' in output, "check", output)
    equal(len(tokens.calls(LOGIN)), 3, "logins when they are counted")


@case("a key that wants the PIN for each signature is given it")
def always_authenticate(case):
    pki = Pki(case)
    tokens = Tokens(case)
    tokens.put_key(pki.client, "client")
    tokens.tell("always_authenticate")
    gateway = tls_gateway(case, pki.server_context())
    content = config(pki, gateway=gateway, **STILL) | {"identity": tokens.identity(pki.client)}
    persona = run_persona(case, tokens, content, tried=2)
    works(persona)
    equal(len(tokens.calls("C_Login 0x2")), len(tokens.calls("C_Sign ")), "a PIN for each signature")


main()
