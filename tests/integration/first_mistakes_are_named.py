"""Pointed at something that does not speak TLS, persona says what it is and what to do: at a database's own port, which
key is missing."""

import contextlib
import subprocess
import threading

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.relay import Port
from harness.rotation import Live, wait_refused
from harness.runner import Failure, case, check, equal, main
from harness.servers import MariaDb, PostgreSql, Redis, tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, expect_refused, hold, read_to_end

POSTGRESQL = "{} is PostgreSQL without TLS in front: set gateway.negotiate: postgresql"
TCP = "host all persona 127.0.0.1/32 trust\n"


def fails(persona, sentence, reason="handshake_failed"):
    expect_refused(persona.address)
    line = persona.next_close(reason, error=sentence)
    equal(line["error"], sentence, "the whole sentence")
    return line


@case("PostgreSQL: it is asked once, by the first that fails, however many follow")
def postgresql(case):
    pki = Pki(case)
    port = Port(case, PostgreSql(case, hba=TCP, pki=pki).address)
    persona = Persona(case, config(pki, gateway=port, protocol="postgresql"))
    said = subprocess.run(["psql", f"host=127.0.0.1 port={persona.address[1]} user=persona dbname=postgres", "-XAtc", "select 1"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60).stdout.decode()
    line = persona.next_close("handshake_failed", error=POSTGRESQL.format(port))
    check(f"persona cannot reach the gateway {port}: it does not speak TLS (connection {line['id']} in its log)" in said,
          "psql's user is not told", said)
    persona.stop()
    persona = Persona(case, config(pki, gateway=port))
    before = port.accepted
    for _ in range(5):
        fails(persona, POSTGRESQL.format(port))
    equal(port.accepted - before, 6, "connections: five and one question")


@case("PostgreSQL, when many fail at once: it is asked once")
def postgresql_storm(case):
    pki = Pki(case)
    port = Port(case, PostgreSql(case, hba=TCP, pki=pki).address)
    persona = Persona(case, config(pki, gateway=port))
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(persona.address)) for _ in range(20)]
        for client in clients:
            read_to_end(client)
    persona.wait_closed(20)
    equal(port.accepted, 21, "connections: one each and one question")
    named = persona.find("connection closed", error=POSTGRESQL.format(port))
    check(named, "none says what it is", persona.tail())


@case("PostgreSQL whose TLS is switched off")
def postgresql_bare(case):
    port = Port(case, PostgreSql(case).socket)
    persona = Persona(case, config(Pki(case), gateway=port))
    fails(persona, f"{port} is PostgreSQL without TLS in front, and its own is switched off (ssl = off): switch that on and "
                   "set gateway.negotiate: postgresql, or put a gateway in front of it")


@case("where there is another gateway nobody is asked, and the connection does not wait")
def fails_over(case):
    pki = Pki(case)
    port = Port(case, PostgreSql(case).socket)
    persona = Persona(case, config(pki, gateway=[port, tls_gateway(case, pki.server_context())]))
    with connect(persona.address) as client:
        expect_echo(client)
    equal(port.accepted, 1, "connections to the first gateway")


@case("who ends without a word and is no PostgreSQL: he is asked once, and it stays a question")
def nobody_knows(case):
    asked = []

    def serve(connection):
        asked.append(connection.recv(4096))

    server = Server(case, serve)
    persona = Persona(case, config(Pki(case), gateway=server))
    for _ in range(3):
        fails(persona, "the gateway closed the connection without answering the TLS handshake: is it a TLS port?")
    equal([one for one in asked if one[0] != 22], [b"\0\0\0\x08\x04\xd2\x16\x2f"], "what was asked beside ClientHellos")
    equal(len(asked), 4, "connections: three and one question")


@case("a server that is asked and says nothing delays the end by no more than timeouts.handshake")
def asked_in_vain(case):
    asked = threading.Semaphore(0)

    def serve(connection):
        if connection.recv(4096)[0] == 22:
            return None
        asked.release()
        return connection

    pki = Pki(case)
    server = Server(case, serve)
    persona = Persona(case, config(pki, gateway=server, timeouts={"handshake": "2s"}))
    fails(persona, "the gateway closed the connection without answering the TLS handshake: is it a TLS port?")
    check(asked.acquire(blocking=False), "it was not asked")
    leaving = Persona(case, config(pki, gateway=server), "leaving")
    with connect(leaving.address):
        check(asked.acquire(timeout=20), "it was not asked")
    # Whether the client leaves before the two seconds are over or after: nothing is left behind.
    reason = leaving.next_close()["reason"]
    check(reason in ("local_closed", "handshake_failed"), "another reason", reason)
    leaving.stop()


@case("reload.probe says the same")
def probe(case):
    pki = Pki(case)
    port = Port(case, PostgreSql(case, hba=TCP, pki=pki).address)
    live = Live(case, pki.client, [pki.ca])
    persona = Persona(case, config(pki, gateway=port, **live.config(), reload={"probe": True, "interval": "100ms"}))
    live.put(pki.ca.issue("renewed"))
    wait_refused(persona, POSTGRESQL.format(port))


@case("MariaDB, also when it has too many connections to greet us")
def mariadb(case):
    database = MariaDb(case)
    port = Port(case, database.socket)
    persona = Persona(case, config(Pki(case), gateway=port))
    expect_refused(persona.address)
    error = persona.next_close("handshake_failed")["error"]
    check(error.startswith(f"{port} is MariaDB 10."), "it is not named", error)
    check(error.endswith(" without TLS in front: set gateway.negotiate: mysql"), "the key is not named", error)
    subprocess.run(["mariadb", "--no-defaults", f"--socket={database.socket}", "-e", "set global max_connections=10"],
                   check=True, timeout=60)
    with contextlib.ExitStack() as stack:
        for _ in range(30):
            taken = stack.enter_context(connect(database.socket))
            if b"Too many connections" in taken.recv(4096):
                break
        else:
            raise Failure("MariaDB has no end of connections")
        fails(persona, f"{port} is MySQL or MariaDB without TLS in front: set gateway.negotiate: mysql; it says "
                       "\"Too many connections\"")


@case("Redis, which waits for a line, and a server that never says a word")
def redis(case):
    pki = Pki(case)
    port = Port(case, Redis(case).socket)
    persona = Persona(case, config(pki, gateway=port, timeouts={"handshake": "1s"}))
    expect_refused(persona.address)
    line = persona.next_close()
    # Every third ClientHello or so has a line feed among its random bytes.
    expected = {
        "handshake_timeout": "the gateway did not answer the TLS handshake within timeouts.handshake (1s): is it a TLS port?",
        "handshake_failed": f"{port} is Redis without TLS: its TLS port is the one that its tls-port names"}
    equal(line.get("error"), expected.get(line["reason"]), f"the sentence of {line}")
    silent = Persona(case, config(pki, gateway=Server(case, hold), timeouts={"handshake": "300ms"}), "silent")
    fails(silent, "the gateway did not answer the TLS handshake within timeouts.handshake (300ms): is it a TLS port?",
          "handshake_timeout")

    def answers(connection):
        connection.recv(4096)
        connection.sendall(b"-ERR unknown command\r\n")
        connection.recv(4096)

    answering = Persona(case, config(pki, gateway=(server := Server(case, answers, failing=True))), "answering")
    fails(answering, f"{server} is Redis without TLS: its TLS port is the one that its tls-port names")


@case("servers that are no databases")
def others(case):
    for words, name in ((b"HTTP/1.1 400 Bad Request\r\n\r\n", "an HTTP server"), (b"SSH-2.0-OpenSSH_9.2p1\r\n", "an SSH server"),
                        (b"220 mail.test ESMTP\r\n", "an SMTP server")):
        def serve(connection, words=words):
            connection.sendall(words)
            connection.recv(4096)

        server = Server(case, serve, failing=True)
        persona = Persona(case, config(Pki(case), gateway=server), name.split()[1])
        fails(persona, f"{server} is {name} without TLS: is it the right port?")
        persona.stop()


@case("mode gateway: a client without TLS is told apart in the log")
def clients(case):
    persona = Persona(case, config(Pki(case), service=Server(case, echo), timeouts={"handshake": "2s"}))
    port = persona.address[1]
    for command, language in ((["psql", f"host=127.0.0.1 port={port} user=persona dbname=postgres", "-c", "select 1"], "PostgreSQL"),
                              (["redis-cli", "-p", str(port), "PING"], "Redis"),
                              (["curl", "-s", f"http://127.0.0.1:{port}/"], "HTTP")):
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        persona.next_close("handshake_failed", error=f"the client speaks {language} without TLS: ")
    subprocess.run(["mariadb", "--no-defaults", "--protocol=tcp", "-h127.0.0.1", f"-P{port}", "-e", "select 1"],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    persona.next_close("handshake_timeout", error="the client sent nothing within timeouts.handshake (2s)")


main()
