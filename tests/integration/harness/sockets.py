"""Plain sockets with deadlines, and servers made of a function."""

import contextlib
import pathlib
import socket
import struct
import threading
import time

from .runner import Failure, check

TIMEOUT = 20  # no read or write of a test waits longer


def connect(address, timeout=TIMEOUT, source=None):
    """Connects to a (host, port), from the address `source` if there is one, or to the path of a Unix socket."""
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout, source and (source, 0))
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    connection.connect(str(address))
    return connection


def listen(backlog=128):
    """A listening socket on a port the kernel chose."""
    return listen_at("127.0.0.1", backlog)


def listen_at(host, backlog=128):
    listener = socket.socket()
    listener.bind((host, 0))
    listener.listen(backlog)
    return listener


def listen_on_one_port(hosts):
    """Listening sockets at these addresses, all on the same port."""
    for _ in range(50):
        listeners = [socket.socket() for _ in hosts]
        port = 0
        try:
            for host, listener in zip(hosts, listeners):
                listener.bind((host, port))
                port = listener.getsockname()[1]
        except OSError:  # somebody else's, there
            continue
        for listener in listeners:
            listener.listen()
        return listeners
    raise Failure("no port is free at all addresses")


def reserve_port():
    """A socket that is bound, and the address that only who asks for it by SO_REUSEADDR can listen on meanwhile: for a
    program that is to be restarted on its port, or cannot be handed a socket."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder, holder.getsockname()


def wait_listening(address, timeout=TIMEOUT):
    """Until a program listens there, of those that do not say when they do."""
    host, port = socket.inet_aton(address[0])[::-1].hex().upper(), f"{address[1]:04X}"
    deadline = time.monotonic() + timeout
    while not any(line.split()[1:4:2] == [f"{host}:{port}", "0A"]
                  for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()):
        check(time.monotonic() < deadline, f"nobody listens on {text(address)} after {timeout} s")
        time.sleep(0.01)


def text(address):
    return f"{address[0]}:{address[1]}"


@contextlib.contextmanager
def refused_address():
    """An address that refuses connections: bound, so that nobody else gets it, but not listening."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()


def reset(connection):
    """Closes with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Past the TLS layer, which must not say goodbye.
    socket.socket.close(connection)


def read_exactly(connection, count):
    received = bytearray()
    while len(received) < count:
        part = connection.recv(min(count - len(received), 1 << 18))
        check(part, f"the connection ended after {len(received)} of {count} bytes")
        received += part
    return bytes(received)


def read_to_end(connection):
    """What still comes, and how it ends: "end" or "reset"."""
    received = bytearray()
    try:
        while part := connection.recv(1 << 18):
            received += part
    except (ConnectionResetError, BrokenPipeError):
        return bytes(received), "reset"
    except TimeoutError:
        raise Failure(f"the connection neither ended nor was reset; {len(received)} bytes came") from None
    return bytes(received), "end"


def expect_reset(connection):
    """An abort must not look like a clean end."""
    received, end = read_to_end(connection)
    check(end == "reset", f"the client saw a clean end instead of a reset, after {received[:80]!r}")
    connection.close()


def expect_refused(address, data=b""):
    """Connects, sends, and is reset without an answer, which may be as early as in the connecting."""
    try:
        with connect(address) as connection:
            connection.sendall(data)
            received, end = read_to_end(connection)
    except (ConnectionResetError, BrokenPipeError):
        return
    check(end == "reset", "the client saw a clean end instead of a reset")
    check(not received, f"the client was sent {received[:80]!r}")


def wait_refusing(address, timeout=TIMEOUT):
    """Until nobody listens there any more. The log says "draining" first: what connects in between is reset."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            connect(address).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            pass
        check(time.monotonic() < deadline, "new connections are still accepted")


def expect_end(connection, content=b""):
    received, end = read_to_end(connection)
    check(end == "end", "the client saw a reset instead of a clean end")
    check(received == content, f"expected {content[:80]!r} before the end, got {received[:80]!r}")
    connection.close()


def expect_echo(connection, message=b"hello"):
    connection.sendall(message)
    received = read_exactly(connection, len(message))
    check(received == message, f"sent {message[:80]!r}, got {received[:80]!r} back")


def black_hole(case, host="127.0.0.1", port=0):
    """An address that never answers: a listening socket whose backlog is full drops what comes."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    case.defer(listener.close)
    listener.bind((host, port))
    listener.listen(0)
    for _ in range(10):
        filler = socket.socket(family)
        case.defer(filler.close)
        filler.settimeout(0.3)
        try:
            filler.connect(listener.getsockname())
        except TimeoutError:
            filler.close()  # or the kernel would go on asking
            return listener.getsockname()[:2]
    raise Failure("the backlog of a listening socket did not fill up")


class Server:
    """Calls `serve(connection)` in a thread for every connection. What it raises fails the case when it ends, unless
    the case is about connections that fail, or what it served was stopped because the case ended. It may keep the
    connection open by returning it."""

    def __init__(self, case, serve, listener=None, failing=False):
        self._case = case
        self._serve = serve
        self._failing = failing
        self._listener = listener or listen()
        self.address = self._listener.getsockname()
        self.accepted = 0
        self.errors = []
        self._open = []
        case.defer(self._finish)
        threading.Thread(target=self._accept, daemon=True).start()

    def __str__(self):
        return text(self.address)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            connection.settimeout(TIMEOUT)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            kept = self._serve(connection)
            if kept is None:
                connection.close()
            else:
                self._open.append(kept)
        except Exception as error:
            if not (self._case.ending and isinstance(error, OSError)):
                self.errors.append(error)
            connection.close()

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _finish(self):
        self.stop()
        for connection in self._open:
            connection.close()
        if self.errors and not self._failing:
            raise Failure(f"the server of the test failed: {self.errors[0]!r}")


def echo(connection):
    while part := connection.recv(1 << 18):
        connection.sendall(part)
    connection.shutdown(socket.SHUT_WR)


def hold(connection):
    """Keeps the connection open and never touches it."""
    return connection
