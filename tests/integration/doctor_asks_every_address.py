"""`persona doctor` tries every address of a name, where a connection ends with the first that works; and says which names
cannot be resolved."""

import json
import subprocess

from harness import process
from harness.certificates import Pki
from harness.machine import NameServer, enter_or_skip
from harness.persona import BINARY, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, listen_on_one_port

NAME, NO_WAY = "both.test", "far.test"
FIRST, SECOND = "127.0.0.1", "127.0.0.2"


def examine(case, content, code):
    path = write_config(case, content)
    done = subprocess.run(process.command(BINARY, "doctor", "--config", path, "--json"), timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    equal(done.returncode, code, f"exit code ({done.stdout[-800:]})")
    return [one for one in json.loads(done.stdout)["services"][0]["steps"] if one["step"] not in ("certificate", "listen")]


def in_short(steps):
    return [(one["step"], one["state"], one["address"]) for one in steps]


def http(connection):
    connection.recv(1 << 16)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@case("one address speaks no TLS and the other is good: a warning")
def one_is_good(case):
    pki = Pki(case)
    first, second = listen_on_one_port([FIRST, SECOND])
    port = first.getsockname()[1]
    Server(case, http, first, failing=True)
    tls_gateway(case, pki.server_context(), listener=second, failing=True)
    steps = examine(case, config(pki, gateway=f"{NAME}:{port}"), 0)
    equal(in_short(steps), [("lookup", "ok", f"{NAME}:{port}"),
                            ("connect", "ok", f"{FIRST}:{port}"), ("handshake", "warning", f"{FIRST}:{port}"),
                            ("connect", "ok", f"{SECOND}:{port}"), ("handshake", "ok", f"{SECOND}:{port}"),
                            ("accept", "ok", f"{SECOND}:{port}")], "steps")
    equal(steps[0]["sentence"], f"{NAME} is {FIRST}, {SECOND}", "the sentence of the look-up")
    check("is an HTTP server" in steps[2]["sentence"], "it is not named", steps[2])


@case("each gateway has to work: with one that has no good address, doctor fails")
def one_gateway_fails(case):
    pki = Pki(case)
    first, second = listen_on_one_port([FIRST, SECOND])
    port = first.getsockname()[1]
    Server(case, http, first, failing=True)
    Server(case, http, second, failing=True)
    good = tls_gateway(case, pki.server_context(), failing=True)
    steps = examine(case, config(pki, gateway=[good, f"{NAME}:{port}"]), 1)
    equal([state for step, state, _ in in_short(steps) if step == "handshake"], ["ok", "failed", "failed"], "handshakes")


@case("addresses that are not allowed are not dialled")
def not_allowed(case):
    content = config(Pki(case), gateway=f"{NAME}:5433")
    content["gateway"]["allowed_addresses"] = ["10.0.0.0/8"]
    steps = examine(case, content, 1)
    equal(steps[1]["sentence"], f"none of the addresses of {NAME} ({FIRST}) is in gateway.allowed_addresses (10.0.0.0/8)",
          "the sentence of the first address")
    check("add it to gateway.allowed_addresses" in steps[1]["fix"], "another advice", steps[1])
    equal(len(steps), 3, "steps")


@case("an address of a family that this machine has no way to")
def no_way(case):
    step = examine(case, config(Pki(case), gateway=f"{NO_WAY}:5433"), 1)[-1]
    check("network is unreachable" in step["sentence"], "another sentence", step)
    check("whether it has addresses of that family at all" in step["fix"], "another advice", step)


@case("a name server that is silent, and one that knows no such name")
def names(case):
    name_server = NameServer(case)
    step = examine(case, config(Pki(case), gateway="silent.test:5433", timeouts={"connect": "2s"}), 1)[0]
    check("cannot resolve silent.test within timeouts.connect (2s): no name server has answered" in step["sentence"],
          "another sentence", step)
    name_server.answer(exists=False)
    step = examine(case, config(Pki(case), gateway="nobody.test:5433"), 1)[0]
    check("cannot resolve nobody.test: " in step["sentence"], "another sentence", step)
    check("getent ahosts nobody.test" in step["fix"], "another advice", step)


enter_or_skip({FIRST: [NAME], SECOND: [NAME], "2001:db8::1": [NO_WAY]})
main()
