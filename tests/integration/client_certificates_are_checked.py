"""The gateway mode's door: clients.certificate required, optional and none, against openssl and Python clients."""

import pathlib
import ssl
import sys

from harness import process
from harness.certificates import Pki, end_of
from harness.persona import Persona, config
from harness.rotation import serial
from harness.runner import Failure, case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, expect_refused, read_exactly, refused_address, reset, text

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from chains.issue import make_key  # noqa: E402

VERSIONS = ("1.2", "1.3")


class Door:
    """A persona gateway in front of an echo service."""

    def __init__(self, case, certificate="required"):
        self.pki = Pki(case)
        self.service = Server(case, echo)
        self.persona = Persona(case, config(self.pki, service=self.service, clients={"certificate": certificate}))

    def connect(self, credential, version):
        context = self.pki.client_context(credential, version)
        return context.wrap_socket(connect(self.persona.address), server_hostname=Pki.GATEWAY_NAME,
                                   suppress_ragged_eofs=False)

    def lets_in(self, credential, version, peer):
        client = self.connect(credential, version)
        client.sendall(b"hello")
        equal(read_exactly(client, 5), b"hello", "the echo")
        client.unwrap()
        line = self.persona.next_close("gateway_closed")
        equal((line["tls_version"], line.get("peer")), (f"TLSv{version}", peer), "what the log says of the client")
        equal((line["bytes_up"], line["bytes_down"]), (5, 5), "logged bytes")

    def refuses(self, credential, version, sentence):
        before = self.service.accepted
        try:
            # In TLS 1.3 the client's handshake is done before the refusal comes.
            client = self.connect(credential, version)
            client.sendall(b"secret")
            answer = client.recv(100)
            raise Failure(f"the client was not refused; it read {answer!r}")
        except (ssl.SSLError, ConnectionResetError, BrokenPipeError) as refusal:
            check(not isinstance(refusal, ssl.SSLEOFError), "refused without an alert", refusal)
        self.persona.next_close("verify_failed", error=sentence)
        equal(self.service.accepted, before, "connections to the service for a client that was refused")


@case("required: a certificate of our CA is let in")
def required_good(case):
    door = Door(case)
    for version in VERSIONS:
        door.lets_in(door.pki.client, version, "CN=client")


def identified(credential):
    return {"peer": "CN=client", "peer_serial": serial(credential), "peer_pin": credential.pin}


def wait_warning(persona, words, **fields):
    """The sentence begins so, and goes on with what to do."""
    persona.wait_until(lambda: [line for line in list(persona.log) if line.get("level") == "warn"
                                and line["message"].startswith(f"{words}; ")
                                and all(line.get(key) == value for key, value in fields.items())], f"a warning {words!r}")


@case("whoever is let in or refused is found again by serial number and pin, in the warning, too")
def found_again(case):
    door = Door(case)
    pki, persona = door.pki, door.persona
    stranger = pki.other_ca.issue("client")
    for count, version in enumerate(VERSIONS, 1):
        door.lets_in(pki.client, version, "CN=client")
        for message in ("connection open", "connection closed"):
            persona.wait_log(message, tls_version=f"TLSv{version}", **identified(pki.client))
        door.refuses(stranger, version, "CN=Other CA, which trust.ca does not contain")
        persona.wait_log("connection closed", count, reason="verify_failed", **identified(stranger))
    wait_warning(persona, "the client's certificate is issued by CN=Other CA, which trust.ca does not contain",
                 **identified(stranger))


@case("a session that is resumed is found again, too, in both modes")
def found_again_when_resumed(case):
    for version in VERSIONS:
        pki = Pki(case)
        gateway = Persona(case, config(pki, service=Server(case, echo)), f"gateway-{version}")
        client = Persona(case, config(pki, gateway=gateway, tls={"max_version": version}), f"client-{version}")
        for resumed in (False, True):
            with connect(client.address) as connection:
                expect_echo(connection)
            gateway.wait_log("connection closed", resumed=resumed, **identified(pki.client))
            client.wait_log("connection closed", resumed=resumed, peer="CN=gateway", peer_serial=serial(pki.gateway),
                            peer_pin=pki.gateway.pin)


@case("a gateway that is refused is found again")
def gateway_found_again(case):
    pki = Pki(case)
    other = pki.ca.issue("other", ["other.test"])
    gateway = tls_gateway(case, pki.server_context(other), failing=True)
    persona = Persona(case, config(pki, gateway=gateway))
    expect_refused(persona.address)
    fields = {"peer": "CN=other", "peer_serial": serial(other), "peer_pin": other.pin}
    persona.wait_log("connection closed", reason="verify_failed", verify_reason="name_mismatch", **fields)
    wait_warning(persona, "name gateway.test is not in the gateway's certificate; it has other.test", **fields)


@case("required: none is refused")
def required_without(case):
    door = Door(case)
    for version in VERSIONS:
        door.refuses(None, version, "the client presented no certificate")


@case("required: one of another CA or an expired one is refused")
def required_bad(case):
    door = Door(case)
    for version in VERSIONS:
        door.refuses(door.pki.other_ca.issue("client"), version,
                     "the client's certificate is issued by CN=Other CA, which trust.ca does not contain")
        door.refuses(door.pki.ca.issue("old", expired=True), version, "client certificate expired 3 days ago")


@case("a client's key that costs too much to use is refused, and the client can read why")
def costly_key(case):
    door = Door(case)
    for authority in (door.pki.ca, door.pki.other_ca):
        credential = authority.issue("client", key=make_key("rsa2048-long", "leaf"))
        sentence = ("a key in the client's chain would take too long to use: CN=client (RSA 2048 with a public exponent "
                    "of 2048 bits)" if authority is door.pki.ca else
                    "the client's certificate is issued by CN=Other CA, which trust.ca does not contain")
        for version in VERSIONS:
            try:
                client = door.connect(credential, version)
                answer = client.recv(100)
                raise Failure(f"the client was not refused; it read {answer!r}")
            except ssl.SSLError as refusal:
                alert = "BAD_CERTIFICATE" if authority is door.pki.ca else "UNKNOWN_CA"
                check(alert in str(refusal.reason), f"refused without the alert {alert}", refusal)
            door.persona.next_close("verify_failed", error=sentence)
    equal(door.service.accepted, 0, "connections to the service for clients that were refused")


@case("optional: none is let in, a good one too, a bad one is refused")
def optional(case):
    door = Door(case, "optional")
    for version in VERSIONS:
        door.lets_in(None, version, None)
        door.lets_in(door.pki.client, version, "CN=client")
        door.refuses(door.pki.other_ca.issue("client"), version, "CN=Other CA, which trust.ca does not contain")


@case("none: nobody is asked")
def none(case):
    door = Door(case, "none")
    for version in VERSIONS:
        door.lets_in(None, version, None)
        door.lets_in(door.pki.other_ca.issue("client"), version, None)


@case("openssl s_client is let in with a certificate and told by an alert without")
def openssl(case):
    door = Door(case)
    arguments = ["s_client", "-connect", str(door.persona), "-CAfile", door.pki.ca.certificate, "-verify_return_error",
                 "-verify_hostname", Pki.GATEWAY_NAME, "-quiet"]
    for version in ("-tls1_2", "-tls1_3"):
        ours = ["-cert", door.pki.client.certificate, "-key", door.pki.client.key]
        # Q at the start of a line ends s_client's side; without it s_client waits for the other side to end.
        process.run("openssl", *arguments, "-no_ign_eof", version, *ours, input=b"Q\n")
        door.persona.next_close("gateway_closed")
        process.run("openssl", *arguments, version, expect=1)
        door.persona.next_close("verify_failed")


@case("plain TCP is told from TLS")
def plaintext(case):
    door = Door(case)
    client = connect(door.persona.address)
    client.sendall(b"GET / HTTP/1.0\r\n\r\n")
    client.settimeout(20)
    try:
        while client.recv(100):
            pass
    except ConnectionResetError:
        pass
    door.persona.next_close("handshake_failed", error="the client speaks HTTP without TLS: this port wants HTTPS")


@case("a client that never finishes its handshake is cut")
def slow(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, service=Server(case, echo), timeouts={"handshake": "300ms"}))
    expect_refused(persona.address)
    persona.next_close("handshake_timeout", error="timeouts.handshake")


@case("a service that is down never looks like a clean end")
def service_down(case):
    pki = Pki(case)
    with refused_address() as address:
        persona = Persona(case, config(pki, service=text(address)))
        for version in VERSIONS:
            client = pki.client_context(pki.client, version).wrap_socket(
                connect(persona.address), server_hostname=Pki.GATEWAY_NAME, suppress_ragged_eofs=False)
            try:
                end = end_of(client)
                check(end != "close_notify", "the client saw a clean end")
            except ssl.SSLError as alert:
                check("ALERT" in alert.reason, "something else than an alert", alert)
            persona.next_close("dial_failed", error=f"cannot connect to {text(address)}: connection refused")


def service_resets_with(case, last_words):
    pki = Pki(case)

    def serve(connection):
        read_exactly(connection, 5)
        connection.sendall(last_words)
        reset(connection)

    persona = Persona(case, config(pki, service=Server(case, serve)))
    # More than once: how much is read before the reset is noticed is a matter of timing.
    for version in VERSIONS * 10:
        client = pki.client_context(pki.client, version).wrap_socket(
            connect(persona.address), server_hostname=Pki.GATEWAY_NAME, suppress_ragged_eofs=False)
        client.sendall(b"hello")
        equal(end_of(client), "reset", "what the TLS client saw")
        persona.next_close("local_reset")


@case("a service that resets resets the client")
def service_resets(case):
    service_resets_with(case, b"")


@case("a service that resets right after data resets the client: half an answer must not look whole")
def service_sends_and_resets(case):
    service_resets_with(case, b"half an answer")


main()
