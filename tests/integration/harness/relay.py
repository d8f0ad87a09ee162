"""TCP relays: one that passes bytes on, and one between two TLS ends that sees every record, and may pass on another
one."""

import contextlib
import socket
import threading

from .sockets import Server, connect

HANDSHAKE, APPLICATION_DATA = 22, 23  # ContentType of a record: everything protected looks like application data
PRE_SHARED_KEY, PSK_MODES = 41, 45  # ExtensionType, RFC 8446 section 4.2


class Port(Server):
    """A TCP port in front of a server that listens elsewhere, on a Unix socket for instance. It counts who comes."""

    def __init__(self, case, target):
        self._target = target
        super().__init__(case, self._pass_on, failing=True)

    def _pass_on(self, client):
        with connect(self._target) as server:
            other = threading.Thread(target=self._copy, args=(server, client), daemon=True)
            other.start()
            self._copy(client, server)
            other.join()

    @staticmethod
    def _copy(source, sink):
        with contextlib.suppress(OSError):
            while part := source.recv(1 << 16):
                sink.sendall(part)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


class Relay(Server):
    """`alter(way, number, record)` returns what to pass on instead of the number-th record "up" (to `target`) or
    "down"; the default changes nothing. `records` has all that came, as (way, record)."""

    def __init__(self, case, target, alter=None):
        self._target = target
        self._alter = alter or (lambda way, number, record: record)
        self.records = []
        super().__init__(case, self._relay, failing=True)

    def _relay(self, client):
        with connect(self._target) as server:
            other = threading.Thread(target=self._copy, args=(server, client, "down"), daemon=True)
            other.start()
            self._copy(client, server, "up")
            other.join()

    def _copy(self, source, sink, way):
        # Whatever ends one side ends the other: by FIN, or by both sockets being closed.
        with contextlib.suppress(OSError):
            number = 0
            for record in _records(source):
                self.records.append((way, record))
                sink.sendall(self._alter(way, number, record))
                number += 1
            sink.shutdown(socket.SHUT_WR)

    def client_hellos(self):
        """The extensions of every ClientHello that was passed on, by type."""
        return [_extensions(record[5:]) for way, record in self.records if way == "up" and record[0] == HANDSHAKE]


def _records(source):
    received = b""
    while part := source.recv(1 << 16):
        received += part
        while len(received) >= 5 and len(received) >= 5 + int.from_bytes(received[3:5], "big"):
            size = 5 + int.from_bytes(received[3:5], "big")
            yield received[:size]
            received = received[size:]


def _extensions(hello):
    """RFC 8446 section 4.1.2."""
    at = 4 + 2 + 32  # message header, legacy_version, random
    at += 1 + hello[at]  # legacy_session_id
    at += 2 + int.from_bytes(hello[at:at + 2], "big")  # cipher_suites
    at += 1 + hello[at] + 2  # legacy_compression_methods, size of the extensions
    found = {}
    while at < len(hello):
        kind, size = int.from_bytes(hello[at:at + 2], "big"), int.from_bytes(hello[at + 2:at + 4], "big")
        found[kind] = hello[at + 4:at + 4 + size]
        at += 4 + size
    return found
