"""The PROXY protocol, version 2, as its document has it: https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt"""

import socket
import struct

from .runner import check, equal
from .sockets import read_exactly

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
ALPN, TLS, TLS_VERSION, TLS_CN, TLS_CIPHER = 0x01, 0x20, 0x21, 0x22, 0x23
FAMILIES = {0x11: (socket.AF_INET, 4), 0x21: (socket.AF_INET6, 16)}


def _tlvs(data):
    found = {}
    while data:
        kind, size = struct.unpack(">BH", data[:3])
        check(len(data) >= 3 + size, "a TLV that ends too early", data)
        check(kind not in found, "a TLV twice", data)
        found[kind] = data[3:3 + size]
        data = data[3 + size:]
    return found


class Header:
    """What a connection begins with: `source` and `destination` as (host, port), or None; `alpn`; of TLS `client` (bits),
    `verify`, `version`, `cipher`, `common_name`."""

    def __init__(self, connection):
        start = read_exactly(connection, 16)
        equal(start[:12], SIGNATURE, "the signature")
        equal(start[12], 0x21, "version and command")
        body = read_exactly(connection, struct.unpack(">H", start[14:])[0])
        self.source = self.destination = None
        if start[13]:
            family, size = FAMILIES[start[13]]
            source, destination, *ports = struct.unpack(f">{size}s{size}sHH", body[:2 * size + 4])
            self.source = (socket.inet_ntop(family, source), ports[0])
            self.destination = (socket.inet_ntop(family, destination), ports[1])
            body = body[2 * size + 4:]
        found = _tlvs(body)
        self.alpn = found.pop(ALPN, b"").decode()
        tls = found.pop(TLS)
        equal(found, {}, "other TLVs")
        self.client, self.verify = struct.unpack(">BI", tls[:5])
        inner = _tlvs(tls[5:])
        self.version, self.cipher = inner.pop(TLS_VERSION).decode(), inner.pop(TLS_CIPHER).decode()
        self.common_name = inner.pop(TLS_CN, b"").decode()
        equal(inner, {}, "other TLVs of TLS")


def header(source, destination=("198.51.100.1", 443), command=0x21, family=None, tlvs=b""):
    """What a load balancer sends: (host, port) each, of one family."""
    kind = 0x21 if ":" in source[0] else 0x11
    packed = b"".join(socket.inet_pton(FAMILIES[kind][0], one[0]) for one in (source, destination))
    body = packed + struct.pack(">HH", source[1], destination[1]) + tlvs
    return SIGNATURE + struct.pack(">BBH", command, kind if family is None else family, len(body)) + body
