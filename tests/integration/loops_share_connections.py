"""New connections go to the event loop that has the fewest, so that loops from which many have gone fill up again."""

import contextlib

from harness import process
from harness.administrators import admin_of, get, samples
from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

LOOPS = 3
EACH = 6


def on_loops(admin):
    found = samples(get(admin, "/metrics"))
    return [int(found['persona_loop_connections{loop="%d"}' % loop]) for loop in range(LOOPS)]


def opened(addresses, admin, clients, number):
    """One more client; the loop on which it is."""
    before = on_loops(admin)
    client = connect(addresses[number % len(addresses)])
    expect_echo(client)
    gained = [after - then for then, after in zip(before, on_loops(admin))]
    equal(sorted(gained), [0] * (LOOPS - 1) + [1], "loops that have gained one")
    clients[gained.index(1)].append(client)


def even(counts):
    return max(counts) - min(counts) <= 1


@case("over TCP and a Unix socket alike, and after those of two loops have left")
def uneven(case):
    pki = Pki(case)
    paths = [] if process.RUNNER else [str(case.folder / "local.sock")]  # Windows has no Unix sockets for us
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), threads=LOOPS,
                                   listen=["127.0.0.1:0", *(f"unix:{path}" for path in paths)],
                                   admin={"listen": "127.0.0.1:0"}))
    addresses = [persona.address, *paths]
    admin = admin_of(persona)
    equal(on_loops(admin), [0] * LOOPS, "at the beginning")
    clients = [[] for _ in range(LOOPS)]
    with contextlib.ExitStack() as all_clients:
        all_clients.callback(lambda: [client.close() for loop in clients for client in loop])
        # A loop that a loaded machine keeps busy may be passed over for a moment, so the number is not exact.
        for number in range(3 * LOOPS * EACH):
            if min(map(len, clients)) >= EACH and even(on_loops(admin)):
                break
            opened(addresses, admin, clients, number)
        check(even(on_loops(admin)), "connections are not shared", on_loops(admin))

        gone = clients[0] + clients[2]
        clients[0], clients[2] = [], []
        for client in gone:
            client.close()
        persona.wait_closed(len(gone))
        while on_loops(admin) != [0, len(clients[1]), 0]:  # freed a moment after they are logged; the case has a limit
            pass
        for number in range(3 * LOOPS * EACH):  # taking turns would never make up for what was lost
            if even(on_loops(admin)):
                break
            opened(addresses, admin, clients, number)
        check(even(on_loops(admin)), "the loops that had lost theirs did not get the next ones", on_loops(admin))
    equal(persona.closed.get("limit_reached", 0), 0, "refused")


main()
