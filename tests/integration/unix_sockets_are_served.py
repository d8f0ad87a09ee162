"""Unix sockets to listen on and to forward to."""

import os
import queue
import signal
import socket
import stat

from harness.certificates import Pki
from harness.persona import cli, config, pair, write_config
from harness.runner import case, check, equal, main
from harness.sockets import TIMEOUT, Server, connect, echo, expect_echo, expect_end, expect_refused, read_to_end


def unix_listener(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


@case("from one to another, with a half-close")
def both(case):
    service = case.folder / "service"
    entrance = case.folder / "entrance"
    Server(case, echo, unix_listener(service))
    near, far = pair(case, Pki(case), f"unix:{service}", persona={"listen": f"unix:{entrance}"})
    check(stat.S_ISSOCK(os.stat(entrance).st_mode), "the listening address is a socket")
    with connect(entrance) as client:
        expect_echo(client, b"hello" * 100_000)
        client.shutdown(socket.SHUT_WR)
        expect_end(client)
    line = near.next_close("local_closed")
    check("unix" in line["client"], "the client's address", line)
    check(str(service) in far.next_close()["target"], "the service's address is its path")
    near.stop()
    check(not entrance.exists(), "the socket file is removed at the end")


@case("descriptors that a client passes along are not taken, and nothing else is lost with them")
def descriptors(case):
    received = queue.Queue()

    def serve(connection):
        connection.shutdown(socket.SHUT_WR)  # first: then reading is what may take an early end for the end
        received.put(read_to_end(connection))

    entrance = case.folder / "entrance"
    near, far = pair(case, Pki(case), Server(case, serve), persona={"listen": f"unix:{entrance}"})
    client = connect(entrance)
    equal(read_to_end(client), (b"", "end"), "what the service sent")
    near.signal(signal.SIGSTOP)  # until everything waits, the end included
    with open(os.devnull, "rb") as passed:
        for part in (b"one", b"two", b"three"):
            socket.send_fds(client, [part], [passed.fileno()])
    client.close()
    near.signal(signal.SIGCONT)
    far.next_close("local_closed")
    equal(received.get(timeout=TIMEOUT), (b"onetwothree", "end"), "what the service got")
    near.next_close("gateway_closed")


@case("a socket file that nobody serves any more is replaced")
def stale(case):
    entrance = case.folder / "entrance"
    unix_listener(entrance).close()
    near, _ = pair(case, Pki(case), Server(case, echo), persona={"listen": f"unix:{entrance}"})
    with connect(entrance) as client:
        expect_echo(client)
    near.next_close("local_closed")


@case("a socket file that somebody serves, or another file, is left alone")
def in_use(case):
    pki = Pki(case)
    entrance = case.folder / "entrance"
    with unix_listener(entrance):
        content = config(pki, gateway="127.0.0.1:1", listen=f"unix:{entrance}")
        output = cli("run", "--config", write_config(case, content), expect=2)
        check(str(entrance) in output, "the sentence names the socket", output)
    file = case.folder / "precious"
    file.write_text("content")
    content = config(pki, gateway="127.0.0.1:1", listen=f"unix:{file}")
    cli("run", "--config", write_config(case, content), expect=2)
    equal(file.read_text(), "content", "content of a file that is no socket")


@case("a service socket that is not there fails the dial")
def missing(case):
    near, far = pair(case, Pki(case), f"unix:{case.folder}/nobody")
    expect_refused(near.address, b"hello")
    far.next_close("dial_failed", error=f"{case.folder}/nobody")
    near.next_close()


main()
