"""A gateway that cannot prove who it is gets nothing: the reason word, the sentence, and a reset for the client."""

import pathlib
import sys

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, equal, main
from harness.servers import openssl_server, tls_gateway
from harness.sockets import connect, expect_echo, expect_refused, read_exactly

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from chains.issue import make_key  # noqa: E402


def refused(case, pki, credential, sentence):
    """Both versions: TLS 1.3 encrypts the certificate, TLS 1.2 does not."""
    for version in ("1.2", "1.3"):
        received = []

        def serve(connection):
            received.append(connection.recv(100))

        gateway = tls_gateway(case, pki.server_context(credential, version=version), serve, failing=True)
        persona = Persona(case, config(pki, gateway=gateway), f"tls{version}")
        expect_refused(persona.address, b"secret")
        line = persona.next_close("verify_failed", error=sentence)
        equal((line["bytes_up"], line["target"]), (0, str(gateway)), "bytes sent and target")
        equal(persona.find("connection open"), [], "a connection that was refused is never open")
        equal([data for data in received if data], [], "bytes that reached the gateway before it was verified")
        persona.stop()


@case("of another CA")
def wrong_ca(case):
    pki = Pki(case)
    refused(case, pki, pki.other_ca.issue("gateway", [pki.GATEWAY_NAME]),
            "the gateway's certificate is issued by CN=Other CA, which trust.ca does not contain")


@case("expired")
def expired(case):
    pki = Pki(case)
    refused(case, pki, pki.ca.issue("gateway", [pki.GATEWAY_NAME], expired=True),
            "gateway certificate expired 3 days ago")


@case("with a key that costs too much to use")
def costly_key(case):
    pki = Pki(case)
    refused(case, pki, pki.ca.issue("gateway", [pki.GATEWAY_NAME], key=make_key("rsa2048-long", "leaf")),
            "a key in the gateway's chain would take too long to use: CN=gateway (RSA 2048 with a public exponent of")


@case("for another name")
def wrong_name(case):
    pki = Pki(case)
    refused(case, pki, pki.ca.issue("gateway", ["other.test", "third.test"]),
            "name gateway.test is not in the gateway's certificate; it has other.test, third.test")


@case("with the name in the subject only")
def subject_name_only(case):
    pki = Pki(case)
    refused(case, pki, pki.ca.issue(pki.GATEWAY_NAME), "name gateway.test is not in the gateway's certificate")


@case("self-signed")
def self_signed(case):
    pki = Pki(case)
    refused(case, pki, pki.ca.issue("gateway", [pki.GATEWAY_NAME], self_signed=True),
            "the gateway's certificate is self-signed and not in trust.ca: CN=gateway")


@case("openssl s_server with the right certificate is let in")
def accepted(case):
    pki = Pki(case)
    for option in ("-tls1_2", "-tls1_3"):
        gateway = openssl_server(case, pki, "-Verify", "1", "-verify_return_error", option)
        persona = Persona(case, config(pki, gateway=gateway), option.strip("-"))
        client = connect(persona.address)
        client.sendall(b"hello\n")
        equal(read_exactly(client, 6), b"olleh\n", "the line reversed")
        client.close()
        persona.next_close("local_closed")


@case("a gateway that never asks for a client certificate is used")
def no_request(case):
    pki = Pki(case)
    for version in ("1.2", "1.3"):
        gateway = tls_gateway(case, pki.server_context(version=version, client_certificate=False))
        persona = Persona(case, config(pki, gateway=gateway), f"tls{version}")
        with connect(persona.address) as client:
            expect_echo(client)
        persona.next_close("local_closed")


@case("the name defaults to the host of the address")
def default_name(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(pki.ca.issue("numeric", ["127.0.0.1"])))
    persona = Persona(case, config(pki, gateway=gateway) | {"gateway": str(gateway)})
    with connect(persona.address) as client:
        expect_echo(client)


main()
