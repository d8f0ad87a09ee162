"""Bulk data both ways from the clients of others through persona's gateway mode, with each suite of TLS 1.3: every byte
arrives."""

import queue
import socket

from harness.bulk import MIB, Streams, exchange
from harness.certificates import Pki
from harness.persona import Persona, config
from harness.process import Pipes
from harness.runner import SANITIZED, case, equal, main
from harness.sockets import TIMEOUT, Server, connect
from harness.tls_peers import GnuTls, OpenSsl, PythonSsl

SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
SIZE = (2 if SANITIZED else 16) * MIB
SLOW = {"gnutls-cli": MIB}  # it takes a second for each


def openssl_client(case, pki, address, suite):
    return Streams(Pipes(
        case, "openssl", "s_client", "-connect", f"{address[0]}:{address[1]}", "-CAfile", pki.ca.certificate, "-cert",
        pki.client.certificate, "-key", pki.client.key, "-servername", Pki.GATEWAY_NAME, "-verify_hostname",
        Pki.GATEWAY_NAME, "-verify_return_error", "-ciphersuites", suite, "-quiet"))


def gnutls_client(case, pki, address, suite):
    return Streams(Pipes(
        case, "gnutls-cli", "--x509cafile", pki.ca.certificate, "--x509certfile", pki.client.certificate,
        "--x509keyfile", pki.client.key, "--sni-hostname", Pki.GATEWAY_NAME, "--verify-hostname", Pki.GATEWAY_NAME,
        "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+{GnuTls.CIPHERS[suite]}", "--logfile", "/dev/null",
        "--port", address[1], address[0]))


def library(kind):
    def run(_, pki, address, suite):
        return kind(pki, connect(address), server=False, suite=suite).handshake()
    return run


def python_client(_, pki, address, suite):
    return PythonSsl(pki, connect(address), server=False).handshake()


CLIENTS = {"openssl s_client": openssl_client, "OpenSSL's library": library(OpenSsl), "gnutls-cli": gnutls_client,
           "GnuTLS's library": library(GnuTls), "Python's ssl": python_client}


def define(name, suite):
    @case(f"{name}, {suite}", deadline=100)
    def one(case):
        pki = Pki(case)
        accepted = queue.Queue()

        def serve(connection):
            accepted.put(connection)
            return connection

        # Python's ssl cannot be told the suite; the others are told, and persona is not.
        more = {"tls": {"ciphers": [suite]}} if name == "Python's ssl" else {}
        persona = Persona(case, config(pki, service=Server(case, serve), **more))
        end = CLIENTS[name](case, pki, persona.address, suite)
        service = accepted.get(timeout=TIMEOUT)
        size = SLOW.get(name, SIZE)
        exchange(end, Streams(service), size)
        service.shutdown(socket.SHUT_WR)
        end.close()  # the programs end by themselves
        line = persona.next_close()
        equal((line["tls_version"], line["cipher_suite"], line["peer"]), ("TLSv1.3", suite, "CN=client"), "agreed")
        equal((line["bytes_up"], line["bytes_down"]), (size, size), "logged bytes")


for client_name in CLIENTS:
    for each_suite in SUITES:
        define(client_name, each_suite)

main()
