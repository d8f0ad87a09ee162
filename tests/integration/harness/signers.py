"""Whoever has the private key, OpenSSL takes what it signs: in both roles and versions of TLS, by each algorithm of each key."""

import subprocess

from harness.certificates import KEY_KINDS, Pki
from harness.persona import config
from harness.process import Process
from harness.servers import openssl_server
from harness.sockets import Server, connect, echo, read_exactly, text

# By kind of key: version, what OpenSSL asks for, and what it says of the signature.
WAYS = {"RSA-2048": [("1.2", "RSA+SHA256", "RSA"), ("1.2", "rsa_pss_rsae_sha256", "RSA-PSS"),
                     ("1.3", "rsa_pss_rsae_sha256", "RSA-PSS"), ("1.3", "rsa_pss_rsae_sha512", "RSA-PSS")],
        "P-256": [("1.2", "ECDSA+SHA256", "ECDSA"), ("1.2", "ECDSA+SHA384:ECDSA+SHA256", "ECDSA"),
                  ("1.3", "ECDSA+SHA256", "ECDSA")],
        "P-384": [("1.2", "ECDSA+SHA384", "ECDSA"), ("1.3", "ECDSA+SHA384", "ECDSA")],
        "P-521": [("1.3", "ECDSA+SHA512", "ECDSA")]}


def credentials_of_each_kind(pki, one_key=False):
    """By kind: a client's and a gateway's. `one_key`: they share it."""
    made = {}
    for kind in WAYS:
        key = KEY_KINDS[kind]()
        made[kind] = (pki.ca.issue(f"client-{kind}", key=key),
                      pki.ca.issue(f"gateway-{kind}", [Pki.GATEWAY_NAME], key=key if one_key else KEY_KINDS[kind]()))
    return made


def openssl_takes_all(case, pki, start):
    """start(kind, is_gateway, content, name): a persona with that content and the identity of that kind."""
    service = Server(case, echo, failing=True)
    for kind, ways in WAYS.items():
        far = start(kind, True, config(pki, service=service), f"far-{kind}")
        for at, (version, algorithm, words) in enumerate(ways):
            option = f"-tls{version.replace('.', '_')}"
            # The authority's own signature on certificates has to be let in as well.
            allowed = algorithm if kind == "P-256" else f"{algorithm}:ECDSA+SHA256"
            server = openssl_server(case, pki, "-Verify", "1", "-verify_return_error", option, "-client_sigalgs", allowed)
            near = start(kind, False, config(pki, gateway=server), f"{kind}-{at}")
            with connect(near.address) as connection:
                connection.sendall(b"hello\n")
                assert read_exactly(connection, 6) == b"olleh\n"
            server.process.wait_line(f"Signature type: {words}")
            server.process.wait_line(f"Peer certificate: CN = client-{kind}")
            near.stop()
            server.process.kill()
            peer = Process(case, "openssl", "s_client", "-connect", text(far.address), "-CAfile", pki.ca.certificate, "-cert",
                           pki.client.certificate, "-key", pki.client.key, "-servername", Pki.GATEWAY_NAME, "-verify_hostname",
                           Pki.GATEWAY_NAME, "-verify_return_error", "-brief", option, "-sigalgs", allowed,
                           stdin=subprocess.PIPE)
            peer.wait_line(f"Signature type: {words}")
            peer.say("hello\n")
            peer.wait_line("hello")
            peer.kill()
        far.stop()
