"""A program that echoes on very many connections at once, in a process of its own for the sake of its descriptors. It
listens on a port the kernel chose, prints it, and ends with its standard input."""

import selectors
import socket
import sys


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    listener.setblocking(False)
    print(listener.getsockname()[1], flush=True)
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                return
            if key.fileobj is listener:
                selector.register(listener.accept()[0], selectors.EVENT_READ)
            else:
                _echo(selector, key.fileobj)


def _echo(selector, connection):
    try:
        part = connection.recv(4096)
        connection.sendall(part)
    except ConnectionError:
        part = b""
    if not part:
        selector.unregister(connection)
        connection.close()


main()
