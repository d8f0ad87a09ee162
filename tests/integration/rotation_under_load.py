"""Certificates, keys and CAs change again and again at both ends while connections come, go and stay: none fails."""

import itertools
import threading

from harness.certificates import Authority, Pki
from harness.persona import Persona, config
from harness.rotation import Live, put, serial
from harness.runner import amount, case, check, equal, main
from harness.sockets import Server, connect, echo, expect_echo

ROTATIONS = amount(200, 60, 15)
SHORT = amount(5000, 1500, 300)
LONG = 20
CLIENTS = 3
BROKEN_EACH = 10  # so many rotations


class Load:
    """Short connections one after the other, long ones in turn, until told to end; every failure counts."""

    def __init__(self, address):
        self._address = address
        self._ending = threading.Event()
        self.short = 0
        self.errors = []
        self._lock = threading.Lock()
        self._long = [connect(address) for _ in range(LONG)]
        self.long_echoes = 0
        self._threads = [threading.Thread(target=self._guarded, args=(each,), daemon=True)
                         for each in [self._stay] + [self._come_and_go] * CLIENTS]
        for thread in self._threads:
            thread.start()

    def _guarded(self, work):
        try:
            for count in itertools.count():
                if self._ending.is_set():
                    return
                work(count)
        except Exception as error:
            self.errors.append(error)

    def _come_and_go(self, count):
        message = b"short %d" % count
        with connect(self._address) as client:
            expect_echo(client, message)
        with self._lock:
            self.short += 1

    def _stay(self, count):
        expect_echo(self._long[count % LONG], b"long %d" % count)
        self.long_echoes += 1
        self._ending.wait(0.01)  # the pace of long connections

    def check(self):
        check(not self.errors, "a connection failed", self.errors[:3])

    def end(self):
        self._ending.set()
        for thread in self._threads:
            thread.join(30)
        self.check()
        for each in self._long:
            expect_echo(each, b"the last words")
            each.close()


class End:
    """One end of the tunnel: its files, and its program's log read further and further."""

    def __init__(self, live, program):
        self.live = live
        self.program = program
        self._read = 0

    def wait(self, what, words):
        """Until the log has a line with these words, behind the last one waited for."""
        def found():
            for at in range(self._read, len(self.program.log)):
                if words(self.program.log[at]):
                    return at + 1
            return None

        self._read = self.program.wait_until(found, what, timeout=60)

    def reloaded(self, credential):
        number = serial(credential)
        self.wait(f"a reload to {number}",
                  lambda line: line.get("message") == "reloaded" and line.get("serial") == number)

    def refused(self):
        self.wait("a refused reload", lambda line: "are refused" in line.get("message", ""))

    def peers(self):
        return {line.get("peer") for line in self.program.find("connection open")}


def break_pair(live, credential, how):
    """What a broken rotation leaves behind."""
    whole = credential.certificate.read_bytes()
    if how == 0:
        put(live.key, credential.key.read_bytes())  # without its certificate
    elif how == 1:
        put(live.certificate, whole[:len(whole) // 2])  # truncated
    else:
        with live.certificate.open("wb") as file:  # half-written, in place
            file.write(whole[:100])


@case(f"{ROTATIONS} rotations of leaf, key and CA during {SHORT} short and {LONG} long connections", deadline=280)
def rotations(case):
    pki = Pki(case)
    authorities = [Authority(case.folder, f"CA {number}") for number in range(ROTATIONS + 2)]

    def trusted(number):
        """The last, the present and the next: the ends do not change at the same moment."""
        return authorities[max(0, number - 1):number + 2]

    def issue(number):
        names = [Pki.GATEWAY_NAME]
        return authorities[number].issue(f"client-{number}"), authorities[number].issue(f"gateway-{number}", names)

    client, gateway = issue(0)
    near_live, far_live = Live(case, client, trusted(0), "near"), Live(case, gateway, trusted(0), "far")
    service = Server(case, echo)
    far = End(far_live, Persona(case, config(pki, service=service, **far_live.config()), "gateway"))
    near = End(near_live, Persona(case, config(pki, gateway=far.program, **near_live.config()), "persona"))
    with connect(near.program.address) as one:
        expect_echo(one)  # with the first certificates
    load = Load(near.program.address)
    for number in range(1, ROTATIONS + 1):
        pair = issue(number)
        if number % BROKEN_EACH == 0:
            for end, credential in zip((near, far), pair):
                break_pair(end.live, credential, number // BROKEN_EACH % 3)
            for end in (near, far):
                end.refused()
        for end, credential in zip((near, far), pair):
            end.live.put(credential, trusted(number))
        for end, credential in zip((near, far), pair):
            end.reloaded(credential)
        # One that comes after both: it must use what is new, on both sides.
        with connect(near.program.address) as one:
            expect_echo(one)
        load.check()
    near.program.wait_until(lambda: load.errors or load.short >= SHORT, f"{SHORT} short connections", timeout=200)
    load.end()
    check(load.long_echoes >= LONG, "the long connections were hardly used", load.long_echoes)
    for end, name in ((near, "gateway"), (far, "client")):
        missing = {f"CN={name}-{number}" for number in range(ROTATIONS + 1)} - end.peers()
        equal(missing, set(), f"certificates of the {name} that no connection has met")
        end.program.wait_closed(load.short + LONG + ROTATIONS + 1)
        equal(set(end.program.closed), {"local_closed" if end is near else "gateway_closed"}, "how connections ended")
    print(f"   {load.short} short connections, {load.long_echoes} echoes on {LONG} long ones", flush=True)


main()
