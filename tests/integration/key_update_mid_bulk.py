"""KeyUpdates in the middle of bulk data, by OpenSSL and by GnuTLS, in both of persona's roles: bytes stay exact, and
persona changes its own keys when it is asked to."""

import queue

from harness.bulk import MIB, Streams, exchange
from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import SMALLER, case, equal, main
from harness.sockets import TIMEOUT, Server, connect, expect_end
from harness.tls_peers import KEY_UPDATE, LIBRARIES, GnuTls

SIZE = (8 if SMALLER else 64) * MIB
UPDATES = 100


class Updating:
    """An end that changes its keys while it transfers."""

    def __init__(self, peer, updates, request):
        self._peer = peer
        self._how = {"updates": updates, "request": request}

    def transfer(self, outgoing, count):
        return self._peer.transfer(outgoing, count, **self._how)


def updates_keys(case, library, request, gateway_mode):
    pki = Pki(case)
    updates = GnuTls.MOST_REQUESTS if request and library == "GnuTLS" else UPDATES
    accepted = queue.Queue()

    def serve(connection):
        accepted.put(connection)
        return connection  # it is used, and kept open, by the case

    server = Server(case, serve)
    if gateway_mode:
        persona = Persona(case, config(pki, service=server))
        connection = connect(persona.address)
        peer = LIBRARIES[library](pki, connection, server=False).handshake()
        plain = accepted.get(timeout=TIMEOUT)
    else:
        persona = Persona(case, config(pki, gateway=server))
        plain = connect(persona.address)
        connection = accepted.get(timeout=TIMEOUT)
        peer = LIBRARIES[library](pki, connection, server=True).handshake()

    exchange(Streams(plain), Updating(peer, updates, request), SIZE)
    equal(peer.key_updates, updates, "KeyUpdates sent")
    equal(peer.received[KEY_UPDATE], updates if request else 0, "KeyUpdates that persona sent")

    # And the keys that both arrived at are good for more.
    peer.sendall(b"the last word")
    equal(plain.recv(100), b"the last word", "what follows")
    plain.sendall(b"the answer")
    equal(peer.recv(100), b"the answer", "what follows the other way")
    peer.close_notify()
    expect_end(plain)
    line = persona.next_close("gateway_closed")
    sizes = (SIZE + 13, SIZE + 10) if gateway_mode else (SIZE + 10, SIZE + 13)
    equal((line["bytes_up"], line["bytes_down"]), sizes, "logged bytes")


def define(library, request, gateway_mode):
    role = f"{library} client of persona's gateway mode" if gateway_mode else f"{library} gateway"

    @case(f"{role}, updates {'requested' if request else 'not requested'}", deadline=120)
    def one(case):
        updates_keys(case, library, request, gateway_mode)


for one_library in LIBRARIES:
    for mode in (False, True):
        for requested in (False, True):
            define(one_library, requested, mode)

main()
