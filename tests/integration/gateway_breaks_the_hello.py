"""A gateway that answers ClientHello with what was not offered gets the alert that RFC 8446 names, and nothing else: no key
exchange is skipped, no group or suite is obeyed that the configuration does not have."""

import os
import queue

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import case, check, equal, main
from harness.sockets import TIMEOUT, Server, expect_refused, read_exactly

CHANGE_CIPHER_SPEC, ALERT = 20, 21
HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, PROTOCOL_VERSION = 40, 47, 70
AES_128_GCM, ECDHE_ECDSA_AES_128_GCM = 0x1301, 0xc02b
X25519, SECP256R1, SECP384R1, SECP521R1, X448, FFDHE2048 = 0x1d, 0x17, 0x18, 0x19, 0x1e, 0x100
# RFC 8446 section 4.1.3: the random that makes a ServerHello a HelloRetryRequest.
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def u16(number):
    return number.to_bytes(2, "big")


def extension(kind, body):
    return u16(kind) + u16(len(body)) + body


def supported_versions(version):
    return extension(43, u16(version))


def key_share(group, share=None):
    """Of a HelloRetryRequest without a share."""
    return extension(51, u16(group) + (b"" if share is None else u16(len(share)) + share))


def session_id(client_hello):
    """What a ServerHello has to repeat: behind the record's and message's header, the version and the random."""
    at = 5 + 4 + 2 + 32
    return client_hello[at + 1:at + 1 + client_hello[at]]


def server_hello(client_hello, version=0x0303, random=None, suite=AES_128_GCM, extensions=b""):
    echoed = session_id(client_hello)
    body = (u16(version) + (random or os.urandom(32)) + bytes([len(echoed)]) + echoed + u16(suite) + b"\0" +
            u16(len(extensions)) + extensions)
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + u16(len(message)) + message


def read_record(connection):
    header = read_exactly(connection, 5)
    return header + read_exactly(connection, int.from_bytes(header[3:], "big"))


def answered_by(case, make, *alerts, tls=None):
    """The gateway answers with make(client_hello) and is sent one of these alerts."""
    seen = queue.Queue()

    def serve(connection):
        connection.sendall(make(read_record(connection)))
        record = read_record(connection)
        if record[0] == CHANGE_CIPHER_SPEC:  # middlebox compatibility
            record = read_record(connection)
        seen.put(record)

    persona = Persona(case, config(Pki(case), gateway=Server(case, serve), **({"tls": tls} if tls else {})))
    expect_refused(persona.address, b"secret")
    line = persona.next_close("handshake_failed", error="gateway")
    equal((line["bytes_up"], line["bytes_down"]), (0, 0), "bytes of a session that never was")
    record = seen.get(timeout=TIMEOUT)
    equal(record[0], ALERT, f"content type of {record[:32].hex()}")
    check(record[5] == 2 and record[6] in alerts, f"expected fatal alert {alerts}", record.hex())


@case("CVE-2026-115490: TLS 1.3 by legacy_version, without supported_versions")
def legacy_version(case):
    answered_by(case, lambda hello: server_hello(hello, version=0x0304), PROTOCOL_VERSION)


@case("legacy_version 0x0304 with a cipher suite of TLS 1.2")
def legacy_version_with_old_suite(case):
    answered_by(case, lambda hello: server_hello(hello, version=0x0304, suite=ECDHE_ECDSA_AES_128_GCM), PROTOCOL_VERSION)


@case("versions that do not exist, or no more")
def odd_versions(case):
    for version in (0x0300, 0x0301, 0x0302, 0x0305, 0x7f1c, 0xfeff):
        answered_by(case, lambda hello, version=version: server_hello(hello, version=version), PROTOCOL_VERSION)


@case("TLS 1.2 with a cipher suite of TLS 1.3")
def suite_of_another_version(case):
    answered_by(case, server_hello, ILLEGAL_PARAMETER, HANDSHAKE_FAILURE)


@case("supported_versions that choose TLS 1.2")
def supported_versions_of_tls12(case):
    answered_by(case, lambda hello: server_hello(hello, extensions=supported_versions(0x0303),
                                                 suite=ECDHE_ECDSA_AES_128_GCM), ILLEGAL_PARAMETER)


@case("CVE-2026-25832: a HelloRetryRequest for a group that was not offered")
def retry_for_another_group(case):
    for group in (SECP521R1, X448, SECP384R1, FFDHE2048, 0xfe30):
        answered_by(case, lambda hello, group=group: server_hello(
            hello, random=RETRY, extensions=supported_versions(0x0304) + key_share(group)), ILLEGAL_PARAMETER,
            tls={"groups": ["x25519", "secp256r1"]})


@case("a HelloRetryRequest for the group that was shared")
def retry_for_the_same_group(case):
    answered_by(case, lambda hello: server_hello(
        hello, random=RETRY, extensions=supported_versions(0x0304) + key_share(X25519)), ILLEGAL_PARAMETER,
        tls={"groups": ["x25519", "secp256r1"]})


@case("a ServerHello with a share of a group that was offered and not shared")
def share_of_another_group(case):
    answered_by(case, lambda hello: server_hello(
        hello, extensions=supported_versions(0x0304) + key_share(SECP256R1, b"\x04" + bytes(64))), ILLEGAL_PARAMETER,
        HANDSHAKE_FAILURE, tls={"groups": ["x25519", "secp256r1"]})


@case("a ServerHello of TLS 1.3 without a key exchange")
def no_key_exchange(case):
    answered_by(case, lambda hello: server_hello(hello, extensions=supported_versions(0x0304)), HANDSHAKE_FAILURE)


@case("a cipher suite that was not offered")
def another_suite(case):
    answered_by(case, lambda hello: server_hello(
        hello, suite=0x1302, extensions=supported_versions(0x0304) + key_share(X25519, bytes(range(1, 33)))),
        ILLEGAL_PARAMETER, tls={"ciphers": ["TLS_AES_128_GCM_SHA256"]})


main()
