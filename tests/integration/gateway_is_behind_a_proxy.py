"""`gateway.via`: the way to the gateway leads through a proxy, which is asked by HTTP's CONNECT or by SOCKS5. It is the gateway
that is verified, and what a proxy does as it must not is one sentence, after which nothing was forwarded."""

import json

from harness import proxies
from harness.certificates import Pki
from harness.persona import ANY_PORT, Persona, cli, config, write_config
from harness.proxies import PASSWORD, USER, OwnProxy
from harness.rotation import wait_refused
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, black_hole, connect, expect_echo, expect_refused, hold, read_exactly, read_to_end, \
    refused_address, text


def through(pki, gateway, via, password_file=None, **more):
    content = config(pki, gateway=gateway, **more)
    content["gateway"]["via"] = {"proxy": via, "password_file": str(password_file)} if password_file else via
    return content


def with_user(proxy):
    return str(proxy.url).replace("://", f"://{USER}@")


def by_name(gateway, name="localhost"):
    return f"{name}:{gateway.address[1]}"


def serves(persona, gateway, proxy):
    with connect(persona.address) as client:
        expect_echo(client)
    line = persona.next_close("local_closed")
    equal(line["target"], f"{gateway} via {proxy}", "what was dialled")


def fails(persona, reason, words, proxy=None):
    expect_refused(persona.address, b"hello")
    line = persona.next_close(reason, error=words)
    if proxy:
        check(line["error"].startswith(f"proxy {proxy} "), "the proxy is not named", line)
    return line


def password_file(case, password=PASSWORD):
    path = case.folder / "password"
    path.write_text(password + "\n")
    path.chmod(0o600)
    return path


@case("through squid, tinyproxy, dante and microsocks to a gateway whose name they resolve")
def real_ones(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    with_dante = [(proxies.dante(case), "localhost")] if proxies.has_dante() else []
    for proxy, name in ((proxies.squid(case, hosts="127.0.0.1 db.inside.test"), "db.inside.test"),
                        (proxies.tinyproxy(case), "localhost"), (proxies.microsocks(case), "localhost"), *with_dante):
        where = by_name(gateway, name)
        persona = Persona(case, through(pki, where, proxy.url))
        serves(persona, where, proxy)
        persona.stop()


@case("with a user and a password, which neither log nor `check` has; without them the sentence says what to write")
def users(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    for make, password in ((proxies.squid, PASSWORD), (proxies.tinyproxy, PASSWORD.replace(" ", "-")),
                           (proxies.microsocks, PASSWORD)):
        proxy = make(case, password=True)
        good = password_file(case, password)
        persona = Persona(case, through(pki, by_name(gateway), with_user(proxy), good))
        serves(persona, by_name(gateway), proxy)
        good.write_text("wrong\n")  # the same configuration: its content counts
        persona.wait_log("reloaded")
        fails(persona, "dial_failed", f'does not accept the user "{USER}" with the password in gateway.via.password_file', proxy)
        persona.stop()
        check(not any(password in line or "wrong" in line for line in persona.lines), "the password is in the log", persona.tail())
        persona = Persona(case, through(pki, by_name(gateway), proxy.url))
        fails(persona, "dial_failed", "wants a user and a password: write proxy: " + proxy.url.split(":")[0], proxy)
        persona.stop()
        good.write_text(password + "\n")
        output = cli("check", "--config", write_config(case, through(pki, by_name(gateway), with_user(proxy), good)))
        check(f'via {proxy.url} as "{USER}", verified as' in output and password not in output, "what `check` says", output)


@case("real proxies that refuse, or do not get through")
def refusals(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    squid = proxies.squid(case, rules=f"acl never port {gateway.address[1]}\nhttp_access deny never")
    tinyproxy = proxies.tinyproxy(case, rules="ConnectPort 1")
    by_dante = []
    if proxies.has_dante():
        dante = proxies.dante(case, rules=f"socks block {{ from: 0.0.0.0/0 to: 0.0.0.0/0 port = {gateway.address[1]} }}")
        by_dante = [(dante, f"opens no way to {gateway}: not allowed by its rules (reply 2)")]
    for proxy, words in ((squid, f"forbids the way to {gateway} (\"HTTP/1.1 403 Forbidden\")"),
                         (tinyproxy, f"forbids the way to {gateway} (\"HTTP/1."), *by_dante):
        persona = Persona(case, through(pki, gateway, proxy.url))
        fails(persona, "dial_failed", words, proxy)
        persona.stop()
    with refused_address() as closed:
        for proxy, words in ((squid, f"does not get through to {text(closed)} (\"HTTP/1.1 503 Service Unavailable\")"),
                             (proxies.tinyproxy(case), f"does not get through to {text(closed)} (\"HTTP/1."),
                             (proxies.microsocks(case), f"opens no way to {text(closed)}: connection refused (reply 5)")):
            persona = Persona(case, through(pki, text(closed), proxy.url))
            fails(persona, "dial_failed", words, proxy)
            persona.stop()
    equal(gateway.accepted, 0, "connections to the gateway")


@case("what is no proxy, or no proxy of that kind")
def others(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    http, socks = proxies.tinyproxy(case), proxies.microsocks(case)
    alert = Server(case, lambda connection: connection.recv(5) and connection.sendall(bytes.fromhex("15030100020246")), failing=True)
    for url, reason, words in ((f"http://{alert}", "dial_failed", "speaks TLS"),
                               (f"socks5://{http}", "dial_timeout", "is it the kind of proxy that gateway.via says?"),
                               (f"http://{socks}", "dial_failed", "answers as a SOCKS5 proxy does")):
        persona = Persona(case, through(pki, gateway, url, timeouts={"connect": "2s"}))
        fails(persona, reason, words, url.split("//")[1])
        persona.stop()


@case("garbage, an endless header, an end, a reset, bytes behind the answer: one sentence, and nothing is forwarded")
def garbage(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    granted = OwnProxy.GRANTED
    for answer, reason, words in (
            (b"SSH-2.0-OpenSSH_9.2\r\n", "dial_failed", "is an SSH server and not an HTTP proxy"),
            (b"\0\1\2\x1b[2J", "dial_failed", 'does not answer as an HTTP proxy does, but with "\\u0000\\u0001\\u0002\\u001b[2J"'),
            (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 17000, "dial_failed", "answers with more than 16 KiB of header"),
            (b"HTTP/1.1 403 \x1b]0;owned\x07\r\n\r\n", "dial_failed", r'("HTTP/1.1 403 \u001b]0;owned\u0007")'),
            (granted + b"SSH-2.0-OpenSSH_9.2\r\n", "handshake_failed", "is an SSH server without TLS: is it the right port?"),
            (granted + bytes.fromhex("16030300040e000000"), "handshake_failed", ""),
            (granted + b"\x00" * 60000, "handshake_failed", "")):
        proxy = OwnProxy(case, gateway.address, lambda target, answer=answer: (answer, False))
        persona = Persona(case, through(pki, gateway, proxy.url))
        line = fails(persona, reason, words, proxy if reason == "dial_failed" else None)
        check("\x1b" not in line["error"], "a terminal would obey it", line)
        persona.stop()
        check("hello" not in "".join(proxy.asked), "what was forwarded", proxy.asked)
    equal(gateway.accepted, 0, "connections to the gateway")


@case("a proxy that is not there, and one that does not answer, within timeouts.connect; another gateway is tried")
def unreachable(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    with refused_address() as closed:
        persona = Persona(case, through(pki, gateway, f"http://{text(closed)}"))
        fails(persona, "dial_failed", f"cannot connect to proxy {text(closed)}: ")
        check(f"it is the way to {gateway} (gateway.via)" in persona.find("connection closed")[-1]["error"], "the gateway")
        persona.stop()
    mute = Server(case, hold)
    hole = black_hole(case)
    for where, words in ((mute, f"proxy {mute} did not open a way to {gateway} within timeouts.connect (500ms)"),
                         (text(hole), "no answer within timeouts.connect (500ms)")):
        persona = Persona(case, through(pki, gateway, f"http://{where}", timeouts={"connect": "500ms"}))
        fails(persona, "dial_timeout", words)
        persona.stop()
    choosy = OwnProxy(case, gateway.address, lambda target: (OwnProxy.GRANTED, True) if target.startswith("second.")
                      else (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", False))
    persona = Persona(case, through(pki, ["first.test:1", "second.test:2"], choosy.url))
    serves(persona, "second.test:2", choosy)
    persona.wait_until(lambda: [line for line in persona.log if "does not get through to first.test:1" in line["message"]],
                       "a warning about the first")


@case("the gateway is verified, by its own name and not by the proxy's")
def verified(case):
    pki = Pki(case)
    other = tls_gateway(case, pki.server_context(pki.ca.issue("other", ["proxy.test"])), failing=True)
    proxy = OwnProxy(case, other.address)
    content = through(pki, "db.inside.test:5433", proxy.url)
    del content["gateway"]["server_name"]
    persona = Persona(case, content)
    expect_refused(persona.address, b"hello")
    line = persona.next_close("verify_failed")
    check("name db.inside.test is not in the gateway's certificate" in line["error"], "the name", line)
    equal(proxy.asked[0].split("\r\n")[0], "CONNECT db.inside.test:5433 HTTP/1.1", "what the proxy was asked")


@case("allowed names hold for the gateway, and address blocks are refused")
def allowed(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    proxy = OwnProxy(case, gateway.address)
    content = through(pki, "db.inside.test:5433", proxy.url)
    content["gateway"]["allowed_addresses"] = ["*.inside.test"]
    persona = Persona(case, content)
    serves(persona, "db.inside.test:5433", proxy)
    content["gateway"]["allowed_addresses"] = ["*.inside.test", "127.0.0.0/8"]
    output = cli("check", "--config", write_config(case, content, "blocks"), expect=2)
    check("address blocks cannot be kept with gateway.via" in output, "the sentence", output)


@case("a database behind a proxy is asked for TLS; what it greets with may come together with the proxy's answer")
def negotiated(case):
    pki = Pki(case)
    packet = b"\xff\x10\x04Too many connections"
    greeting = len(packet).to_bytes(3, "little") + b"\0" + packet
    crowded = OwnProxy(case, None, lambda target: (OwnProxy.GRANTED + greeting, False))
    persona = Persona(case, through(pki, "db.test:3306", crowded.url, negotiate="mysql"))
    with connect(persona.address) as client:
        read_to_end(client)
    persona.next_close("handshake_failed", error='db.test:3306 refuses connections with MySQL\'s error 1040: "Too many connections"')
    persona.stop()

    def postgresql(connection):
        equal(read_exactly(connection, 8), bytes.fromhex("0000000804d2162f"), "what comes first")
        connection.sendall(b"N")

    database = Server(case, postgresql)
    persona = Persona(case, through(pki, "db.test:5432", OwnProxy(case, database.address).url, negotiate="postgresql"))
    with connect(persona.address) as client:
        client.sendall((21).to_bytes(4, "big") + (3 << 16).to_bytes(4, "big") + b"user\0secret\0\0")
        received, _ = read_to_end(client)
    check(b"FATAL" in received, "the client is told", received)
    persona.next_close("handshake_failed", error="db.test:5432 is PostgreSQL with TLS off")


@case("a reload's trial goes through the proxy as well")
def probe(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    good, bad = OwnProxy(case, gateway.address), OwnProxy(case, None, lambda target: (b"HTTP/1.1 403 No\r\n\r\n", False))
    more = {"reload": {"probe": True, "interval": "100ms"}, **ANY_PORT}
    persona = Persona(case, through(pki, "db.test:1", good.url, **more))
    write_config(case, through(pki, "db.test:1", bad.url, **more))
    wait_refused(persona, "the trial connection to the gateway failed (reload.probe): "
                          f"proxy {bad} forbids the way to db.test:1")
    write_config(case, through(pki, "db.test:1", good.url, **more, limits={"connections": 7}))
    persona.wait_log("reloaded")
    check(len(good.asked) == 1, "the trial asked", json.dumps(good.asked))


main()
