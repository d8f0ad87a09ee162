"""Bulk data both ways through persona and the gateways of others, with each suite of TLS 1.3: every byte arrives."""

import contextlib
import queue
import random
import threading

from harness import servers
from harness.bulk import MIB, Streams, exchange
from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import SANITIZED, case, equal, main
from harness.sockets import TIMEOUT, Server, connect, read_exactly
from harness.tls_peers import GnuTls, OpenSsl

SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
SIZE = (2 if SANITIZED else 16) * MIB


class Accepted:
    """A service that hands out its connections."""

    def __init__(self):
        self._connections = queue.Queue()

    def __call__(self, connection):
        self._connections.put(connection)
        return connection

    def get(self):
        return self._connections.get(timeout=TIMEOUT)


def transfers(case, gateway, suite, far_end, reasons=("gateway_closed",)):
    """`far_end()`: the other end, once the local client has connected. The gateway is told the suite, not persona."""
    persona = Persona(case, config(case.pki, gateway=gateway))
    with connect(persona.address) as client:
        end = far_end()
        exchange(Streams(client), end, SIZE)
        # The far end ends first and alone: of two that end at once, the slower one may be reset.
        end.close()
        with contextlib.suppress(ConnectionResetError):
            equal(client.recv(1), b"", "after the far end has ended")
    line = persona.next_close()
    equal((line["tls_version"], line["cipher_suite"]), ("TLSv1.3", suite), "what was agreed")
    equal((line["bytes_up"], line["bytes_down"]), (SIZE, SIZE), "logged bytes")
    equal(line["reason"] in reasons, True, f"a clean end of {line}")


def openssl_server(case, suite):
    gateway = servers.openssl_server_pipes(case, case.pki, suite)
    transfers(case, gateway, suite, lambda: Streams(gateway.process))


def haproxy(case, suite):
    accepted = Accepted()
    path, _ = servers.unix_server(case, accepted)
    transfers(case, servers.haproxy(case, case.pki, path, suite=suite), suite, lambda: Streams(accepted.get()))


def nginx(case, suite):
    accepted = Accepted()
    path, _ = servers.unix_server(case, accepted)
    # It ends with or without a close_notify.
    transfers(case, servers.nginx(case, case.pki, path, suite=suite), suite, lambda: Streams(accepted.get()),
              reasons=("gateway_closed", "truncated"))


def library(kind):
    def run(case, suite):
        accepted = Accepted()
        transfers(case, Server(case, accepted), suite,
                  lambda: kind(case.pki, accepted.get(), server=True, suite=suite).handshake())
    return run


def gnutls_server(case, suite):
    """It echoes text, in lines."""
    gateway = servers.gnutls_server(case, case.pki, "--priority",
                                    f"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+{GnuTls.CIPHERS[suite]}")
    persona = Persona(case, config(case.pki, gateway=gateway))
    chance = random.Random(3)
    lines = b"".join(chance.randbytes(chance.randrange(1, 60)).hex().encode() + b"\n" for _ in range(SIZE // 1024))
    with connect(persona.address) as client:
        sender = threading.Thread(target=client.sendall, args=(lines,), daemon=True)
        sender.start()
        equal(read_exactly(client, len(lines)) == lines, True, "the echo is what was sent")
        sender.join()
    line = persona.next_close("local_closed")
    equal(line["cipher_suite"], suite, "what was agreed")
    equal((line["bytes_up"], line["bytes_down"]), (len(lines), len(lines)), "logged bytes")


GATEWAYS = {"openssl s_server": openssl_server, "OpenSSL's library": library(OpenSsl), "gnutls-serv": gnutls_server,
            "GnuTLS's library": library(GnuTls), "HAProxy": haproxy, "nginx": nginx}


def define(name, suite):
    @case(f"{name}, {suite}", deadline=100)
    def one(case):
        case.pki = Pki(case)
        GATEWAYS[name](case, suite)


for gateway_name in GATEWAYS:
    for each_suite in SUITES:
        define(gateway_name, each_suite)

main()
