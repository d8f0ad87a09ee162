"""limits.handshakes and limits.per_source: whoever has not proved who they are keeps nobody else out."""

import contextlib
import json
import resource
import ssl

from harness import process
from harness.certificates import Pki
from harness.persona import Persona, config, pair, write_config
from harness.rotation import put
from harness.runner import SANITIZED, case, check, equal, main
from harness.sockets import TIMEOUT, Server, connect, echo, expect_echo, expect_refused, expect_reset, read_exactly, read_to_end

SILENT = 505 if SANITIZED else 10_005
BATCH = 250
SPARE = 1000  # descriptors for all else
# Nobody goes because of the time that others have taken.
PATIENT = {"timeouts": {"handshake": "120s"}}
CROWDED = "the oldest unfinished handshake of the address that has most made room for a new one"
FULL = "this address has that many connections"


def gateway(case, pki, **limits):
    return Persona(case, config(pki, service=Server(case, echo, failing=True), limits=limits, **PATIENT))


def tls_client(pki, connection):
    return pki.client_context(pki.client).wrap_socket(connection, server_hostname=Pki.GATEWAY_NAME,
                                                      suppress_ragged_eofs=False)


def tls_connect(pki, persona, source=None):
    client = tls_client(pki, connect(persona.address, source=source))
    expect_echo(client)
    return client


def strangers(persona, count, source=None):
    """So many that say nothing, in this order."""
    return [connect(persona.address, source=source) for _ in range(count)]


def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False
    finally:
        connection.settimeout(TIMEOUT)


@case("10,000 silent ones from one address, and beside them a good one is served all the time", deadline=200)
def silent_ones(case):
    count = min(SILENT, process.raise_descriptor_limit(SILENT + SPARE) - SPARE)
    check(count >= 500, "the limit of open files leaves no room for this test", count)
    # With fewer than wanted there is less than the default to use up.
    limits = {} if count > 10_000 else {"limits": {"connections": count - 5}}
    print(f"{count} silent connections")
    near, far = pair(case, Pki(case), Server(case, echo), gateway={**PATIENT, **limits})
    good = connect(near.address)
    expect_echo(good)
    silent = []
    while len(silent) < count:
        silent += strangers(far, min(BATCH, count - len(silent)))
        expect_echo(good, b"%d silent ones" % len(silent))
        with connect(near.address) as newcomer:
            expect_echo(newcomer)
    good.close()
    near.wait_closed(len(range(0, count, BATCH)) + 1)
    equal(set(near.closed), {"local_closed"}, "how the good ones ended")
    handshakes = min(4096, limits["limits"]["connections"] if limits else 10_000)
    dropped = count - handshakes
    far.wait_until(lambda: far.closed["limit_reached"] >= dropped, f"{dropped} dropped ones")
    for line in far.find("connection closed", reason="limit_reached"):
        equal(line["error"], f"limits.handshakes of {handshakes} reached: {CROWDED}", "sentence")
    loud = [line for line in far.log if line.get("level") == "warn"]
    check(loud, "no warning tells of it")
    check(len(loud) < 30, f"{len(loud)} warnings about it are too many")
    for each in silent:
        each.close()


@case("when there are as many as may be, the oldest goes")
def oldest_first(case):
    pki = Pki(case)
    persona = gateway(case, pki, handshakes=3)
    verified = tls_connect(pki, persona)
    first, second, third = strangers(persona, 3)
    fourth = connect(persona.address)
    expect_reset(first)
    persona.next_close("limit_reached", error=f"limits.handshakes of 3 reached: {CROWDED}")
    fifth = connect(persona.address)
    expect_reset(second)
    # The others are still there, and may prove who they are; then they are no strangers any more.
    for each in (third, fourth):
        expect_echo(tls_client(pki, each))
    later = strangers(persona, 2)
    check(all(map(is_open, [fifth, *later])), "strangers were dropped though there was room")
    expect_echo(verified, b"still here")


@case("one address with a crowd displaces its own, and not who is about to come in from another one")
def of_the_greatest(case):
    pki = Pki(case)
    persona = gateway(case, pki, handshakes=4)
    patient, = strangers(persona, 1, "127.0.0.2")
    crowd = strangers(persona, 20, "127.0.0.3")
    for each in crowd[:-3]:
        expect_reset(each)
    check(all(map(is_open, [patient, *crowd[-3:]])), "strangers were dropped though there was room")
    expect_echo(tls_client(pki, patient))


@case("those that say hello and no more are dropped like silent ones, at whatever step they are")
def hello_and_no_more(case):
    pki = Pki(case)
    persona = gateway(case, pki, handshakes=20)
    hello = pki.client_hello()
    crowd = []
    for number in range(200):
        crowd.append(connect(persona.address))
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            crowd[-1].sendall(hello[:number * 7 % len(hello)] if number % 2 else hello)
    tls_connect(pki, persona).close()
    persona.wait_until(lambda: persona.closed["limit_reached"] >= 180, "180 dropped ones")
    for each in crowd:
        each.close()
    persona.wait_closed(201)


@case("nobody goes on with change_cipher_spec instead of a handshake")
def change_cipher_spec(case):
    pki = Pki(case)
    persona = gateway(case, pki)
    record, hello = b"\x14\x03\x03\x00\x01\x01", pki.client_hello()
    for sent, sentence in ((record * 100, "it sent change_cipher_spec before its ClientHello"),
                           (hello + record * 100, "it keeps sending records that are no part of a handshake")):
        with connect(persona.address) as client:
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                client.sendall(sent)
                check(b"\x15\x03\x03\x00\x02\x02\x0a" in read_to_end(client)[0] or sent.startswith(hello), "no alert")
            persona.next_close("handshake_failed", error=sentence)


@case("so many connections of one address; others have theirs; its own strangers make room")
def per_source(case):
    pki = Pki(case)
    persona = gateway(case, pki, per_source=2)
    first = tls_connect(pki, persona, "127.0.0.2")
    silent = connect(persona.address, source="127.0.0.2")
    second = tls_connect(pki, persona, "127.0.0.2")
    expect_reset(silent)
    persona.next_close("limit_reached", error="limits.per_source of 2 reached: the oldest unfinished handshake of this "
                                              "address made room for a new one")
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        expect_reset(connect(persona.address, source="127.0.0.2"))
    persona.next_close("limit_reached", error=f"limits.per_source of 2 reached: {FULL}")
    tls_connect(pki, persona, "127.0.0.3").close()
    expect_echo(first, b"still here")
    second.close()
    persona.wait_closed(4)


@case("they make room also when the descriptors run out before the limit is reached")
def descriptors(case):
    pki = Pki(case)
    persona = gateway(case, pki)
    tls_connect(pki, persona).close()
    persona.wait_closed(1)
    few = persona.settled_descriptors() + 25
    resource.prlimit(persona.pid, resource.RLIMIT_NOFILE, (few, few))
    silent = strangers(persona, 60)
    tls_connect(pki, persona).close()
    check(persona.find("connection closed", reason="limit_reached",
                       error=f"no more connections can be accepted: {CROWDED}"), "another sentence")
    for each in silent:
        each.close()
    persona.wait_closed(62)


@case("of the clients of a persona too, which nobody verifies")
def of_local_clients(case):
    pki = Pki(case)
    near, _ = pair(case, pki, Server(case, echo), persona={"limits": {"per_source": 2}})
    clients = [connect(near.address) for _ in range(2)]
    for each in clients:
        expect_echo(each)
    expect_refused(near.address)
    near.next_close("limit_reached", error=f"limits.per_source of 2 reached: {FULL}")
    clients.append(connect(near.address, source="127.0.0.2"))
    for each in clients:
        expect_echo(each)


@case("who is verified when all places are taken is told so by an alert")
def verified_too_late(case):
    pki = Pki(case)
    persona = gateway(case, pki, connections=1)
    late = connect(persona.address)
    first = tls_connect(pki, persona)
    try:
        tls = tls_client(pki, late)
        tls.sendall(b"hello")
        check(False, "was served all the same", read_exactly(tls, 5))
    except ssl.SSLError as error:
        check("INTERNAL_ERROR" in str(error), "no alert", error)
    persona.next_close("limit_reached", error="limits.connections of 1 reached")
    expect_refused(persona.address)
    persona.next_close("limit_reached", error="limits.connections of 1 reached")
    expect_echo(first, b"still here")


@case("a reload changes the limits for all that come")
def reloaded(case):
    pki = Pki(case)
    content = config(pki, service=Server(case, echo, failing=True), limits={"handshakes": 4}, **PATIENT)
    file = write_config(case, content)
    persona = Persona(case, file)
    silent = strangers(persona, 4)
    put(file, json.dumps({**content, "limits": {"handshakes": 2}}).encode())
    persona.wait_log("reloaded")
    silent += strangers(persona, 1)
    for each in silent[:3]:
        expect_reset(each)
    check(all(map(is_open, silent[3:])), "strangers were dropped though there was room")
    persona.wait_closed(3)
    equal(persona.find("connection closed")[-1]["error"], f"limits.handshakes of 2 reached: {CROWDED}", "sentence")
    put(file, json.dumps({**content, "limits": {"handshakes": 9, "per_source": 1}}).encode())
    persona.wait_log("reloaded", count=2)
    last = connect(persona.address)
    for each in silent[3:]:
        expect_reset(each)
    check(is_open(last), "the newest one was dropped")
    check("limits.per_source of 1" in persona.wait_log("connection closed", count=5)["error"], "another sentence")


main()
