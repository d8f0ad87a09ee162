"""Handshake messages that are longer than a record, or come in pieces: certificate chains and lists of CAs as some authorities
make them, in both versions and both modes; and what happens beyond the most that is accepted."""

from harness import servers
from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.runner import case, check, equal, main
from harness.sockets import Server, connect, echo, expect_echo, expect_refused, read_exactly

VERSIONS = ("1.2", "1.3")
KIB = 1024
SIZES = (20 * KIB, 64 * KIB, 95 * KIB)  # OpenSSL takes 100 KiB


def padded(case, credential, stem, size):
    """This credential with so many bytes of certificates behind its own, that belong to nobody."""
    return credential.followed_by(case.folder / f"{stem}-{size}.crt", size)


def expect_echo_through(persona):
    with connect(persona.address) as client:
        expect_echo(client)


@case("a gateway's long chain, and ours", deadline=120)
def long_chains_of_gateways(case):
    pki = Pki(case)
    for version in VERSIONS:
        for size in SIZES:
            theirs, ours = padded(case, pki.gateway, "gateway", size), padded(case, pki.client, "client", size)
            for gateway, client in ((theirs, pki.client), (pki.gateway, ours), (theirs, ours)):
                context = pki.server_context(gateway, version=version)
                persona = Persona(case, {**config(pki, gateway=servers.tls_gateway(case, context)),
                                         "identity": client.config()})
                expect_echo_through(persona)
                equal(persona.next_close("local_closed")["tls_version"], f"TLSv{version}", "version")


@case("a client's long chain, and ours", deadline=120)
def long_chains_of_clients(case):
    pki = Pki(case)
    for size in SIZES:
        theirs, ours = padded(case, pki.client, "client", size), padded(case, pki.gateway, "gateway", size)
        persona = Persona(case, {**config(pki, service=Server(case, echo)), "identity": ours.config()})
        for version in VERSIONS:
            context = pki.client_context(theirs, version)
            with context.wrap_socket(connect(persona.address), server_hostname=Pki.GATEWAY_NAME) as client:
                expect_echo(client)
                client.unwrap()
            equal(persona.next_close("gateway_closed")["peer"], "CN=client", f"TLS {version}, {size} bytes")


@case("a gateway's long list of CAs", deadline=120)
def long_list_of_authorities(case):
    pki = Pki(case)
    for count, version in ((103, "1.2"), (103, "1.3"), (380, "1.2"), (380, "1.3")):  # 17 KB, and nearly 64
        bundle = pki.authorities_with_long_names(case.folder / f"authorities-{count}-{version}.crt", count)
        gateway = servers.openssl_server(case, pki, "-CAfile", bundle, "-Verify", "1", "-verify_return_error",
                                         f"-tls{version.replace('.', '_')}")
        persona = Persona(case, config(pki, gateway=gateway))
        with connect(persona.address) as client:
            client.sendall(b"abc\n")
            equal(read_exactly(client, 4), b"cba\n", f"the answer, after {count} CAs in TLS {version}")
        persona.next_close("local_closed")


@case("a gateway's chain beyond the most that is accepted is told in words", deadline=60)
def too_long_for_us(case):
    pki = Pki(case)
    theirs = padded(case, pki.gateway, "gateway", 140 * KIB)
    for version in VERSIONS:
        context = pki.server_context(theirs, version=version)
        persona = Persona(case, config(pki, gateway=servers.tls_gateway(case, context, failing=True)))
        expect_refused(persona.address, b"secret")
        persona.next_close("handshake_failed", error="a handshake message of the gateway is longer than 128 KiB")


@case("a chain of ours that no peer would take is refused before it is used")
def too_long_for_others(case):
    pki = Pki(case)
    ours = padded(case, pki.client, "client", 110 * KIB)
    content = {**config(pki, gateway="127.0.0.1:1"), "identity": ours.config()}
    said = cli("check", "--config", write_config(case, content), expect=2)
    check("more than peers accept (100 KiB)" in said, "the sentence", said)


main()
