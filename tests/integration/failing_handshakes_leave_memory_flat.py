"""After some hundred handshakes that failed in every way, 2,000 more leave no memory, descriptor or session behind."""

import collections
import itertools
import ssl
import threading

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import SANITIZED, case, check, equal, main
from harness.sockets import Server, connect, echo, expect_refused, read_to_end, reset

WARM_UP, MORE = (120, 240) if SANITIZED else (420, 2_010)  # every way equally often
SILENT = 10  # they take their time
AT_ONCE = SILENT
BOUND_KIB = 1024


def at_once(count, run):
    """`run(number)` for so many numbers, by some threads."""
    numbers, wrong = iter(range(count)), []
    lock = threading.Lock()

    def work():
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                run(number)
        except Exception as error:
            wrong.append(error)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(AT_ONCE)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    if wrong:
        raise wrong[0]


def stays_flat(persona, fail, fail_silently, expected):
    """`expected(count)`: the reasons of `count` failures."""
    def round_of(count):
        before = persona.closed.copy()
        at_once(count, fail)
        at_once(SILENT, fail_silently)
        persona.wait_closed(before.total() + count + SILENT)
        wanted = expected(count)
        wanted["handshake_timeout"] += SILENT
        equal(dict(persona.closed - before), dict(wanted), "reasons")

    round_of(WARM_UP)
    descriptors, memory = persona.settled_descriptors(), persona.anonymous_kib()
    round_of(MORE)
    equal(persona.settled_descriptors(), descriptors, "descriptors after the failures")
    grown = persona.anonymous_kib() - memory
    print(f"{MORE} failures: {grown} KiB more than {memory} KiB")
    check(SANITIZED or grown < BOUND_KIB, f"memory grew by {grown} KiB")
    persona.stop()
    equal(persona.find("draining")[0]["connections"], 0, "live connections when asked to stop")


def first_flight(context, hello):
    """What a server answers to a ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(hello)
    try:
        engine.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Gateway:
    """Fails each connection in the next way."""

    def __init__(self, pki):
        self._refusing = pki.server_context(ca=pki.other_ca, version="1.3")
        self._untrusted = pki.server_context(pki.other_ca.issue("gateway", [pki.GATEWAY_NAME]))
        self._good = pki.server_context(version="1.3")
        self.ways = [
            (self.refuse_certificate, "client_certificate_refused"),
            (self.show_untrusted, "verify_failed"),
            (self.close_in_the_middle, "handshake_failed"),
            (self.reset_in_the_middle, "gateway_reset"),
            (self.speak_something_else, "handshake_failed"),
            (self.speak_nonsense, "handshake_failed"),
        ]
        self._next = itertools.cycle([way for way, _ in self.ways])
        self._lock = threading.Lock()
        self.silent = False

    def expected(self, count):
        reasons = itertools.cycle([reason for _, reason in self.ways])
        return collections.Counter(itertools.islice(reasons, count))

    def __call__(self, connection):
        if self.silent:
            return connection
        with self._lock:
            way = next(self._next)
        return way(connection)

    def refuse_certificate(self, connection):
        self._refusing.wrap_socket(connection, server_side=True)

    def show_untrusted(self, connection):
        self._untrusted.wrap_socket(connection, server_side=True)

    def _half_a_flight(self, connection):
        flight = first_flight(self._good, connection.recv(4096))
        connection.sendall(flight[:len(flight) // 2])

    def close_in_the_middle(self, connection):
        self._half_a_flight(connection)

    def reset_in_the_middle(self, connection):
        self._half_a_flight(connection)
        reset(connection)

    def speak_something_else(self, connection):
        connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        read_to_end(connection)

    def speak_nonsense(self, connection):
        connection.recv(4096)
        connection.sendall(b"\x16\x03\x03\x00\x20\x02\x00\x00\x1c" + b"\xff" * 28)
        read_to_end(connection)


TIMEOUTS = {"timeouts": {"handshake": "3s"}}


@case("gateways that fail", deadline=150)
def gateways(case):
    pki = Pki(case)
    gateway = Gateway(pki)
    persona = Persona(case, config(pki, gateway=Server(case, gateway, failing=True), **TIMEOUTS))

    def fail(number):
        gateway.silent = False
        expect_refused(persona.address, b"secret" * (number % 3))

    def fail_silently(_):
        gateway.silent = True
        expect_refused(persona.address)

    stays_flat(persona, fail, fail_silently, gateway.expected)


@case("clients of gateway mode that fail", deadline=150)
def clients(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, service=Server(case, echo), **TIMEOUTS))
    absent = pki.client_context()
    untrusted = pki.client_context(pki.other_ca.issue("client"))
    good = pki.client_context(pki.client)

    def present(context):
        def way(connection):
            try:
                context.wrap_socket(connection, server_hostname=Pki.GATEWAY_NAME).recv(1)
                check(False, "the client was not refused")
            except (ssl.SSLError, OSError):
                pass
        return way

    def client_hello():
        outgoing = ssl.MemoryBIO()
        engine = good.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=Pki.GATEWAY_NAME)
        try:
            engine.do_handshake()
        except ssl.SSLWantReadError:
            return outgoing.read()

    def leave_in_the_middle(connection):
        connection.sendall(client_hello())
        connection.recv(4096)
        reset(connection)

    def half_a_hello(connection):
        connection.sendall(client_hello()[:100])

    def speak_something_else(connection):
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        read_to_end(connection)

    ways = [(present(absent), "verify_failed"), (present(untrusted), "verify_failed"),
            (leave_in_the_middle, "gateway_reset"), (half_a_hello, "handshake_failed"),
            (speak_something_else, "handshake_failed")]

    def fail(number):
        with connect(persona.address) as connection:
            ways[number % len(ways)][0](connection)

    def expected(count):
        return collections.Counter(ways[number % len(ways)][1] for number in range(count))

    stays_flat(persona, fail, lambda _: expect_refused(persona.address), expected)


main()
