"""Who asks the administrators' endpoint and then reads or writes slowly, or not at all: it costs what its place costs, for
5 seconds, and traffic goes on. (bench/slow_administrators.py measures that.)"""

import contextlib
import socket
import threading

from harness.administrators import admin_of, get
from harness.certificates import Pki
from harness.persona import Persona, config, write_config
from harness.runner import SANITIZED, amount, case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import TIMEOUT, connect, expect_echo, read_to_end

MOST = 128  # at once, of those that ask
SMALL = 4096  # bytes of a receive buffer
PACE = 0.05  # seconds between the bytes of a slow one
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


def asking(case, address, request=REQUEST):
    """A connection on which this was sent, whose own buffer has little room for an answer."""
    connection = socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX)
    case.defer(connection.close)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    connection.settimeout(TIMEOUT)
    connection.connect(address if isinstance(address, tuple) else str(address))
    connection.sendall(request)
    return connection


def slowly(case, connections, move):
    """Moves a byte of each now and then, until the case ends."""
    ending = threading.Event()

    def run():
        while not ending.wait(PACE):
            for connection in connections:
                with contextlib.suppress(OSError):  # it was ended
                    move(connection)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def end():
        ending.set()
        thread.join(TIMEOUT)

    case.defer(end)
    return end


def expect_traffic(persona, live):
    """A connection that is there goes on, and another one is let in."""
    expect_echo(live)
    with connect(persona.address) as client:
        expect_echo(client)


@case("readers and writers that are slow, or do nothing, are ended after a while, and nothing is kept for them")
def ended(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}))
    admin = admin_of(persona)
    whole = len(get(admin, "/metrics"))
    check(whole > 2 * SMALL, "metrics that a small buffer takes show nothing", whole)
    live = connect(persona.address)
    case.defer(live.close)
    expect_traffic(persona, live)
    before = persona.settled_descriptors()
    deaf = [asking(case, admin) for _ in range(20)]
    readers = [asking(case, admin) for _ in range(20)]
    writers = [asking(case, admin, b"GET /healthz HTTP/1.1\r\nX: ") for _ in range(20)]
    silent = [asking(case, admin, b"") for _ in range(20)]
    end_reading = slowly(case, readers, lambda connection: connection.recv(1))
    end_writing = slowly(case, writers, lambda connection: connection.send(b"x"))
    expect_traffic(persona, live)
    persona.wait_descriptors(lambda count: count <= before, "as before")
    end_reading()
    end_writing()
    for connection in deaf + readers:
        received, end = read_to_end(connection)
        check(received.startswith(b"HTTP/1.1 200 ") or connection in readers, "it was not answered", received)
        # What the system has for them is gone as well: else it would have come now.
        check(end == "reset" and len(received) < whole, "an answer was kept for who does not read it", len(received), end)
    for connection in silent + writers:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            equal(connection.recv(1), b"", "what one is sent that has not asked")
    expect_traffic(persona, live)
    equal(get(admin, "/healthz"), "ok\n", "answer")


@case("many that never read long metrics: a place's worth of memory for each place, and traffic goes on", deadline=120)
def many(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context())
    folder, admin = case.folder / "services", case.folder / "admin"
    folder.mkdir()
    for number in range(24):
        write_config(case, config(pki, gateway=gateway, admin={"listen": f"unix:{admin}"}), f"services/service{number:02}")
    persona = Persona(case, folder)
    with connect(admin) as client:
        client.sendall(REQUEST)
        whole = len(read_to_end(client)[0])
    live = connect(persona.address)
    case.defer(live.close)
    expect_traffic(persona, live)
    before, memory = persona.settled_descriptors(), persona.anonymous_kib()
    for _ in range(amount(20, 8, 4)):
        for _ in range(MOST):
            asking(case, admin)
        expect_traffic(persona, live)
    grown = (persona.anonymous_kib() - memory) * 1024
    print(f"metrics of {whole} bytes, {grown} bytes more memory")
    # (What is freed in a sanitizer's build is not used again for a while.)
    check(SANITIZED or grown < 1.5 * MOST * whole, "more memory than as many answers as there are places", grown, MOST * whole)
    persona.wait_descriptors(lambda count: count <= before + MOST, "those of the places")
    persona.wait_descriptors(lambda count: count <= before, "as before")
    expect_traffic(persona, live)


main()
