"""Random bytes both ways at once between two ends of a tunnel, compared by SHA-256. An end is anything with

    transfer(outgoing, count)   the digest of the `count` bytes that came meanwhile
    close()
"""

import hashlib
import random
import threading

from .runner import Failure, equal

MIB = 1 << 20
# Around the edges of records and of buffers, and nothing that divides anything.
CHUNKS = [1, 7, 1_461, 16_383, 16_384, 16_385, 65_521, 262_147]


class Streams:
    """A socket, or the pipes of a process. Not for Python's ssl: two threads use it at once."""

    def __init__(self, connection):
        self._connection = connection

    def close(self):
        self._connection.close()

    def transfer(self, outgoing, count):
        failures = []

        def sending():
            try:
                chance = random.Random(len(outgoing))
                left = memoryview(outgoing)
                while left:
                    size = chance.choice(CHUNKS)
                    self._connection.sendall(left[:size])
                    left = left[size:]
            except Exception as error:
                failures.append(error)

        sender = threading.Thread(target=sending, daemon=True)
        sender.start()
        digest = hashlib.sha256()
        received = 0
        while received < count:
            part = self._connection.recv(min(count - received, 1 << 18))
            if not part:
                raise Failure(f"the stream ended after {received} of {count} bytes {failures or ''}")
            digest.update(part)
            received += len(part)
        sender.join()
        if failures:
            raise failures[0]
        return digest.hexdigest()


def exchange(near, far, count, timeout=100):
    """`count` random bytes each way at once; what one end sent must be what the other got."""
    up, down = random.Random(1).randbytes(count), random.Random(2).randbytes(count)
    received = {}

    def run(name, end, outgoing):
        try:
            received[name] = end.transfer(outgoing, count)
        except Exception as error:
            received[name] = error

    ends = [threading.Thread(target=run, args=args, daemon=True) for args in (("down", near, up), ("up", far, down))]
    for each in ends:
        each.start()
    for each in ends:
        each.join(timeout)
    for name, data in (("up", up), ("down", down)):
        if isinstance(received.get(name), Exception):
            raise Failure(f"the transfer {name} failed: {received[name]}") from received[name]
        equal(received.get(name), hashlib.sha256(data).hexdigest(), f"SHA-256 of {count} bytes {name}")
