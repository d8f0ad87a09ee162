"""The page at / of the admin endpoint, in headless Chromium: what it shows of a persona with real traffic and failures, and
of answers as they may become; that it loads, runs and asks nothing but its own; light and dark, at a desk and on a phone."""

import http.client
import http.server
import json
import os
import re
import shutil
import threading
import time

from harness.browser import Browser
from harness.certificates import Pki
from harness.persona import Persona, address_of, config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, refused_address, text

HOSTILE = "CN=<script>document.title='taken'</script><img src=x onerror=alert(1)>\"'&amp; \u202egnp.exe " + "x" * 300
DAY = 86_400
# How far it is from what is read to what is behind it, WCAG 2.2 section 1.4.3.
CONTRAST = """(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((all, c, i) => all + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => { for (; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if (channels(colour).length === 3 || channels(colour)[3] === 1) { return colour; } } return 'rgb(255, 255, 255)'; };
  return [...document.querySelectorAll('body *')].filter((node) => node.checkVisibility() &&
      [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())).map((node) => {
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), node.outerHTML.slice(0, 80)];
  }).filter(([ratio]) => ratio < 4.5);
})()"""


def admin_of(persona):
    return address_of(persona.wait_log("answering administrators")["address"])


def fetched(address):
    connection = http.client.HTTPConnection(*address, timeout=20)
    connection.request("GET", "/")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


class Stub:
    """Serves the page as persona does, head included, and what a test wants its other answers to be: path -> text or None."""

    def __init__(self, case, page, answers):
        head, body = page
        stub = self
        self.answers = answers

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                content = body if self.path == "/" else stub.answers.get(self.path)
                self.send_response(200 if content is not None else 404)
                for name, value in head.getheaders() if self.path == "/" else []:
                    if name not in ("Content-Length", "Connection"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content.encode() if isinstance(content, str) else content or b"")

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        case.defer(self.stop)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def persona_of(case, pki, **more):
    return Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()), admin={"listen": "127.0.0.1:0"}, **more))


def canned():
    """What a persona with all that the page can show would answer."""
    now = int(time.time())
    failure = {"at": now - 130, "reason": "verify_failed", "error": "the gateway's certificate expired 3 days ago: renew it",
               "client": "127.0.0.1:50122", "target": "db.example.com:5433"}
    certificates = [("leaf", "CN=client", 200), ("ca", HOSTILE, 12), ("gateway", "CN=gateway", 3), ("crl", "CN=Test CA", -2)]
    first = {"name": "pg", "mode": "persona", "connections": 3, "restart_needed": ["threads"],
             "reload": {"successful": False, "success_at": now, "error": "pg.yaml:3:1: unknown key 'gatway'"},
             "certificates": [{"role": role, "name": name, "not_after": now + days * DAY + 600, "days_left": days}
                              for role, name, days in certificates],
             "targets": [{"address": "db.example.com:5433", "via": "http://proxy:3128", "resting": True, "failed_at": now - 130},
                         {"address": "other.example.com:5433", "resting": False, "failed_at": None}],
             "failures": [failure, failure, failure | {"at": now - 5000, "reason": HOSTILE, "error": HOSTILE}]}
    second = {"name": HOSTILE, "mode": "gateway", "connections": 0, "reload": {"successful": True, "success_at": now, "error": ""},
              "certificates": [], "targets": [], "failures": []}
    session = {"id": "1a-1", "service": "pg", "client": "127.0.0.1:50123", "target": "127.0.0.1:5433", "peer": "CN=gateway",
               "cipher": "TLS_AES_128_GCM_SHA256", "version": "TLSv1.3", "group": "x25519mlkem768",
               "state": "open", "age_ms": 3_723_000, "bytes_up": 1234,
               "bytes_down": 56_789_012}
    sessions = [session, session | {"id": "1a-2", "peer": HOSTILE, "client": "10.1.2.3:4", "age_ms": 90_061_000},
                session | {"id": "1a-3", "peer": None, "cipher": None, "version": None, "group": None, "target": "", "state": "connecting",
                           "client": "10.9.9.9:9", "age_ms": 40, "bytes_up": 0, "bytes_down": 0}]
    return {"/status": {"version": "9.8.7", "draining": False, "ready": False, "not_ready": ["no gateway of pg was reached for 60 s"],
                        "services": [first, second]},
            "/sessions": {"now": now, "sessions": sessions, "more": 2}}


def metrics(count):
    return ('# TYPE persona_bytes_total counter\n'
            f'persona_bytes_total{{service="pg",direction="up"}} {1000 * count}\n'
            f'persona_bytes_total{{service="pg",direction="down"}} {50_000 * count}\n'
            f'persona_connections_total{{service="pg",reason="local_closed"}} {20 * count}\n'
            f'persona_connections_total{{service="pg",reason="dial_failed"}} {20 * count}\n')


def expect_own_requests_only(browser, address):
    equal({request for request in browser.requests if not request.startswith("data:")} -
          {f"{address}{path}" for path in ("", "status", "sessions", "metrics")}, set(), "requests to elsewhere")


def expect_fits_and_is_read(browser, case, name):
    """At both widths, in both schemes; pictures of that."""
    pictures = {}
    for width in (1280, 360):
        for scheme in ("light", "dark"):
            browser.look(width, scheme)
            equal(browser.evaluate("innerWidth"), width, "width")
            check(browser.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), f"{width} px are too few", scheme)
            equal(browser.evaluate(CONTRAST), [], f"what cannot be read well at {width} px, {scheme}")
            path = case.folder / f"{name}-{width}-{scheme}.png"
            pictures[width, scheme] = browser.screenshot(path)
            if folder := os.environ.get("PERSONA_PICTURES"):  # where who changes the page wants to see them
                shutil.copy(path, folder)
    grounds = {}
    for scheme in ("light", "dark"):
        browser.look(1280, scheme)
        grounds[scheme] = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    check(grounds["light"] != grounds["dark"], "dark is as light", grounds)
    equal(len(set(pictures.values())), 4, "different pictures")


@case("a real persona: its service, certificates, gateways and version; nothing else is loaded, nothing complained of", deadline=120)
def real(case):
    pki = Pki(case)
    with refused_address() as bad:
        gateway = tls_gateway(case, pki.server_context())
        persona = Persona(case, config(pki, gateway=[text(bad), gateway], admin={"listen": "127.0.0.1:0"}, name="till"))
        address = f"http://{text(admin_of(persona))}/"
        with connect(persona.address) as client:
            expect_echo(client)
            browser = Browser(case)
            browser.open(address)
            equal(browser.wait_for("document.querySelector('article h3')?.innerText"), "till", "service")
            equal(browser.wait_for("document.querySelectorAll('#sessions tbody tr').length"), 1, "live connections")
            shown = browser.text()
            for words in ("1 connection now", f"to {text(bad)}", f"to {gateway}", "no failure", "CN=client", "89 days",
                          "our certificate", "CN=Test CA", "364 days", "CN=gateway"):
                check(words in shown, f"{words!r} is not shown", shown)
            marks = browser.evaluate("[...document.querySelectorAll('.targets .mark')].map((mark) => mark.innerText)")
            check(re.fullmatch(r"failed \d+ s ago(, rests)?", marks[0]) and marks[1] == "no failure", "how the addresses are", marks)
            equal(browser.text("#state"), "ready", "state")
            expect_fits_and_is_read(browser, case, "real")
        browser.wait_for("document.body.innerText.includes('0 connections now')")
        browser.requests = [each for each in browser.requests if each != "about:blank"]
        expect_own_requests_only(browser, address)
        equal(browser.complaints, [], "complaints")


@case("a persona that can no longer be reached: since when, and what was seen last stays")
def gone(case):
    persona = persona_of(case, Pki(case))
    address = f"http://{text(admin_of(persona))}/"
    browser = Browser(case)
    browser.open(address)
    browser.wait_for("document.querySelector('article h3')?.innerText")
    check(not browser.evaluate("document.getElementById('unreachable').checkVisibility()"), "a banner while it can be reached")
    persona.stop()
    browser.wait_for("document.getElementById('unreachable').checkVisibility() && /seen [1-9]\\d* s ago/.test(document.body.innerText)")
    equal((browser.text("#state"), browser.text("article h3")), ("not reached", "service"), "state")


@case("everything that it can show: connections, rates, failures with what to do, days left in words", deadline=120)
def everything(case):
    stub = Stub(case, fetched(admin_of(persona_of(case, Pki(case)))), {"/metrics": metrics(1)})
    stub.answers |= {path: json.dumps(answer) for path, answer in canned().items()}
    browser = Browser(case)
    browser.open(stub.address)
    for count in range(2, 6):
        drawn = browser.evaluate("document.querySelectorAll('svg path')[0]?.getAttribute('d').length ?? -1")
        stub.answers["/metrics"] = metrics(count * count)
        browser.wait_for(f"document.querySelectorAll('svg path')[0]?.getAttribute('d').length > {drawn}")
    equal(browser.evaluate("document.querySelectorAll('#services article:first-child svg').length"), 3, "sparklines")
    browser.wait_for("/From clients\\s+[\\d.]+ k?B\\/s/.test(document.body.innerText)")
    shown = browser.text()
    for words in ("9.8.7", "not ready", "no gateway of pg was reached for 60 s", "3 connections now", "to db.example.com:5433 by http://proxy:3128",
                  "pg.yaml:3:1: unknown key 'gatway'", "A restart is needed for what has changed in threads.",
                  "3 days: renew it now", "12 days: renew it soon", "200 days", "expired 1 d 23 h ago", "revocation list",
                  "2 times lately", "the gateway's certificate expired 3 days ago: renew it", "persona doctor --config FILE explains it.",
                  "1 h 2 min", "1 d 1 h", "56.8 MB", "TLSv1.3 TLS_AES_128_GCM_SHA256 x25519mlkem768", "connecting", "not verified", "2 more are not shown"):
        check(words in shown, f"{words!r} is not shown", shown)
    equal(browser.evaluate("document.querySelectorAll('#sessions tbody tr').length"), 3, "connections")
    expect_fits_and_is_read(browser, case, "everything")
    # Names of peers are text, in full, and what would turn the text around is written out.
    check(HOSTILE.replace("\u202e", "\\u{202e}") in browser.evaluate("document.querySelector('#sessions').textContent"), "a name", shown)
    equal(browser.evaluate("document.querySelectorAll('body img, main script').length"), 0, "elements made of names")
    equal(browser.evaluate("document.title"), "not ready – persona", "title")
    # The list is sorted and filtered at once.
    browser.evaluate("(() => { find = (id) => document.getElementById(id); find('order').value = 'oldest'; "
                     "find('order').dispatchEvent(new Event('input')); })()")
    check("10.1.2.3:4" in browser.text("#sessions tbody tr"), "the oldest is not the first", browser.text("#sessions"))
    browser.evaluate("find('filter').value = '10.9.'; find('filter').dispatchEvent(new Event('input'))")
    equal(browser.evaluate("document.querySelectorAll('#sessions tbody tr').length"), 1, "filtered")
    browser.requests = [each for each in browser.requests if each != "about:blank"]
    expect_own_requests_only(browser, stub.address)
    equal(browser.complaints, [], "complaints")


@case("its policy lets no other script run, no style apply and no other host be asked, and no markup be made of text")
def policy(case):
    address = admin_of(persona_of(case, Pki(case)))
    answer, body = fetched(address)
    equal([answer.getheader(name) for name in ("Content-Type", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control")],
          ["text/html; charset=utf-8", "nosniff", "no-referrer", "no-store"], "head")
    for words in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "connect-src 'self'"):
        check(words in answer.getheader("Content-Security-Policy"), f"the policy lacks {words}", answer.getheaders())
    check(b"http://" not in body.replace(b"http://www.w3.org/2000/svg", b"") and b"https://" not in body, "it names another host")
    browser = Browser(case)
    browser.open(f"http://{text(address)}/")
    browser.wait_for("document.querySelector('article h3')?.innerText")
    equal(browser.evaluate("""(() => { const one = document.createElement('p');
        try { one.innerHTML = '<b>x</b>'; return 'made'; } catch (error) { return error.name; } })()"""), "TypeError", "markup")
    equal(browser.evaluate(f"fetch('http://127.0.0.1:{address[1] ^ 1}/').then(() => 'asked', () => 'refused')"), "refused", "a host")
    browser.evaluate("document.body.append(Object.assign(document.createElement('style'), {textContent: 'h1 { color: #010203; }'}))")
    check(browser.evaluate("getComputedStyle(document.querySelector('h1')).color") != "rgb(1, 2, 3)", "a style applies")


main()
