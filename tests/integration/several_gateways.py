"""Several gateways for one name: behind HAProxy, with `tls.ticket_keys` that they share, so that a session is resumed by whichever
of them is met; keys that are rotated, gateways that trust differently, and one that is gone."""

import signal

from harness import process
from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.sockets import Server, connect, echo, expect_echo, listen, read_exactly, text


def put_keys(file, *keys):
    file.touch(mode=0o600)
    file.write_text("# the newest first\n" + "".join(f"{key}\n" for key in keys))


def new_key(size=48):
    """By the command that persona recommends."""
    return process.run("openssl", "rand", "-base64", size).replace("\n", "")


def gateways(case, pki, count=2, name="far", **more):
    """They listen for a load balancer alone, and have a key file of their own each, as on machines of their own."""
    key, found, service = new_key(), [], Server(case, echo)
    for number in range(count):
        file = case.folder / f"{name}{number}.tickets"
        put_keys(file, key)
        tls = {"ticket_keys": str(file), **more}
        content = config(pki, service=service, tls=tls, reload={"watch": False, "interval": "0s"},
                         listen={"address": "127.0.0.1:0", "proxy_protocol": {"from": "127.0.0.0/8"}})
        found.append(Persona(case, content, f"{name}{number}"))
        found[-1].keys, found[-1].content = file, content
    return found


class Balancer:
    def __init__(self, case, targets):
        listener = listen()
        path = case.folder / f"haproxy-{listener.getsockname()[1]}.cfg"
        servers = "\n".join(f"    server far{number} {text(far.address)} send-proxy-v2 check inter 100ms fastinter 50ms"
                            for number, far in enumerate(targets))
        path.write_text(f"""
global
    log stdout format raw daemon
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
    retries 3
    option redispatch 1
listen gateways
    bind fd@{listener.fileno()}
    balance roundrobin
{servers}
""")
        self.address = listener.getsockname()
        Process(case, "haproxy", "-db", "-f", path, pass_fds=[listener.fileno()])
        listener.close()

    def __str__(self):
        return text(self.address)


def resumed(persona, times):
    """Of connections one after the other, which all work."""
    found = []
    for _ in range(times):
        with connect(persona.address) as client:
            expect_echo(client)
        found.append(persona.next_close()["resumed"])
    return found


def told(far):
    """What a gateway says of its connections; HAProxy's health checks end before one."""
    return [line["resumed"] for line in far.find("connection closed") if line.get("tls_version")]


@case("a session that one gateway began is resumed by the other, in both versions of TLS")
def shared(case):
    pki = Pki(case)
    for version in ("1.3", "1.2"):
        fars = gateways(case, pki, name=f"far{version}-", max_version=version)
        near = Persona(case, config(pki, gateway=Balancer(case, fars)), f"near{version}")
        equal(resumed(near, 8), [False] + [True] * 7, f"resumed in TLS {version}")
        for far in fars:
            far.stop()
        counts = sorted(told(far).count(True) for far in fars)
        equal(counts, [3, 4], f"sessions that each has resumed in TLS {version}")
        near.stop()


@case("without the file each gateway opens its own tickets alone")
def apart(case):
    pki = Pki(case)
    fars = gateways(case, pki)
    put_keys(fars[1].keys, new_key())
    fars[1].signal(signal.SIGHUP)
    fars[1].wait_log("reloaded", changed=True)
    near = Persona(case, config(pki, gateway=Balancer(case, fars)))
    check(False in resumed(near, 6)[1:], "a ticket of the other one was opened")


@case("OpenSSL resumes at the other one; a client that it would not let in does not")
def openssl(case):
    pki = Pki(case)
    put_keys(case.folder / "keys", new_key())
    one = Persona(case, config(pki, service=Server(case, echo, failing=True), tls={"ticket_keys": str(case.folder / "keys")}), "one")
    stricter = {"clients": {"allow": {"cn": ["somebody else"]}}}
    others = [Persona(case, config(pki, service=Server(case, echo, failing=True),
                                   tls={"ticket_keys": str(case.folder / "keys")}, **more), name)
              for name, more in (("two", {}), ("strict", stricter))]
    context = pki.client_context(pki.client, "1.2")

    def session_of(persona, session=None):
        with context.wrap_socket(connect(persona.address), server_hostname=Pki.GATEWAY_NAME, session=session) as client:
            client.sendall(b"hello")
            equal(read_exactly(client, 5), b"hello", "the echo")
            return client.session, client.session_reused

    session, reused = session_of(one)
    equal(reused, False, "reused at first")
    equal(session_of(others[0], session)[1], True, "reused at the other one")
    try:
        session_of(others[1], session)
        check(False, "the stricter one let it in")
    except OSError:
        pass
    equal(others[1].wait_log("connection closed")["reason"], "verify_failed", "what the stricter one says")


@case("keys are rotated one gateway after the other, and no session is lost")
def rotation(case):
    pki = Pki(case)
    fars = gateways(case, pki)
    near = Persona(case, config(pki, gateway=Balancer(case, fars)))
    equal(resumed(near, 4), [False, True, True, True], "before")
    old = fars[0].keys.read_text().splitlines()[-1]
    new = new_key()
    for keys in ((old, new), (new, old)):  # first everybody can open what the new one seals
        for far in fars:
            put_keys(far.keys, *keys)
            far.signal(signal.SIGHUP)
            far.wait_log("reloaded", count=1 if keys[0] == old else 2, changed=True)
            equal(resumed(near, 2), [True, True], "meanwhile")
    for far in fars:
        put_keys(far.keys, new)
        far.signal(signal.SIGHUP)
        far.wait_log("reloaded", count=3, changed=True)
    equal(resumed(near, 3), [True] * 3, "with the new key alone")


@case("one that trusts another CA as well, or cuts what is revoked, opens no ticket of the others, and no connection fails")
def trust(case):
    pki = Pki(case)
    both = case.folder / "both.pem"
    both.write_bytes(pki.ca.certificate.read_bytes() + pki.other_ca.certificate.read_bytes())
    for name, differs in (("wider", {"ca": str(both)}), ("stricter", {"ca": str(pki.ca.certificate), "on_revocation": "cut"})):
        fars = gateways(case, pki, name=name)
        near = Persona(case, config(pki, gateway=Balancer(case, fars)), f"near-{name}")
        equal(resumed(near, 4), [False, True, True, True], "before")
        write_config(case, {**fars[1].content, "trust": differs}, f"{name}1")
        fars[1].signal(signal.SIGHUP)
        fars[1].wait_log("reloaded", changed=True)
        check(False in resumed(near, 4), f"the {name} one opened a ticket of the other")


@case("a gateway that is gone is noticed by nobody but those who were connected through it")
def failover(case):
    pki = Pki(case)
    fars = gateways(case, pki)
    near = Persona(case, config(pki, gateway=Balancer(case, fars)))
    equal(resumed(near, 4), [False, True, True, True], "before")
    fars[0].ends_otherwise()
    fars[0].kill()
    equal(resumed(near, 6), [True] * 6, "after")


@case("what is wrong with a key file is said in a sentence, without a byte of it")
def wrong(case):
    pki = Pki(case)
    file = case.folder / "keys"
    content = config(pki, service=Server(case, echo), tls={"ticket_keys": str(file)})
    path = write_config(case, content, "checked")
    key = new_key()
    for lines, sentence in (
            ([], "there is no key in it: openssl rand -base64 48 makes one"),
            (["x" * 64 + "!"], "line 2 is not a key, 32 to 128 bytes in Base64"),
            ([key, new_key(31)], "line 3 is not a key"),
            ([key, new_key(129)], "line 3 is not a key"),
            ([key] * 4, "line 5 is a fourth key: there are at most three, the newest first")):
        put_keys(file, *lines)
        said = cli("check", "--config", path, expect=2)
        check(sentence in said and not any(each in said for each in lines), f"what is said of {lines}", said)
    put_keys(file, "", f"  {key}\r", new_key(32), new_key(80))
    equal("warning" in cli("check", "--config", path), False, "a warning of a good one")
    file.chmod(0o644)
    check("others besides its owner can read the keys of tickets" in cli("check", "--config", path), "no warning")
    for more, sentence in ((config(pki, gateway=("127.0.0.1", 1), tls={"ticket_keys": str(file)}), "made by the other end"),
                           (config(pki, service=Server(case, echo), tls={"ticket_keys": str(file), "resumption": False}),
                            "makes no tickets")):
        said = cli("check", "--config", write_config(case, more, "checked"), expect=2)
        check(sentence in said, "what is said", said)


main()
