"""What systemd hears of a service: a socket of sd_notify(3)."""

import socket
import time

from .runner import Failure, check


class NotifySocket:
    """Datagrams are kept in the order in which they came."""

    def __init__(self, case, abstract=False):
        self.address = str(case.folder / "notify")
        if abstract:
            self.address = "@" + self.address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:] if abstract else self.address)
        case.defer(self._socket.close)
        self.told = []  # each datagram, as a dict

    def variables(self, watchdog=None):
        """Of the environment; `watchdog` in seconds."""
        return {"NOTIFY_SOCKET": self.address} | ({"WATCHDOG_USEC": str(int(watchdog * 1e6))} if watchdog else {})

    def next(self, timeout=20):
        self._socket.settimeout(timeout)
        try:
            text = self._socket.recv(65536).decode()
        except TimeoutError:
            raise Failure(f"systemd was told nothing within {timeout} s | {self.told[-5:]}") from None
        message = dict(line.split("=", 1) for line in text.split("\n"))
        self.told.append(message)
        return message

    def wait(self, *names, timeout=20):
        """The next datagram that has all of these; others are passed over."""
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            check(left > 0, f"systemd was not told {names} within {timeout} s", self.told[-5:])
            message = self.next(left)
            if all(name in message for name in names):
                return message

    def drain(self):
        """What has come by now."""
        self._socket.setblocking(False)
        messages = []
        try:
            while True:
                messages.append(self.next(timeout=0))
        except BlockingIOError:
            return messages
