"""GET /sessions, POST /sessions/close and `persona sessions`: what is live on every loop, and an order to end it."""

import http.client
import json
import queue
import threading
import time

from harness.certificates import Pki
from harness.persona import Persona, address_of, cli, config, pair, write_config
from harness.process import raise_descriptor_limit
from harness.runner import SMALLER, case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import (Server, connect, echo, expect_echo, expect_reset, hold, read_to_end, reserve_port, text)

ADMIN = {"listen": "127.0.0.1:0"}
FIELDS = {"id": str, "service": str, "client": str, "target": str, "peer": (str, type(None)), "cipher": (str, type(None)),
          "version": (str, type(None)), "group": (str, type(None)), "state": str, "age_ms": int, "bytes_up": int, "bytes_down": int}


def ask(persona, method, target, headers=None):
    """Status and body."""
    host, port = address_of(persona.wait_log("answering administrators")["address"])
    asked = http.client.HTTPConnection(host, port, timeout=20)
    asked.request(method, target, headers=headers or {})
    answer = asked.getresponse()
    body = answer.read().decode()
    asked.close()
    return answer.status, body


def listed(persona, query=""):
    status, body = ask(persona, "GET", "/sessions" + query)
    equal(status, 200, f"status of {body}")
    answer = json.loads(body)
    equal(set(answer), {"now", "sessions", "more"}, "fields")
    check(abs(answer["now"] - time.time()) < 60, "now", answer["now"])
    for session in answer["sessions"]:
        equal(list(session), list(FIELDS), "fields of a session")
        for key, kind in FIELDS.items():
            check(isinstance(session[key], kind), f"{key} is no {kind}", session)
        check(session["state"] in ("connecting", "open", "closing"), "state", session)
    return answer


def close(persona, query):
    status, body = ask(persona, "POST", "/sessions/close" + query)
    equal(status, 200, f"status of {body}")
    return json.loads(body)["closed"]


def own(client):
    return text(client.getsockname())


@case("both ends list what is open, on every loop, with the log's id, peer, suite and bytes")
def lists(case):
    pki = Pki(case)
    near, far = pair(case, pki, Server(case, echo), persona={"admin": ADMIN}, gateway={"admin": ADMIN})
    clients = [connect(near.address) for _ in range(6)]
    for client in clients:
        expect_echo(client, b"question")
    sessions = listed(near)["sessions"]
    equal({one["client"] for one in sessions}, {own(client) for client in clients}, "clients")
    ids = [int(one["id"]) for one in sessions]
    equal(ids, sorted(ids), "ids in their order")
    for session in sessions:
        line = near.wait_log("connection open", id=int(session["id"]))
        equal((session["service"], session["client"], session["target"], session["peer"], session["cipher"],
               session["version"], session["group"], session["state"], session["bytes_up"], session["bytes_down"]),
              ("persona", line["client"], str(far), "CN=gateway", line["cipher_suite"], line["tls_version"], line["group"],
               "open", 8, 8),
              "a session")
    there = listed(far)
    equal(({one["peer"] for one in there["sessions"]}, len(there["sessions"]), there["more"]), ({"CN=client"}, 6, 0), "far end")
    equal({one["bytes_up"] for one in there["sessions"]}, {8}, "bytes that the gateway's clients have sent")
    equal(listed(near, "?service=persona")["sessions"][0]["id"], sessions[0]["id"], "by service")
    equal([one["id"] for one in listed(near, f"?id={sessions[3]['id']}")["sessions"]], [sessions[3]["id"]], "by id")
    for client in clients:
        client.close()
    near.wait_closed(6)


@case("one that is being set up is listed as that, without a peer, and can be ended")
def connecting(case):
    pki = Pki(case)
    dialled = threading.Semaphore(0)
    silent = Server(case, lambda connection: dialled.release() or hold(connection))
    near = Persona(case, config(pki, gateway=silent, admin=ADMIN))
    client = connect(near.address)
    check(dialled.acquire(timeout=20), "nothing was dialled")
    session, = listed(near)["sessions"]
    equal((session["state"], session["peer"], session["cipher"], session["group"], session["target"]),
          ("connecting", None, None, None, str(silent)), "a session")
    equal(close(near, f"?id={session['id']}"), 1, "closed")
    expect_reset(client)
    near.next_close("closed_by_administrator")
    far = Persona(case, config(pki, service=Server(case, echo), admin=ADMIN), "far")
    client = connect(far.address)
    far_session, = wait_for(lambda: listed(far)["sessions"])
    equal(far_session["state"], "connecting", "a stranger's")
    equal(close(far, "?service=far"), 1, "closed")
    expect_reset(client)
    far.next_close("closed_by_administrator")


def wait_for(found, timeout=20):
    deadline = time.monotonic() + timeout
    while not (result := found()):
        check(time.monotonic() < deadline, "it is not listed")
    return result


@case("by id, service and peer: these end, by a reset, in the middle of bulk too, and no others")
def ends(case):
    pki = Pki(case)
    audit = case.folder / "audit.log"
    near, far = pair(case, pki, Server(case, echo, failing=True), persona={"admin": ADMIN},
                     gateway={"admin": ADMIN, "log": {"format": "json", "audit": str(audit)}})
    clients = [connect(near.address) for _ in range(4)]
    for client in clients:
        expect_echo(client)
    ids = {session["client"]: session["id"] for session in listed(near)["sessions"]}
    equal(close(near, f"?id={ids[own(clients[0])]}&id={ids[own(clients[1])]}&id=4000000000"), 2, "closed by id")
    for client in clients[:2]:
        expect_reset(client)
    expect_echo(clients[2], b"still here")
    equal(near.next_close("closed_by_administrator")["error"], "an administrator has ended it (sessions close)", "error")
    for peer in ("CN=nobody", "sha256//AAAA", "gateway2"):
        equal(close(near, f"?peer={peer}"), 0, f"closed by {peer}")
    equal(close(near, "?peer=gateway&service=persona"), 2, "closed by common name and service")
    for client in clients[2:]:
        expect_reset(client)
    for name in ("CN%3Dclient", far.wait_log("connection open")["peer_pin"]):
        with connect(near.address) as client:
            expect_echo(client)
            flowing = threading.Thread(target=pour, args=(client,), daemon=True)
            flowing.start()
            wait_for(lambda: [one for one in listed(far)["sessions"] if one["bytes_up"] > 1 << 20])
            equal(close(far, f"?peer={name}"), 1, f"closed by {name}")
            flowing.join(20)
            check(not flowing.is_alive(), "the client noticed nothing")
    far.wait_log("connection closed", count=2, reason="closed_by_administrator")
    refused = [json.loads(line) for line in audit.read_text().splitlines()]
    refused = [line for line in refused if line.get("reason") == "closed_by_administrator"]
    equal([(line["message"], line["who"], line["peer"]) for line in refused], [("refused", "client", "CN=client")] * 2, "audit")


def pour(client):
    """Sends and reads until the connection is reset."""
    def read():
        try:
            while client.recv(1 << 16):
                pass
        except OSError:
            pass

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    try:
        while True:
            client.sendall(bytes(1 << 16))
    except OSError:
        reading.join(20)


@case("a client that waits for its answer is told in its protocol")
def told(case):
    pki = Pki(case)
    near = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context(), hold), protocol="redis", admin=ADMIN))
    with connect(near.address) as client:
        client.sendall(b"PING\r\n")
        wait_for(lambda: [one for one in listed(near)["sessions"] if one["state"] == "open"])
        equal(close(near, "?service=service"), 1, "closed")
        received, _ = read_to_end(client)
    check(received.startswith(b"-ERR an administrator of persona has ended a connection"), "answer", received)
    near.next_close("closed_by_administrator")


@case("a request that means nothing is refused in words, and a web page's is")
def refused(case):
    pki = Pki(case)
    near = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin=ADMIN))
    client = connect(near.address)
    expect_echo(client)
    for method, target, headers, status, words in (
            ("POST", "/sessions/close", {}, 400, "say which ones"),
            ("POST", "/sessions/close?id=x", {}, 400, "is no id"),
            ("POST", "/sessions/close?all=1", {}, 400, "unknown"),
            ("POST", "/sessions/close?service=x", {}, 404, 'there is no service "x" here, but: service'),
            ("GET", "/sessions?service=x", {}, 404, 'there is no service "x" here, but: service'),
            ("GET", "/sessions?peer=%", {}, 400, "hexadecimal"),
            ("GET", "/sessions/close?service=service", {}, 405, "POST"),
            ("POST", "/sessions", {}, 405, ""),
            ("POST", "/sessions/close?service=service", {"Origin": "http://127.0.0.1"}, 403, ""),
            ("POST", "/sessions/close?service=service", {"Host": "attacker.example"}, 421, "DNS rebinding")):
        answer = ask(near, method, target, headers)
        equal(answer[0], status, f"{method} {target} {headers}: {answer[1]}")
        check(words in answer[1], f"{method} {target} {headers}", answer)
    expect_echo(client, b"still here")
    client.close()
    near.next_close("local_closed")


@case("a thousand are listed, the oldest, and how many more there are", deadline=120)
def many(case):
    raise_descriptor_limit(8192)
    pki = Pki(case)
    silent = Server(case, hold)
    near = Persona(case, config(pki, gateway=silent, admin=ADMIN, timeouts={"connect": "60s", "handshake": "60s"}))
    count = 1100
    clients = [connect(near.address) for _ in range(count)]
    answer = wait_for(lambda: (lambda whole: whole if len(whole["sessions"]) + whole["more"] == count else None)(listed(near)))
    equal((len(answer["sessions"]), answer["more"]), (1000, count - 1000), "listed, and more")
    ids = [int(one["id"]) for one in answer["sessions"]]
    equal(ids, sorted(ids), "order")
    equal(close(near, "?service=service"), count, "closed")
    near.wait_closed(count)
    for client in clients:
        client.close()


@case("lists while connections come and go, on two loops")
def churn(case):
    pki = Pki(case)
    near, _ = pair(case, pki, Server(case, echo), persona={"admin": ADMIN})
    ending = threading.Event()
    failures = queue.Queue()

    def come_and_go():
        while not ending.is_set():
            try:
                with connect(near.address) as client:
                    expect_echo(client)
            except Exception as error:
                failures.put(error)
                return

    threads = [threading.Thread(target=come_and_go, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20 if SMALLER else 60):
        check(len(listed(near)["sessions"]) <= 1000, "bounded")
        equal(close(near, "?id=4000000000"), 0, "closed")
    ending.set()
    for thread in threads:
        thread.join(20)
    check(failures.empty(), "a connection failed", list(failures.queue))


@case("the command lists and ends them, by the admin endpoint of its configuration, and says why it cannot")
def command(case):
    pki = Pki(case)
    holder, address = reserve_port()
    case.defer(holder.close)
    content = config(pki, gateway=tls_gateway(case, pki.server_context(), failing=True), admin={"listen": text(address)})
    file = write_config(case, content)
    check("nobody answers administrators at" in cli("sessions", "--config", file, expect=1), "without a persona")
    near = Persona(case, file)
    client = connect(near.address)
    expect_echo(client)
    session = json.loads(cli("sessions", "--config", file, "--json"))["sessions"][0]
    lines = cli("sessions", file).splitlines()
    equal(lines[0].split(), ["ID", "SERVICE", "CLIENT", "TARGET", "PEER", "STATE", "AGE", "UP", "DOWN"], "headings")
    equal(lines[1].split()[:6], [session["id"], "service", own(client), session["target"], "CN=gateway", "open"], "a line")
    check('there is no service "x"' in cli("sessions", "--config", file, "--service", "x", expect=1), "service")
    for words, sentence in ((["4000000000"], "there is no such connection"), (["--peer", "CN=x"], "there is no such connection")):
        check(sentence in cli("sessions", "close", "--config", file, *words, expect=1), sentence)
    check("say which ones" in cli("sessions", "close", "--config", file, expect=2), "usage")
    check("--config is required" in cli("sessions", "close", "1", expect=2), "usage")
    equal(cli("sessions", "close", "--config", file, session["id"]), "1 closed\n", "output")
    expect_reset(client)
    near.next_close("closed_by_administrator")
    near.stop()
    without = write_config(case, config(pki, gateway="127.0.0.1:1"), "without")
    check("has no admin.listen" in cli("sessions", "--config", without, expect=2), "without admin")


main()
