"""What Prometheus itself reads at /metrics: every counter is exact after known traffic, and none goes backward."""

import http.client
import json
import re
import threading
import time
import urllib.parse
import urllib.request

from harness import process
from harness.certificates import Pki
from harness.persona import ANY_PORT, Persona, address_of, config, pair, write_config
from harness.rotation import put
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import Server, connect, echo, expect_echo, expect_refused, read_exactly, refused_address, text

ADMIN = {"admin": {"listen": "127.0.0.1:0"}}
COUNTER = re.compile(r"(_total|_count|_sum|_bucket)(\{|$)")
SIZE = 300_007


def admin_of(persona):
    return address_of(persona.wait_log("answering administrators")["address"])


def scrape(persona):
    host, port = admin_of(persona)
    connection = http.client.HTTPConnection(host, port, timeout=20)
    connection.request("GET", "/metrics")
    answer = connection.getresponse().read().decode()
    connection.close()
    return answer


def samples(text):
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}


class Prometheus(process.Process):
    """Scrapes personas all the time; each is a job of its name."""

    def __init__(self, case, **personas):
        settings = {"global": {"scrape_interval": "2s", "scrape_timeout": "2s"}, "scrape_configs": [
            {"job_name": name, "static_configs": [{"targets": [text(admin_of(persona))]}]} for name, persona in personas.items()]}
        path = case.folder / "prometheus.yml"
        path.write_text(json.dumps(settings))  # JSON is YAML
        process.run("promtool", "check", "config", path)
        super().__init__(case, "prometheus", f"--config.file={path}", f"--storage.tsdb.path={case.folder / 'tsdb'}",
                         "--web.listen-address=127.0.0.1:0")
        found = re.search(r"address=(\S+)", self.wait_line('msg="Listening on"', timeout=60))
        self._address = found.group(1)

    def ask(self, query):
        """The samples of an instant query: their labels and values."""
        url = f"http://{self._address}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(url, timeout=20) as answer:
            result = json.load(answer)["data"]["result"]
        return [(one["metric"], float(one["value"][1])) for one in result]

    def scraped_since(self, job, moment, timeout=60):
        """Waits for a scrape that began after `moment`."""
        deadline = time.monotonic() + timeout
        while not any(when > moment for _, when in self.ask(f'timestamp(up{{job="{job}"}} == 1)')):
            check(time.monotonic() < deadline, f"Prometheus scrapes nothing from {job}", self.tail())
            threading.Event().wait(0.1)

    def by(self, label, query):
        """Values by one label, without those that are 0."""
        return {labels[label]: value for labels, value in self.ask(query) if value}


def exchange(persona, size=SIZE):
    """A connection to an echo, so many bytes each way, until it has ended."""
    before = persona.closed.total()
    with connect(persona.address) as client:
        sender = threading.Thread(target=client.sendall, args=(b"x" * size,), daemon=True)
        sender.start()
        read_exactly(client, size)
        sender.join(20)
    persona.wait_closed(before + 1)


@case("after known traffic every counter is exact, at both ends of a tunnel", deadline=120)
def exact(case):
    pki = Pki(case)
    near, far = pair(case, pki, Server(case, echo), persona=ADMIN, gateway=ADMIN)
    prometheus = Prometheus(case, near=near, far=far)
    for _ in range(4):
        exchange(near)
    far.wait_closed(4)
    live = connect(near.address)
    expect_echo(live, b"counted while it is open")
    stranger = pki.other_ca.issue("stranger")
    refused = Persona(case, {**config(pki, gateway=far), "identity": stranger.config()}, "refused")
    expect_refused(refused.address)
    far.wait_closed(5)
    now = time.time()
    for job, mode in (("near", "persona"), ("far", "gateway")):
        prometheus.scraped_since(job, now)
        service = f'job="{job}",service="{mode}"'
        ends = prometheus.by("reason", f"persona_connections_total{{{service}}}")
        equal(ends, {"local_closed": 4} if job == "near" else {"gateway_closed": 4, "verify_failed": 1}, f"ends, {job}")
        equal(prometheus.by("direction", f"persona_bytes_total{{{service}}}"),
              {"up": 4 * SIZE + 24, "down": 4 * SIZE + 24}, f"bytes, {job}")
        equal(prometheus.by("resumed", f"persona_handshake_duration_seconds_count{{{service}}}"),
              {"false": 1, "true": 4}, f"handshakes, {job}")
        equal([value for _, value in prometheus.ask(f"persona_connect_duration_seconds_count{{{service}}}")], [5], f"connects, {job}")
        check(0 < prometheus.ask(f"sum(persona_handshake_duration_seconds_sum{{{service}}})")[0][1] < 60, "seconds")
        check(prometheus.ask(f"histogram_quantile(0.5, persona_handshake_duration_seconds_bucket{{{service},resumed='true'}})")[0][1] <= 10,
              "no histogram that Prometheus understands")
        equal(prometheus.by("address", f"persona_gateway_up{{{service}}}").popitem()[1], 1, f"the address, {job}")
        equal([value for _, value in prometheus.ask(f"persona_connections_active{{{service}}}")], [1], f"open, {job}")
    equal(prometheus.by("reason", 'persona_handshake_failures_total{job="far"}'), {"untrusted_issuer": 1}, "whom the gateway refused")
    equal(prometheus.by("reason", 'persona_handshake_failures_total{job="near"}'), {}, "failures of the other")
    lines = "\n".join(prometheus.lines)
    check("Error on ingesting" not in lines and "append failed" not in lines, "Prometheus complains", lines)
    live.close()


@case("failures are counted by reason, look-ups by result, addresses by whether they are good")
def failures(case):
    pki = Pki(case)
    expired = pki.ca.issue("expired", [Pki.GATEWAY_NAME], expired=True)
    bad = tls_gateway(case, pki.server_context(expired), failing=True)

    def hang_up(connection):
        connection.recv(1 << 16)

    mute = Server(case, hang_up, failing=True)
    good = tls_gateway(case, pki.server_context())
    with refused_address() as closed:
        persona = Persona(case, config(pki, gateway=[text(closed), bad, mute, str(good).replace("127.0.0.1", "localhost")], **ADMIN))
        before = samples(scrape(persona))
        with connect(persona.address) as client:
            expect_echo(client)
        persona.next_close("local_closed")
        after = samples(scrape(persona))
    changed = {name: value - before[name] for name, value in after.items()
               if name in before and value != before[name] and name.startswith("persona_") and "duration" not in name}
    of = 'service="service",'
    groups = {name: changed.pop(name) for name in list(changed) if name.startswith("persona_key_exchanges_total{")}
    equal(list(groups.values()), [1], "key exchanges, of whatever group Python's OpenSSL prefers")
    equal({name: value for name, value in changed.items() if "gateway_up" not in name},
          {f'persona_connections_total{{{of}reason="local_closed"}}': 1,
           f'persona_bytes_total{{{of}direction="up"}}': 5, f'persona_bytes_total{{{of}direction="down"}}': 5,
           f'persona_handshake_failures_total{{{of}reason="expired"}}': 1,
           f'persona_handshake_failures_total{{{of}reason="handshake_failed"}}': 1,
           f'persona_lookups_total{{{of}result="found"}}': 1}, "what has changed")
    health = [value for name, value in after.items() if name.startswith("persona_gateway_up{")]
    equal(sorted(health), [0, 0, 0, 1], "addresses that are good")
    since = [value for name, value in after.items() if name.startswith("persona_gateway_last_failure_timestamp_seconds{")]
    check(len(since) == 3 and all(abs(value - time.time()) < 60 for value in since), "when they failed", since)


@case("a gateway that refuses us is counted, whether it says so in the handshake or after it")
def refused(case):
    pki = Pki(case)
    for version in ("1.2", "1.3"):
        gateway = tls_gateway(case, pki.server_context(ca=pki.other_ca, version=version), failing=True)
        persona = Persona(case, config(pki, gateway=gateway, **ADMIN), f"tls{version[-1]}")
        expect_refused(persona.address, b"hello")
        persona.next_close("client_certificate_refused")
        of = f'service="tls{version[-1]}",'
        values = samples(scrape(persona))
        equal(values[f'persona_handshake_failures_total{{{of}reason="client_certificate_refused"}}'], 1, version)
        equal(values[f'persona_connections_total{{{of}reason="client_certificate_refused"}}'], 1, version)


@case("promtool finds nothing to mend, in both modes; refusals count as well; of the process it is true")
def well_made(case):
    pki = Pki(case)
    near, far = pair(case, pki, Server(case, echo), persona={**ADMIN, "access": {"allow": ["192.0.2.1"]}}, gateway=ADMIN)
    expect_refused(near.address)
    near.wait_closed(1)
    for persona in (near, far):
        scrape(persona)  # the first client brings a descriptor that stays
        descriptors = None if process.RUNNER else persona.settled_descriptors()
        text = scrape(persona)
        equal(process.run("promtool", "check", "metrics", input=text.encode()), "", "promtool check metrics")
        values = samples(text)
        check(len(values) < 150, "too many series of one service", len(values))
        equal(values["persona_log_lines_dropped_total"], 0, "lines")
        if not process.RUNNER:
            equal(values["process_open_fds"], descriptors + 1, "descriptors, with the scrape's")
            check(abs(values["process_resident_memory_bytes"] / 1024 - persona.resident_kib()) < 4096, "resident memory", values)
            check(values["process_max_fds"] > values["process_open_fds"], "limit of descriptors")
        check(abs(values["process_start_time_seconds"] - time.time()) < 120, "start", values)
        check(values["process_cpu_seconds_total"] > 0, "processor time")
    equal(samples(scrape(near))['persona_connections_total{service="persona",reason="access_denied"}'], 1, "who was refused")


@case("no counter goes backward over a reload of everything, with traffic", deadline=120)
def reloads(case):
    pki = Pki(case)
    gateways = [tls_gateway(case, pki.server_context()) for _ in range(2)]
    content = config(pki, gateway=gateways[0], **ADMIN, **ANY_PORT)
    file = write_config(case, content)
    persona = Persona(case, file)
    before = {}
    for number in range(6):
        exchange(persona, 1000)
        values = {name: value for name, value in samples(scrape(persona)).items() if COUNTER.search(name)}
        check(before.keys() <= values.keys(), "series are gone", before.keys() - values.keys())
        fallen = [name for name, value in before.items() if values[name] < value]
        equal(fallen, [], "counters that went backward")
        before = values
        content["gateway"]["address"] = [str(gateways[(number + 1) % 2])]
        content["tls"] = {"resumption": number % 2 == 0}
        put(file, json.dumps(content).encode())
        persona.wait_log("reloaded", count=number + 1)
    equal(before['persona_bytes_total{service="service",direction="up"}'], 6000, "bytes over all")
    equal(before['persona_connections_total{service="service",reason="local_closed"}'], 6, "connections over all")


main()
