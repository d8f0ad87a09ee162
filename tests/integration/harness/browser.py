"""Chromium without a screen, spoken to in the Chrome DevTools protocol by a pipe: messages in JSON, each ended by a NUL."""

import base64
import itertools
import json
import os
import select
import time

from .process import Process
from .runner import Failure, check, need

_LIMIT = 60  # seconds that an answer may take on a busy machine


class Browser(Process):
    """It resolves no name and has one page, whose console, faults and requests are kept."""

    def __init__(self, case):
        ours, theirs = os.pipe(), os.pipe()  # to it, and from it
        # What dash takes for a descriptor has one digit, so bash. As root there is no sandbox, and no page but ours.
        options = ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-extensions",
                   "--disable-component-update", "--disable-default-apps", "--disable-sync", "--no-pings", "--disable-breakpad",
                   "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-proxy-server",
                   "--disable-features=Translate,OptimizationHints,MediaRouter", f"--user-data-dir={case.folder / 'browser'}"]
        environment = os.environ | {"HOME": str(case.folder), "XDG_RUNTIME_DIR": str(case.folder)}
        environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
        super().__init__(case, "bash", "-c", f'exec "$0" "$@" 3<&{ours[0]} 4>&{theirs[1]}', need("chromium"), *options,
                         name="chromium", pass_fds=[ours[0], theirs[1]], env=environment)
        os.close(ours[0])
        os.close(theirs[1])
        self._to, self._from = ours[1], theirs[0]
        case.defer(self._quit)
        self._part = b""
        self._numbers = itertools.count(1)
        self._session = None
        self.complaints = []  # what the console, the security policy and exceptions say
        self.requests = []  # addresses
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self._call(f"{domain}.enable")

    def open(self, address, width=1280, scheme="light"):
        """Goes to a page as wide, and as light or dark, as is said."""
        self.look(width, scheme)
        self._call("Page.navigate", url=address)
        self._wait(lambda: self.evaluate("document.readyState") == "complete" and
                   self.evaluate("location.href") == address, f"{address} is not loaded")

    def look(self, width, scheme):
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def evaluate(self, expression):
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        check("exceptionDetails" not in answer, "the page's script failed", answer)
        return answer["result"].get("value")

    def wait_for(self, expression):
        """What the expression is, once it is true."""
        return self._wait(lambda: self.evaluate(expression), f"the page never has {expression}")

    def text(self, selector="body"):
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def screenshot(self, path):
        """Of the whole page."""
        size = self._call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        picture = base64.b64decode(self._call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])
        path.write_bytes(picture)
        return picture

    def _wait(self, found, what):
        deadline = time.monotonic() + _LIMIT
        while not (result := found()):
            check(time.monotonic() < deadline, what, self.text()[:3000], self.complaints)
            self._take(0.05)
        return result

    def _call(self, method, **parameters):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data):]
        deadline = time.monotonic() + _LIMIT
        while True:
            for answer in self._take(deadline - time.monotonic()):
                if answer.get("id") == number:
                    check("error" not in answer, f"{method} failed", answer)
                    return answer["result"]
            check(time.monotonic() < deadline, f"chromium does not answer {method}", self.tail())

    def _take(self, timeout):
        """The answers that have come; events are kept."""
        if not select.select([self._from], [], [], max(timeout, 0))[0]:
            return []
        read = os.read(self._from, 1 << 18)
        if not read:
            raise Failure("chromium has ended | " + self.tail())
        *messages, self._part = (self._part + read).split(b"\0")
        messages = [json.loads(message) for message in messages]
        for message in messages:
            self._note(message.get("method", ""), message.get("params", {}))
        return [message for message in messages if "id" in message]

    def _note(self, event, about):
        if event == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        elif event in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Audits.issueAdded"):
            self.complaints.append(about)

    def _quit(self):
        """Asks it, so that its helpers end as well."""
        os.close(self._to)
        os.close(self._from)
        self.wait()
