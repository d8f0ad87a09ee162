"""`tls: {resumption: false}`: a client never offers a ticket nor asks for one, a gateway never issues one."""

from harness.certificates import Pki
from harness.persona import Persona, config, pair
from harness.relay import PRE_SHARED_KEY, PSK_MODES, Relay
from harness.runner import case, check, equal, main
from harness.servers import echo_tls, tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, read_exactly
from harness.tls_peers import NEW_SESSION_TICKET, OpenSsl

OFF = {"tls": {"resumption": False}}
TIMES = 3


def connect_often(persona):
    """What its log says of each connection."""
    found = []
    for _ in range(TIMES):
        with connect(persona.address) as client:
            expect_echo(client)
        found.append(persona.next_close()["resumed"])
    return found


def offers(case, **more):
    """Which of its connections offered a ticket, and which asked for one, by their ClientHellos."""
    pki = Pki(case)
    said = []

    def serve(connection):
        said.append(connection.session_reused)
        echo_tls(connection)

    relay = Relay(case, tls_gateway(case, pki.server_context(version="1.3"), serve).address)
    persona = Persona(case, config(pki, gateway=relay, **more))
    logged = connect_often(persona)
    equal(said, logged, "what the gateway says and what the log says")
    hellos = relay.client_hellos()
    equal(len(hellos), TIMES, "ClientHellos")
    return logged, [PRE_SHARED_KEY in hello for hello in hellos], [PSK_MODES in hello for hello in hellos]


@case("a client with resumption offers what it has")
def client_on(case):
    logged, offered, asked = offers(case)
    equal((logged, offered, asked), ([False, True, True],) * 2 + ([True] * TIMES,), "resumed, offered, asked")


@case("a client without never offers or asks")
def client_off(case):
    logged, offered, asked = offers(case, **OFF)
    equal((logged, offered), ([False] * TIMES,) * 2, "resumed, offered")
    # Whoever cannot resume has no key exchange modes for it (RFC 8446 section 4.2.9).
    equal(asked, [False] * TIMES, "psk_key_exchange_modes sent")


def tickets_issued(case, **more):
    """How many tickets a gateway sends to OpenSSL."""
    pki = Pki(case)
    persona = Persona(case, config(pki, service=Server(case, echo), **more))
    client = OpenSsl(pki, connect(persona.address), server=False).handshake()
    client.sendall(b"hello")
    equal(client.recv(100), b"hello", "the echo")  # tickets come before it
    client.close_notify()
    equal(client.recv(100), b"", "the end")
    persona.next_close("gateway_closed")
    return client.received[NEW_SESSION_TICKET]


@case("a gateway with resumption issues tickets, one without none")
def gateway(case):
    check(tickets_issued(case) >= 1, "no ticket came")
    equal(tickets_issued(case, **OFF), 0, "tickets issued")


@case("a gateway without does full handshakes with a client that would resume")
def gateway_off(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, service=Server(case, echo), **OFF))
    context = pki.client_context(pki.client, "1.3")
    session = None
    for _ in range(TIMES):
        with context.wrap_socket(connect(persona.address), server_hostname=Pki.GATEWAY_NAME, session=session,
                                 suppress_ragged_eofs=False) as client:
            client.sendall(b"hello")
            equal(read_exactly(client, 5), b"hello", "the echo")
            equal(client.session_reused, False, "SSLSocket.session_reused")
            session = client.session
            check(session is None or not session.has_ticket, "the client was given a ticket")
            client.unwrap()
        equal(persona.next_close("gateway_closed")["resumed"], False, "resumed")


def off_on_one_side(case, **sides):
    near, far = pair(case, Pki(case), Server(case, echo), **sides)
    equal(connect_often(near), [False] * TIMES, "log of the persona that dials")
    equal([far.next_close()["resumed"] for _ in range(TIMES)], [False] * TIMES, "log of the gateway mode")


@case("persona and persona: off on the client")
def pair_client_off(case):
    off_on_one_side(case, persona=OFF)


@case("persona and persona: off on the gateway")
def pair_gateway_off(case):
    off_on_one_side(case, gateway=OFF)


@case("in TLS 1.2 too, in both modes")
def tls12(case):
    for side in ("persona", "gateway"):
        case.folder.joinpath(side).mkdir()
        old = {"persona": {"tls": {"max_version": "1.2"}}}
        off_on_one_side(case, **old | {side: {"tls": {"max_version": "1.2", "resumption": False}}})
    pki = Pki(case)
    persona = Persona(case, config(pki, service=Server(case, echo), **OFF))
    context = pki.client_context(pki.client, "1.2")
    session = None
    for _ in range(TIMES):
        with context.wrap_socket(connect(persona.address), server_hostname=Pki.GATEWAY_NAME, session=session,
                                 suppress_ragged_eofs=False) as client:
            client.sendall(b"hello")
            equal(read_exactly(client, 5), b"hello", "the echo")
            equal((client.session_reused, client.version()), (False, "TLSv1.2"), "session_reused, version")
            session = client.session
            client.unwrap()
    equal({persona.next_close()["resumed"] for _ in range(TIMES)}, {False}, "log of the gateway mode")


main()
