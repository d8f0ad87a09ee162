"""TLS 1.3 ends made of the libraries themselves, OpenSSL and GnuTLS, by ctypes: what their command line tools and
Python's ssl module cannot be told in the middle of bulk data (KeyUpdate), or do not say (what came)."""

import collections
import ctypes
import hashlib
import random
import select
import ssl
import time

from .bulk import CHUNKS
from .certificates import Pki
from .runner import Failure, check
from .sockets import TIMEOUT

KEY_UPDATE, NEW_SESSION_TICKET = 24, 4  # HandshakeType, RFC 8446 section 4
_VOID = ctypes.c_void_p


def _library(name):
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        raise Failure(f"{name} is not there: run scripts/setup --tests ({error})") from None


class TlsPeer:
    """One TLS 1.3 connection over a connected socket, used by one thread. It presents its certificate and requires a
    valid one of the other side."""

    def __init__(self, connection):
        self._socket = connection
        connection.setblocking(False)
        self._poll = select.poll()
        self.received = collections.Counter()  # handshake messages after the handshake, by type
        self.key_updates = 0  # that we sent
        self._open = False

    # What a library provides. Those that would block return None.
    def _handshake(self): ...
    def _read(self, size): ...
    def _write(self, view): ...
    def _key_update(self, request): ...
    def _shutdown(self): ...

    def _until(self, step, what):
        while (result := step()) is None:
            self._wait(what, write=True)
        return result

    def _wait(self, what, write):
        self._poll.register(self._socket, select.POLLIN | (select.POLLOUT if write else 0))
        check(self._poll.poll(TIMEOUT * 1000), f"{what}: nothing moved for {TIMEOUT} s")

    def handshake(self):
        deadline = time.monotonic() + TIMEOUT
        while self._handshake() is None:
            # Only to read: a flight of ours fits the kernel's buffer.
            self._wait("handshake", write=False)
            check(time.monotonic() < deadline, "the handshake takes too long")
        self._open = True
        return self

    def sendall(self, data):
        left = memoryview(data)
        while left:
            left = left[self._until(lambda: self._write(left), "sending"):]

    def update_keys(self):
        """Sends a KeyUpdate that asks for none."""
        self._until(lambda: self._key_update(request=False), "KeyUpdate")

    def recv(self, size):
        """b"" after close_notify."""
        while (part := self._read(size)) is None:
            self._wait("receiving", write=False)
        return part

    def close_notify(self):
        self._shutdown()

    def close(self):
        """With close_notify."""
        self._shutdown()
        self._socket.close()

    def transfer(self, outgoing, count, updates=0, request=False):
        """Sends and receives at once. `updates`: so many KeyUpdates are spread over what is sent; with `request` the
        other side is asked for one each time, and nothing more is sent until it has come."""
        left = memoryview(outgoing)
        points = [len(left) - len(left) * (number + 1) // (updates + 1) for number in range(updates)]
        answers = self.received[KEY_UPDATE]
        digest, received = hashlib.sha256(), 0
        chance = random.Random(len(outgoing))
        piece = b""  # what would block is to be tried again as it was
        while left or received < count or points or self.received[KEY_UPDATE] < answers:
            moved = False
            if received < count and (part := self._read(count - received)) is not None:
                check(part, f"close_notify after {received} of {count} bytes")
                digest.update(part)
                received += len(part)
                moved = True
            elif received == count and self.received[KEY_UPDATE] < answers:
                check(self._read(1) is None, "more came than was to come")
            can_send = self.received[KEY_UPDATE] >= answers
            if can_send and points and len(left) == points[0]:
                points.pop(0)
                self._until(lambda: self._key_update(request), "KeyUpdate")
                self.key_updates += 1
                answers += request
                moved = True
            elif can_send and left:
                piece = piece or left[:min(chance.choice(CHUNKS), len(left) - (points[0] if points else 0))]
                if (sent := self._write(piece)) is not None:
                    left = left[sent:]
                    piece = b""
                    moved = True
            if not moved:
                self._wait("bulk", write=can_send and bool(left))
        return digest.hexdigest()


class OpenSsl(TlsPeer):
    _VERIFY_PEER, _FAIL_IF_NONE, _PEM = 1, 2, 1
    _WANT_READ, _WANT_WRITE, _ZERO_RETURN = 2, 3, 6
    _CTRL_MODE, _PARTIAL_WRITE, _MOVING_BUFFER = 33, 1, 2
    _CTRL_SERVER_NAME, _CTRL_MIN_VERSION, _TLS13 = 55, 123, 0x0304
    _MESSAGE = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_uint8),
                                ctypes.c_size_t, _VOID, _VOID)

    def __init__(self, pki, connection, server, suite=None):
        super().__init__(connection)
        self._lib = lib = _library("libssl.so.3")
        for name in ("TLS_server_method", "TLS_client_method", "SSL_CTX_new", "SSL_new"):
            getattr(lib, name).restype = _VOID
        credential = pki.gateway if server else pki.client
        context = _VOID(lib.SSL_CTX_new(_VOID(lib.TLS_server_method() if server else lib.TLS_client_method())))
        self._must(lib.SSL_CTX_use_certificate_chain_file(context, bytes(credential.certificate)))
        self._must(lib.SSL_CTX_use_PrivateKey_file(context, bytes(credential.key), self._PEM))
        self._must(lib.SSL_CTX_load_verify_locations(context, bytes(pki.ca.certificate), None))
        lib.SSL_CTX_set_verify(context, self._VERIFY_PEER | self._FAIL_IF_NONE, None)
        self._must(lib.SSL_CTX_ctrl(context, self._CTRL_MIN_VERSION, ctypes.c_long(self._TLS13), None))
        lib.SSL_CTX_ctrl(context, self._CTRL_MODE, ctypes.c_long(self._PARTIAL_WRITE | self._MOVING_BUFFER), None)
        if suite:
            self._must(lib.SSL_CTX_set_ciphersuites(context, suite.encode()))
        self._ssl = _VOID(lib.SSL_new(context))
        lib.SSL_CTX_free(context)
        self._note = self._MESSAGE(self._noted)  # kept: OpenSSL does not
        lib.SSL_set_msg_callback(self._ssl, self._note)
        self._must(lib.SSL_set_fd(self._ssl, connection.fileno()))
        if server:
            lib.SSL_set_accept_state(self._ssl)
        else:
            self._must(lib.SSL_ctrl(self._ssl, self._CTRL_SERVER_NAME, ctypes.c_long(0), Pki.GATEWAY_NAME.encode()))
            self._must(lib.SSL_set1_host(self._ssl, Pki.GATEWAY_NAME.encode()))
            lib.SSL_set_connect_state(self._ssl)

    def __del__(self):
        if ssl := self.__dict__.pop("_ssl", None):
            self._lib.SSL_free(ssl)

    def _must(self, result):
        check(result == 1, "OpenSSL refused a setting", self._words())

    def _words(self):
        crypto = _library("libcrypto.so.3")
        crypto.ERR_get_error.restype = ctypes.c_ulong
        words = ctypes.create_string_buffer(256)
        crypto.ERR_error_string_n(ctypes.c_ulong(crypto.ERR_get_error()), words, ctypes.c_size_t(len(words)))
        return words.value.decode()

    def _noted(self, sent, _version, content_type, message, size, _ssl, _argument):
        if self._open and not sent and content_type == 22 and size:
            self.received[message[0]] += 1

    def _tried(self, result, what):
        """True, or None when it would block."""
        if result == 1:
            return True
        error = self._lib.SSL_get_error(self._ssl, result)
        if error in (self._WANT_READ, self._WANT_WRITE):
            return None
        if error == self._ZERO_RETURN:
            return False
        raise Failure(f"OpenSSL: {what} failed: {self._words()} (SSL_get_error {error})")

    def _handshake(self):
        return self._tried(self._lib.SSL_do_handshake(self._ssl), "handshake")

    def _read(self, size):
        buffer, count = ctypes.create_string_buffer(min(size, 1 << 16)), ctypes.c_size_t()
        done = self._tried(self._lib.SSL_read_ex(self._ssl, buffer, ctypes.c_size_t(len(buffer)), ctypes.byref(count)),
                           "reading")
        return done and ctypes.string_at(buffer, count.value) if done is not False else b""

    def _write(self, view):
        count = ctypes.c_size_t()
        done = self._tried(self._lib.SSL_write_ex(self._ssl, bytes(view), ctypes.c_size_t(len(view)),
                                                  ctypes.byref(count)), "writing")
        return count.value if done else done

    def _key_update(self, request):
        if self._lib.SSL_get_key_update_type(self._ssl) < 0:  # none is under way
            self._must(self._lib.SSL_key_update(self._ssl, int(request)))
        return self._tried(self._lib.SSL_do_handshake(self._ssl), "KeyUpdate")

    def _shutdown(self):
        self._lib.SSL_shutdown(self._ssl)


class GnuTls(TlsPeer):
    _SERVER, _CLIENT, _NONBLOCK = 1, 2, 8
    _CERTIFICATE, _PEM, _REQUIRE, _NAME_DNS, _UPDATE_PEER, _SHUT_WR = 1, 1, 2, 1, 1, 1
    _AGAIN, _INTERRUPTED = -28, -52
    # GnuTLS ends a session that sends it more KeyUpdates than this in a second (lib/tls13/key_update.c).
    MOST_REQUESTS = 8
    CIPHERS = {"TLS_AES_128_GCM_SHA256": "AES-128-GCM", "TLS_AES_256_GCM_SHA384": "AES-256-GCM",
                "TLS_CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305"}

    def __init__(self, pki, connection, server, suite=None):
        super().__init__(connection)
        self._lib = lib = _library("libgnutls.so.30")
        lib.gnutls_strerror.restype = ctypes.c_char_p
        lib.gnutls_record_send.restype = lib.gnutls_record_recv.restype = ctypes.c_ssize_t
        credential = pki.gateway if server else pki.client
        self._credentials, self._session = _VOID(), _VOID()
        self._must(lib.gnutls_certificate_allocate_credentials(ctypes.byref(self._credentials)))
        self._must(lib.gnutls_certificate_set_x509_key_file(self._credentials, bytes(credential.certificate),
                                                            bytes(credential.key), self._PEM))
        self._must(lib.gnutls_certificate_set_x509_trust_file(self._credentials, bytes(pki.ca.certificate), self._PEM))
        self._must(lib.gnutls_init(ctypes.byref(self._session),
                                   (self._SERVER if server else self._CLIENT) | self._NONBLOCK))
        ciphers = f":-CIPHER-ALL:+{self.CIPHERS[suite]}" if suite else ""
        self._must(lib.gnutls_priority_set_direct(self._session, f"NORMAL:-VERS-ALL:+VERS-TLS1.3{ciphers}".encode(),
                                                  None))
        self._must(lib.gnutls_credentials_set(self._session, self._CERTIFICATE, self._credentials))
        self._name = name = None if server else Pki.GATEWAY_NAME.encode()  # kept: GnuTLS does not copy it
        lib.gnutls_session_set_verify_cert(self._session, name, 0)
        if server:
            lib.gnutls_certificate_server_set_request(self._session, self._REQUIRE)
        else:
            self._must(lib.gnutls_server_name_set(self._session, self._NAME_DNS, name, ctypes.c_size_t(len(name))))
        lib.gnutls_transport_set_int2(self._session, connection.fileno(), connection.fileno())
        self._pending = False  # GnuTLS has taken a record and not yet sent it
        self._receiving_iv = None

    def __del__(self):
        if session := self.__dict__.pop("_session", None):
            self._lib.gnutls_deinit(session)
            self._lib.gnutls_certificate_free_credentials(self._credentials)

    def _words(self, code):
        return self._lib.gnutls_strerror(int(code)).decode()

    def _must(self, code):
        check(code >= 0, "GnuTLS refused a setting", self._words(code))

    def _look_for_new_keys(self):
        """GnuTLS calls nobody when a KeyUpdate comes, but shows the present keys."""
        iv = (ctypes.c_void_p * 2)()  # gnutls_datum_t: where, and how much
        self._must(self._lib.gnutls_record_get_state(self._session, 1, None, iv, None, None))
        present = ctypes.string_at(iv[0], ctypes.c_uint(iv[1]).value)
        if self._receiving_iv not in (None, present):
            self.received[KEY_UPDATE] += 1
        self._receiving_iv = present

    def _tried(self, result, what):
        if result >= 0:
            return result
        if result in (self._AGAIN, self._INTERRUPTED):
            return None
        raise Failure(f"GnuTLS: {what} failed: {self._words(result)}")

    def _handshake(self):
        done = self._tried(self._lib.gnutls_handshake(self._session), "handshake")
        if done is not None:
            self._look_for_new_keys()
        return done

    def _read(self, size):
        buffer = ctypes.create_string_buffer(min(size, 1 << 16))
        count = self._tried(self._lib.gnutls_record_recv(self._session, buffer, ctypes.c_size_t(len(buffer))),
                            "reading")
        self._look_for_new_keys()
        return None if count is None else ctypes.string_at(buffer, count)

    def _write(self, view):
        # After "again" it wants to be called without data, and says then how much it has sent.
        data = (None, ctypes.c_size_t(0)) if self._pending else (bytes(view), ctypes.c_size_t(len(view)))
        count = self._tried(self._lib.gnutls_record_send(self._session, *data), "writing")
        self._pending = count is None
        return count

    def _key_update(self, request):
        return self._tried(self._lib.gnutls_session_key_update(self._session, self._UPDATE_PEER if request else 0),
                           "KeyUpdate")

    def _shutdown(self):
        self._lib.gnutls_bye(self._session, self._SHUT_WR)


class PythonSsl(TlsPeer):
    """Python's ssl module in the same way, for clients."""

    def __init__(self, pki, connection, server, suite=None):
        check(not server and not suite, "Python's ssl cannot be told a suite of TLS 1.3, and is used as a client only")
        super().__init__(pki.client_context(pki.client, "1.3").wrap_socket(
            connection, server_hostname=Pki.GATEWAY_NAME, do_handshake_on_connect=False, suppress_ragged_eofs=False))

    @staticmethod
    def _tried(step, *arguments):
        try:
            return step(*arguments)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None

    def _handshake(self):
        return self._tried(lambda: self._socket.do_handshake() or True)

    def _read(self, size):
        return self._tried(self._socket.recv, min(size, 1 << 16))

    def _write(self, view):
        return self._tried(self._socket.send, view)

    def _shutdown(self):
        self._tried(self._socket.unwrap)


LIBRARIES = {"OpenSSL": OpenSsl, "GnuTLS": GnuTls}
