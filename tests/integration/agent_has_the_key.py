"""`persona agent`: the key in another process, which signs handshakes for those who may ask, and what becomes of handshakes when
it is slow, away, somebody else or talks nonsense."""

import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading

from harness import log_schema, process
from harness.certificates import Pki
from harness.persona import BINARY, Persona, cli, config, environment, fails, write_config
from harness.runner import SANITIZED, amount, case, check, equal, main
from harness.servers import tls_gateway
from harness.signers import WAYS, credentials_of_each_kind, openssl_takes_all
from harness.sockets import Server, connect, expect_echo, read_to_end

AWAY = "nobody listens there; start it"


class Agent(process.Process):
    """`persona agent`; it has the keys of these credentials."""

    def __init__(self, case, *credentials, name="agent", place=None, **more):
        self.place = place or case.folder / f"{name}.sock"
        self.file = write_config(case, {"listen": f"unix:{self.place}", "keys": [each.config() for each in credentials],
                                        "log": {"format": "json"}, **more}, name)
        super().__init__(case, BINARY, "agent", "--config", self.file, name=f"persona {name}", env=environment())
        self.wait_line("agent ready")

    def log(self, message):
        found = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        log_schema.check_lines(found)
        return [line for line in found if line.get("message") == message]

    def wait_log(self, message, count=1):
        return self.wait_until(lambda: self.log(message)[count - 1:], f"line {message!r} number {count}")[0]

    def identity(self, credential):
        return {"certificate": str(credential.certificate), "private_key": f"agent:{self.place}"}

    def stop(self):
        self.signal(signal.SIGTERM)
        equal(self.wait(), 0, f"exit code of the agent {self.tail()}")
        check(not self.place.exists(), "the socket's file is still there")


def question(credential, message="tls13_client", scheme="ecdsa", digest="sha256", content="07" * 32, **more):
    key = base64.b64decode(credential.pin.removeprefix("sha256//")).hex()
    return {"persona_agent": 1, "key": key, "message": message, "scheme": scheme, "hash": digest, "content": content, **more}


def ask(place, what):
    """The answer to a question, which is bytes or made JSON; {} if there is none."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(place))
        sent = what if isinstance(what, bytes) else json.dumps(what).encode() + b"\n"
        answer = b""
        try:
            client.sendall(sent)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it refuses before it has read everything
        try:
            while part := client.recv(1 << 16):
                answer += part
        except ConnectionResetError:
            pass
    return json.loads(answer) if answer else {}


def rogue(case, serve, name="rogue"):
    """Somebody else who listens where the agent should: `serve` gets each connection once its question has been read."""
    place = case.folder / f"{name}.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place))
    listener.listen(512)

    def answer(connection):
        line = b""
        while not line.endswith(b"\n"):
            part = connection.recv(1 << 16)
            if not part:
                return
            line += part
        serve(connection, line)

    return place, Server(case, answer, listener, failing=True)


@case("RSA, P-256, P-384 and P-521 sign for OpenSSL, as client and as server, in TLS 1.2 and 1.3, in every way", deadline=120)
def kinds(case):
    pki = Pki(case)
    credentials = credentials_of_each_kind(pki)
    # An agent has one certificate for each key, so those of both ends need one each.
    agents = [Agent(case, *credentials_of, name=name, tls12=True)
              for credentials_of, name in zip(zip(*credentials.values()), ("of-clients", "of-gateways"))]

    def start(kind, is_gateway, content, name):
        return Persona(case, content | {"identity": agents[is_gateway].identity(credentials[kind][is_gateway])}, name)

    openssl_takes_all(case, pki, start)
    versions = [version for ways in WAYS.values() for version, _, _ in ways]
    for agent, words in zip(agents, ({"1.2": "tls12_client_hash", "1.3": "tls13_client"},
                                     {"1.2": "tls12_server_params", "1.3": "tls13_server"})):
        agent.wait_log("signed", len(versions))
        equal([line["signed"] for line in agent.log("signed")], [words[version] for version in versions], "what was signed")
    line = agents[0].log("signed")[0]
    check(line["certificate"].endswith("client-RSA-2048") and line["process"] > 1 and line["program"].startswith("persona")
          and str(os.geteuid()) in line["user"], "who has asked, for what", line)
    for agent in agents:
        agent.stop()


@case("while the agent is away handshakes fail in a sentence; what is open goes on, and so do they when it is back")
def away(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    place = case.folder / "agent.sock"
    identity = {"certificate": str(pki.client.certificate), "private_key": f"agent:{place}"}
    content = config(pki, gateway=gateway, tls={"resumption": False}) | {"identity": identity}
    output = cli("check", "--config", write_config(case, content, "checked"))
    check(AWAY in output and "until it does, handshakes fail" in output and "warning" in output, "check", output)
    persona = Persona(case, content)
    fails(persona, f"our private key could not sign: the agent at unix:{place} does not answer: {AWAY}")
    agent = Agent(case, pki.client, place=place)
    check("warning" not in cli("check", "--config", write_config(case, content, "checked")), "check with an agent")
    with connect(persona.address) as live:
        expect_echo(live)
        agent.kill()  # its socket's file stays
        fails(persona, AWAY)
        expect_echo(live)
        Agent(case, pki.client, place=place, name="again")
        with connect(persona.address) as client:
            expect_echo(client)
        expect_echo(live)


@case("a client of TLS 1.2 has a hash alone, which is signed only if the agent is told so")
def bare_hash(case):
    pki = Pki(case)
    agent = Agent(case, pki.client)
    gateway = tls_gateway(case, pki.server_context(version="1.2"), failing=True)
    persona = Persona(case, config(pki, gateway=gateway) | {"identity": agent.identity(pki.client)})
    fails(persona, "set tls12: true for the agent")
    agent.wait_log("refused to sign")
    equal(agent.log("signed"), [], "what was signed")


@case("whoever is no agent ends the handshake in a sentence, and nothing that it says is sent on")
def rogues(case):
    pki = Pki(case)
    other = Agent(case, pki.gateway, name="other")
    gateway = tls_gateway(case, pki.server_context(), failing=True)

    def says(content):
        return lambda connection, _: connection.sendall(content)

    def wrong(connection, line):
        asked = json.loads(line)
        if "message" not in asked:
            connection.sendall(b'{"persona_agent":1,"has_key":true}\n')
            return
        answer = ask(other.place, {**asked, "key": question(pki.gateway)["key"]})
        check("signature" in answer, "no signature", answer)
        connection.sendall(json.dumps(answer).encode() + b"\n")

    huge = b'{"persona_agent":1,"signature":"' + b"30" * 4000 + b'"}\n'
    for name, serve, error in (("garbage", says(b"\x00\xff garbage\n"), "what it says is not understood"),
                               ("empty", says(b"{}\n"), "what it says is not understood"),
                               ("much", says(b"x" * (1 << 18)), "it sends too much"),
                               ("long", says(huge), "gave a signature that is not one by our certificate's key"),
                               ("refuses", says(b'{"persona_agent":1,"refused":"not\\ntoday"}\n'), "not\\ntoday"),
                               ("half", says(b'{"persona_agent":1,"sig'), "it hung up"),
                               ("silent", says(b""), "it hung up"),
                               ("wrong", wrong, "gave a signature that is not one by our certificate's key")):
        place, _ = rogue(case, serve, name)
        identity = {"certificate": str(pki.client.certificate), "private_key": f"agent:{place}"}
        persona = Persona(case, config(pki, gateway=gateway) | {"identity": identity}, name)
        fails(persona, error)
        persona.stop()


@case("an agent that says nothing is waited for 5 s, and by check for 2")
def mute(case):
    pki = Pki(case)
    place, _ = rogue(case, lambda connection, _: read_to_end(connection))
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    identity = {"certificate": str(pki.client.certificate), "private_key": f"agent:{place}"}
    content = config(pki, gateway=gateway) | {"identity": identity}
    output = cli("check", "--config", write_config(case, content, "checked"))
    check("does not answer: not within 2 s" in output, "check", output)
    persona = Persona(case, content)
    fails(persona, "does not answer: not within 5 s")


@case("an agent that accepts no connections is not waited for either")
def stuck(case):
    pki = Pki(case)
    place = case.folder / "stuck.sock"
    listener = socket.socket(socket.AF_UNIX)
    case.defer(listener.close)
    listener.bind(str(place))
    listener.listen(0)
    for _ in range(10):
        filler = socket.socket(socket.AF_UNIX)
        case.defer(filler.close)
        filler.setblocking(False)
        try:
            filler.connect(str(place))
        except BlockingIOError:
            break
    else:
        check(False, "the backlog does not fill up")
    content = config(pki, gateway="127.0.0.1:1")
    content["identity"] = {"certificate": str(pki.client.certificate), "private_key": f"agent:{place}"}
    output = cli("check", "--config", write_config(case, content), timeout=20)
    check("does not answer: it accepts no connections" in output, "check", output)


@case("a socket that is not ours to open, or not there, is told")
def not_ours(case):
    pki = Pki(case)
    agent = Agent(case, pki.client)
    content = config(pki, gateway="127.0.0.1:1")
    content["identity"] = agent.identity(pki.client)
    file = write_config(case, content)
    if process.as_root():
        done = subprocess.run(process.command(BINARY, "check", "--config", file, unprivileged=True), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, cwd="/")
        output = done.stdout.decode()
        check("this user may not open the socket; see the agent's listen.mode and group" in output, "check", output)
    agent.stop()
    check(AWAY in cli("check", "--config", file), "check without an agent")


@case("handshakes that wait for an agent hold up neither other services nor open connections")
def slow(case):
    pki = Pki(case)
    agent = Agent(case, pki.client)
    waiting, gate, changed = [0], threading.Event(), threading.Condition()

    def hold(connection, line):
        if "message" in json.loads(line):
            with changed:
                waiting[0] += 1
                changed.notify_all()
            gate.wait(30)
        connection.sendall(json.dumps(ask(agent.place, line)).encode() + b"\n")

    place, _ = rogue(case, hold, "slow")
    case.defer(gate.set)
    gateway = tls_gateway(case, pki.server_context())
    folder = case.folder / "services"
    folder.mkdir()
    common = config(pki, gateway=gateway)
    slow_identity = {"certificate": str(pki.client.certificate), "private_key": f"agent:{place}"}
    (folder / "quick.yaml").write_text(json.dumps(common))
    (folder / "slow.yaml").write_text(json.dumps(common | {"identity": slow_identity, "timeouts": {"handshake": "60s"}}))
    persona = Persona(case, folder)
    of = {line["service"]: line["address"] for line in persona.listening()}
    quick, slowly = (tuple(of[name].rsplit(":", 1)) for name in ("quick", "slow"))
    quick, slowly = (quick[0], int(quick[1])), (slowly[0], int(slowly[1]))
    with connect(quick) as live:
        expect_echo(live)
        clients = [connect(slowly) for _ in range(60)]
        with changed:  # as many as a service has threads for
            check(changed.wait_for(lambda: waiting[0] >= 48, 30), "questions that wait", waiting[0])
        expect_echo(live)
        with connect(quick) as client:
            expect_echo(client)
        gate.set()
        for client in clients:
            expect_echo(client)
            client.close()


@case("nothing is signed but handshakes, and for nobody but who may ask")
def refusals(case):
    pki = Pki(case)
    agent = Agent(case, pki.client)
    check("signature" in ask(agent.place, question(pki.client)), "a good question")
    equal(ask(agent.place, {"persona_agent": 1, "key": question(pki.client)["key"]}), 
          {"persona_agent": 1, "has_key": True, "schemes": ["ecdsa"]}, "has it the key?")
    for what, words in ((question(pki.gateway), "no key here is that of this certificate"),
                        (question(pki.client, "tls12_client_hash"), "set tls12: true"),
                        (question(pki.client, content="07" * 33), "transcript hash"),
                        (question(pki.client, "tls12_server_params", content="20" * 98 + "07" * 32), "ECDHE"),
                        (question(pki.client, scheme="rsa_pss"), "not one for this"),
                        (question(pki.client, "anything"), "no word of this version"),
                        (question(pki.client, persona_agent=2), "not understood"), (b"GET / HTTP/1.1\r\n\r\n", "not understood"),
                        (b"[" * 4000 + b"\n", "not understood"), (b"x" * 100_000, "longer than 8192 bytes")):
        answer = ask(agent.place, what)
        check(words in answer.get("refused", ""), f"the refusal does not say {words!r}", answer, what)
    if process.as_root():
        place = case.folder / "others.sock"
        Agent(case, pki.client, name="others", place=place, allow_users=["root"])
        done = subprocess.run(process.command(sys.executable, "-B", "-c", ASK_AS_ANOTHER, place, json.dumps(question(pki.client)),
                                              unprivileged=True), stdout=subprocess.PIPE, timeout=60, cwd="/")
        check("is not in allow_users of the agent" in done.stdout.decode(), "what another user is told", done)


ASK_AS_ANOTHER = """
import socket, sys
with socket.socket(socket.AF_UNIX) as client:
    client.settimeout(20)
    client.connect(sys.argv[1])
    try:
        client.sendall(sys.argv[2].encode() + b"\\n")
    except OSError:
        pass
    print(client.recv(4096).decode())
"""


@case("ten thousand questions at once are all answered, and those who only connect keep nobody out", deadline=120)
def storm(case):
    pki = Pki(case)
    agent = Agent(case, pki.client)
    process.raise_descriptor_limit(4096)
    idle = []
    for _ in range(200):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(agent.place))
        idle.append(client)
    count, threads = amount(10_000, 10_000, 1_000), 40
    answers, lock = [], threading.Lock()

    def many():
        mine = [ask(agent.place, question(pki.client)) for _ in range(count // threads)]
        with lock:
            answers.extend(mine)

    running = [threading.Thread(target=many, daemon=True) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(100)
    equal(len(answers), count, "answers")
    signed = [answer for answer in answers if "signature" in answer]
    refused = {answer.get("refused") for answer in answers if "signature" not in answer}
    check(len(signed) > 100, "signatures", len(signed), refused)
    check(all(words and "try again" in words for words in refused), "refusals", refused)
    for client in idle:
        client.close()
    check("refused" not in ask(agent.place, {"persona_agent": 1, "key": question(pki.client)["key"]}), "afterwards")
    agent.stop()


@case("each user has signatures_per_second")
def rate(case):
    pki = Pki(case)
    agent = Agent(case, pki.client, signatures_per_second=1)
    answers = [ask(agent.place, question(pki.client)) for _ in range(50)]
    refused = [answer for answer in answers if "signatures_per_second (1)" in answer.get("refused", "")]
    check("signature" in answers[0] and len(refused) > 25, "answers", answers[:3])
    check(len(agent.log("refused to sign")) < len(refused), "each refusal is logged")


@case("SIGHUP reads keys again; a file that cannot be used changes nothing")
def reload(case):
    pki = Pki(case)
    agent = Agent(case, pki.client)
    good = json.loads(agent.file.read_text())
    agent.file.write_text(json.dumps({**good, "keys": []}))
    agent.signal(signal.SIGHUP)
    agent.wait_log("the agent goes on with the keys that it has, until the file is mended and it is told to reload")
    check("signature" in ask(agent.place, question(pki.client)), "the old key")
    agent.file.write_text(json.dumps({**good, "keys": [pki.gateway.config()]}))
    agent.signal(signal.SIGHUP)
    agent.wait_log("agent reloaded")
    check("signature" in ask(agent.place, question(pki.gateway)), "the new key")
    check("no key here" in ask(agent.place, question(pki.client)).get("refused", ""), "the old key is gone")
    agent.stop()


@case("what is wrong with a configuration is said in a sentence")
def broken(case):
    pki = Pki(case)
    good = {"listen": f"unix:{case.folder}/x.sock", "keys": [pki.client.config()]}
    for change, words in (({"listen": "127.0.0.1:0"}, "an agent listens on a Unix socket alone"),
                          ({"keys": []}, "the list is empty"), ({"listen": None}, "listen"), ({"gateway": "x"}, "unknown key"),
                          ({"keys": [pki.client.config() | {"private_key": "agent:/x"}]}, "it asks no other agent"),
                          ({"keys": [{"certificate": str(pki.client.certificate)}]}, "private_key is missing"),
                          ({"keys": [pki.client.config() | {"private_key": str(pki.gateway.key)}]}, "does not match"),
                          ({"allow_users": ["no-such-user"]}, "allow_users"),
                          ({"signatures_per_second": 0}, "signatures_per_second"),
                          ({"log": {"audit": "x"}}, "one line for each signature"),
                          ({"listen": f"unix:{case.folder}/none/x.sock"}, "there is no folder")):
        output = cli("agent", "--config", write_config(case, {**good, **change}, "agent"), expect=2)
        check(words in output, f"not {words!r}", output)
    output = cli("agent", expect=2)
    check("--config is required" in output, "without a file", output)
    content = config(pki, gateway="127.0.0.1:1")
    for key, words in (("agent:", "an agent is named by its Unix socket"), ("agent:relative.sock", "an agent is named")):
        content["identity"] = {"certificate": str(pki.client.certificate), "private_key": key}
        output = cli("check", "--config", write_config(case, content), expect=2)
        check(words in output, f"not {words!r}", output)


@case("--check says whose keys it would have, or what is wrong, and ends")
def checked(case):
    pki = Pki(case)
    content = {"listen": f"unix:{case.folder}/agent.sock", "keys": [pki.gateway.config(), pki.client.config()]}
    path = write_config(case, content, "agent")
    equal(cli("agent", "--check", "--config", path), f"signs for CN=client\nsigns for CN=gateway\n{path}: ok\n", "what it says")
    check(not (case.folder / "agent.sock").exists(), "it listens")
    path = write_config(case, {**content, "keys": [{"certificate": str(pki.client.certificate),
                                                    "private_key": str(pki.gateway.key)}]}, "agent")
    output = cli("agent", "--check", "--config", path, expect=2)
    check("the private key does not match the certificate: CN=client" in output and f"{path}: refused" in output, output)


@case("it gives up what it does not need: the network, writing, other processes")
def confined(case):
    pki = Pki(case)
    agent = Agent(case, pki.client)
    line = agent.log("agent ready")[0]
    equal(line["restricts"], "files, ports, privileges" if SANITIZED else "files, ports, system calls, privileges",
          "what it says")
    status = pathlib.Path(f"/proc/{agent.pid}/status").read_text()
    check("NoNewPrivs:\t1" in status and ("Seccomp:\t2" in status or SANITIZED), "its status", status)
    check("signature" in ask(agent.place, question(pki.client)), "a good question")
    agent.stop()


main()
