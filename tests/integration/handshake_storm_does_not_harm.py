"""Connections that open and close while their handshake is out in the pool: every one gets its line with a fitting
reason, live connections keep echoing, and the end is a clean one."""

import collections
import contextlib
import signal
import socket
import threading

from harness.certificates import Pki, accept_tls
from harness.persona import Persona, config, pair
from harness.runner import SANITIZED, case, check, equal, main
from harness.servers import echo_tls, tls_gateway
from harness.sockets import TIMEOUT, Server, connect, echo, expect_echo, hold, read_to_end, reset

STORM = 150 if SANITIZED else 1_500
WORKERS = 8
LIVE = 3


class Storm:
    """Workers that call `connection(number)` for numbers from 0 on, until `count` or stop()."""

    def __init__(self, connection, count=None):
        self._connection = connection
        self._count = count
        self._lock = threading.Lock()
        self._ending = False
        self.begun = 0
        self.errors = []
        self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
        for each in self._workers:
            each.start()

    def _work(self):
        try:
            while True:
                with self._lock:
                    if self._ending or self.begun == self._count:
                        return
                    number = self.begun
                    self.begun += 1
                self._connection(number)
        except Exception as error:
            self.errors.append(error)

    def running(self):
        return any(each.is_alive() for each in self._workers)

    def stop(self):
        """No new ones."""
        self._ending = True

    def end(self):
        """Waits for those under way; a storm without `count` must have been stopped."""
        for each in self._workers:
            each.join(TIMEOUT * 3)
            check(not each.is_alive(), "the storm does not end")
        check(not self.errors, "the storm itself failed", self.errors[:1])


class Live:
    """Connections that echo all the while."""

    def __init__(self, address):
        self._connections = [connect(address) for _ in range(LIVE)]
        self.echo()

    def echo(self):
        for connection in self._connections:
            expect_echo(connection, b"alive")

    def close(self):
        for connection in self._connections:
            connection.close()


def ends_well(persona, count, reasons):
    """Every connection has its line, for one of these reasons; the drain is clean."""
    persona.wait_closed(count)
    persona.stop()
    equal(persona.closed.total(), count, "lines for connections that ended")
    check(set(persona.closed) <= set(reasons), "reasons", dict(persona.closed))
    ids = collections.Counter(line["id"] for line in persona.find("connection closed"))
    equal(len(ids), count, "connections with a line")
    return persona.closed


def hang_up(number, client):
    """By FIN or RST, at once or with data under way."""
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        if number % 3 == 1:
            client.sendall(b"never mind")
        if number % 2:
            reset(client)
    client.close()


@case("local clients leave at once", deadline=120)
def clients_leave(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    persona = Persona(case, config(pki, gateway=gateway))
    live = Live(persona.address)
    storm = Storm(lambda number: hang_up(number, connect(persona.address)), STORM)
    while storm.running():
        live.echo()
    storm.end()
    live.close()
    closed = ends_well(persona, STORM + LIVE, {"local_closed", "local_reset", "gateway_closed"})
    check(closed["local_closed"] and closed["local_reset"], "one way of leaving never counted", closed)


@case("the gateway resets in the middle of handshakes", deadline=120)
def gateway_resets(case):
    pki = Pki(case)
    context = pki.server_context()
    storming = threading.Event()

    def serve(connection):
        if not storming.is_set():
            return echo_tls(accept_tls(context, connection))
        connection.recv(4096)
        # A beginning of an answer: a step is out when the reset comes.
        connection.sendall(b"\x16\x03\x03\x00\x7a\x02\x00")
        reset(connection)

    persona = Persona(case, config(pki, gateway=Server(case, serve, failing=True)))
    live = Live(persona.address)
    storming.set()

    def one(number):
        # The reset may come as early as in the connecting.
        with contextlib.suppress(ConnectionResetError), connect(persona.address) as client:
            if number % 3:
                read_to_end(client)  # else both sides leave

    storm = Storm(one, STORM)
    while storm.running():
        live.echo()
    storm.end()
    live.close()
    closed = ends_well(persona, STORM + LIVE, {"gateway_reset", "local_closed", "local_reset"})
    check(closed["gateway_reset"] >= STORM // 2, "resets of the gateway that were not seen", closed)


@case("gateway mode: clients leave in the middle of handshakes", deadline=120)
def clients_of_gateway_leave(case):
    pki = Pki(case)
    near, far = pair(case, pki, Server(case, echo, failing=True))
    hello = pki.client_hello()
    live = Live(near.address)

    def one(number):
        client = connect(far.address)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            client.sendall(hello[:len(hello) // 2] if number % 4 == 0 else hello)
            if number % 4 == 1:
                client.recv(100)  # a part of the answer
            if number % 4 == 2:
                client.shutdown(socket.SHUT_WR)
                read_to_end(client)
        if number % 2:
            reset(client)
        client.close()

    storm = Storm(one, STORM)
    while storm.running():
        live.echo()
    storm.end()
    live.close()
    near.wait_closed(LIVE)
    near.stop()
    ends_well(far, STORM + LIVE, {"gateway_reset", "handshake_failed", "gateway_closed", "local_closed"})


@case("SIGTERM in a storm: what has begun finishes, the drain is clean", deadline=120)
def terminated(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)
    persona = Persona(case, config(pki, gateway=gateway))
    live = Live(persona.address)
    done = []
    refused = threading.Event()

    def one(number):
        try:
            with connect(persona.address) as client:
                if number % 2:
                    hang_up(number, client)
                else:
                    expect_echo(client)
                    done.append(number)
        except ConnectionRefusedError:
            refused.set()
            storm.stop()
        except (ConnectionResetError, BrokenPipeError):
            pass  # it was waiting to be accepted when listening ended

    storm = Storm(one)
    # In the middle of it: some have ended already, the others are anywhere.
    persona.wait_closed(STORM // 10)
    persona.signal(signal.SIGTERM)
    persona.wait_log("draining")
    live.echo()
    storm.end()
    check(refused.is_set(), "new connections were accepted while draining")
    live.echo()
    live.close()
    persona.wait_stopped(cut=0, code=0)
    check(done, "no connection of the storm ever worked")
    lines = persona.find("connection closed")
    equal(len({line["id"] for line in lines}), len(lines), "connections with a line")
    check(set(persona.closed) <= {"local_closed", "local_reset", "gateway_closed"}, "reasons", dict(persona.closed))


@case("a later SIGTERM in a storm cuts at once, and is safe", deadline=120)
def forced(case):
    pki = Pki(case)
    # Nobody's handshake ends: they are all somewhere in it.
    silent = Server(case, hold)
    persona = Persona(case, config(pki, gateway=silent, timeouts={"handshake": "60s"}))
    clients = [connect(persona.address) for _ in range(100)]
    persona.signal(signal.SIGTERM)
    persona.wait_log("draining")
    persona.force()
    for client in clients:
        equal(read_to_end(client)[1], "reset", "how the client ended")
    persona.wait_stopped(cut=None, code=1)
    equal(set(persona.closed), {"shutdown"}, "reasons")


main()
