"""Every kind of key at one end with every kind at the other, in TLS 1.2 and 1.3, in both modes, with OpenSSL's and
GnuTLS's programs at the other end and their defaults, which say what they have seen, and with HAProxy, nginx and stunnel
as gateways. Then who signs how in TLS 1.2, where RSA has two ways to (RFC 8446 section 4.2.3), and the algorithms that a
peer accepts are to be kept to."""

import functools
import json
import re
import signal
import subprocess

from harness import servers
from harness.certificates import KEY_KINDS, Pki
from harness.persona import Persona, address_of, config
from harness.process import Process
from harness.runner import SMALLER, case, check, equal, main
from harness.sockets import Server, connect, echo, expect_refused, read_exactly, text

make_key = functools.cache(lambda kind: KEY_KINDS[kind]())
WORDS = b"a line there, and a line back\n"
VERSIONS = ("1.2", "1.3")
DRAWS = 8  # modes, programs and versions


def pairs(draw):
    """Of a gateway's kind and a client's: all, or a sixth, which is another one with each draw."""
    kinds = list(KEY_KINDS)
    if not SMALLER:
        return [(gateway, client) for gateway in kinds for client in kinds]
    return [(kinds[at], kinds[(at + draw) % len(kinds)]) for at in range(len(kinds))]


class OpenSsl:
    VERSION, PEER, SIGNATURE = (re.compile(pattern) for pattern in (
        r"^Protocol version: TLSv(.*)$", r"^Peer certificate: CN = (.*)$", r"^Signature type: (.*)$"))
    SERVER = (VERSION, PEER, SIGNATURE)
    CLIENT = SERVER
    ALGORITHM = (SIGNATURE, re.compile(r"^Hash used: (.*)$"))
    ANSWER = WORDS.rstrip()[::-1] + b"\n"  # what its server makes of them

    @staticmethod
    def server(case, pki, credential, version, *options):
        return servers.openssl_server(case, pki, "-Verify", "1", "-verify_return_error",
                                      f"-tls{version.replace('.', '_')}", *options, credential=credential)

    @staticmethod
    def client(case, pki, credential, version, address, *options):
        return Process(case, "openssl", "s_client", "-connect", text(address), "-CAfile", pki.ca.certificate, "-cert",
                       credential.certificate, "-key", credential.key, "-servername", Pki.GATEWAY_NAME,
                       "-verify_hostname", Pki.GATEWAY_NAME, "-verify_return_error", "-brief",
                       f"-tls{version.replace('.', '_')}", *options, stdin=subprocess.PIPE)

    @staticmethod
    def end(client):
        client.say("Q\n")


class GnuTls:
    # What the server says of the client's certificate and signature, and the other way round.
    SERVER = tuple(re.compile(pattern) for pattern in (
        r"^- Version: TLS(.*)$", r"^\tSubject: CN=(.*)$", r"^- Client Signature: (.*)$"))
    CLIENT = tuple(re.compile(pattern) for pattern in (
        r"^- Description: \(TLS(.*?)-X\.509\)", r"^ - subject `CN=(.*?)'",
        r"^- Description: \(.*?\)-\(.*?\)-\((.*?)\)"))
    ANSWER = WORDS

    @staticmethod
    def server(case, pki, credential, version):
        return servers.gnutls_server(case, pki, "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}",
                                     credential=credential)

    @staticmethod
    def client(case, pki, credential, version, address):
        return Process(case, "gnutls-cli", "--x509cafile", pki.ca.certificate, "--x509certfile", credential.certificate,
                       "--x509keyfile", credential.key, "--sni-hostname", Pki.GATEWAY_NAME, "--verify-hostname",
                       Pki.GATEWAY_NAME, "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}", "--port", address[1],
                       address[0], stdin=subprocess.PIPE)

    @staticmethod
    def end(client):
        client.close_input()


def look(process, start, patterns):
    """What a program has written since its line number `start`, and what the patterns find there."""
    def found():
        here = [next(filter(None, map(pattern.search, process.lines[start:])), None) for pattern in patterns]
        return all(here) and [match[1] for match in here]

    return process.wait_until(found, f"saying what it saw ({patterns[-1].pattern})")


def check_seen(seen, version, peer, kind, what):
    equal(tuple(seen[:2]), (version, peer), f"{what}: version and certificate that the other end saw")
    check(seen[2].startswith("ECDSA" if kind.startswith("P-") else "RSA"), f"{what}: signature of ours", seen[2])


def check_logged(line, version, peer, family, what):
    equal((line["tls_version"], line["peer"]), (f"TLSv{version}", f"CN={peer}"), f"{what}: version and certificate")
    if version == "1.2":
        check(f"_{family}_" in line["cipher_suite"], f"{what}: suite", line["cipher_suite"])


def family(kind):
    return "ECDSA" if kind.startswith("P-") else "RSA"


class Credentials:
    def __init__(self, case):
        self.pki = Pki(case)
        self.gateway = {kind: self.pki.ca.issue(f"gateway {kind}", [Pki.GATEWAY_NAME], key=make_key(kind))
                        for kind in KEY_KINDS}
        self.client = {kind: self.pki.ca.issue(f"client {kind}", key=make_key(kind)) for kind in KEY_KINDS}


def run_services(case, services, name="services"):
    """One persona with all of these, name: configuration, and the address of each."""
    folder = case.folder / name
    folder.mkdir()
    for service, content in services.items():
        (folder / f"{service}.yaml").write_text(json.dumps(content))
    persona = Persona(case, folder, name)
    return persona, {line["service"]: address_of(line["address"]) for line in persona.listening()}


def talk(address, answer=WORDS):
    with connect(address) as client:
        client.sendall(WORDS)
        equal(read_exactly(client, len(answer)), answer, "what came back")


def converse(library, client):
    """A line to an echo service and back, and a clean end."""
    client.say(WORDS.decode())
    client.wait_line(WORDS.decode().rstrip())
    library.end(client)
    equal(client.wait(), 0, f"exit code of the client{client.tail()}")


def dials(case, library, version, chosen):
    """persona dials; it offers both versions."""
    ends = Credentials(case)
    gateways = {kind: library.server(case, ends.pki, ends.gateway[kind], version) for kind in KEY_KINDS}
    persona, addresses = run_services(case, {
        f"{theirs}--{ours}": {**config(ends.pki, gateway=gateways[theirs]), "identity": ends.client[ours].config()}
        for theirs, ours in chosen})
    for theirs, ours in chosen:
        what = f"gateway {theirs}, ours {ours}"
        start = len(gateways[theirs].process.lines)
        talk(addresses[f"{theirs}--{ours}"], library.ANSWER)
        line = persona.wait_log("connection closed", service=f"{theirs}--{ours}")
        equal(line["reason"], "local_closed", what)
        check_logged(line, version, f"gateway {theirs}", family(theirs), what)
        check_seen(look(gateways[theirs].process, start, library.SERVER), version, f"client {ours}", ours, what)


def accepts(case, library, version, chosen):
    """persona is the gateway; it accepts both versions."""
    ends = Credentials(case)
    service = Server(case, echo)
    persona, addresses = run_services(case, {
        ours: {**config(ends.pki, service=service), "identity": ends.gateway[ours].config()} for ours in KEY_KINDS})
    closed = dict.fromkeys(KEY_KINDS, 0)
    for ours, theirs in chosen:
        what = f"client {theirs}, ours {ours}"
        client = library.client(case, ends.pki, ends.client[theirs], version, addresses[ours])
        converse(library, client)
        closed[ours] += 1
        line = persona.wait_log("connection closed", count=closed[ours], service=ours)
        equal((line["bytes_up"], line["bytes_down"]), (len(WORDS), len(WORDS)), f"{what}: logged bytes")
        check_logged(line, version, f"client {theirs}", family(ours), what)
        check_seen(look(client, 0, library.CLIENT), version, f"gateway {ours}", ours, what)


def define(number, mode, library, version):
    name = {OpenSsl: "openssl", GnuTls: "gnutls"}[library]
    program = {dials: {OpenSsl: "s_server", GnuTls: "serv"}, accepts: {OpenSsl: "s_client", GnuTls: "cli"}}

    @case(f"TLS {version}: {name} {program[mode][library]}", deadline=120)
    def matrix(case):
        chosen = pairs(number)
        mode(case, library, version, chosen)
        every = len(KEY_KINDS) ** 2
        sample = "" if len(chosen) == every else f", a sample: the {DRAWS} cases together have every pair"
        print(f"  {len(chosen)} of {every} pairs of key kinds{sample}", flush=True)


for each_number, (each_mode, each_library, each_version) in enumerate(
        (mode, library, version) for mode in (dials, accepts) for library in (OpenSsl, GnuTls) for version in VERSIONS):
    define(each_number, each_mode, each_library, each_version)

@case("HAProxy, nginx and stunnel as gateways, in both versions", deadline=240)
def other_gateways(case):
    ends = Credentials(case)
    service = servers.unix_server(case, echo, failing=True)[0]
    draw = 0
    for start in (servers.haproxy, servers.nginx, servers.stunnel):
        for version in VERSIONS:
            chosen = pairs(draw)
            draw += 1
            gateways = {kind: start(case, ends.pki, service, tls=version, credential=ends.gateway[kind])
                        for kind in {theirs for theirs, _ in chosen}}
            names = {pair: f"{start.__name__}-{version}-{pair[0]}--{pair[1]}" for pair in chosen}
            persona, addresses = run_services(case, {
                names[pair]: {**config(ends.pki, gateway=gateways[pair[0]]), "identity": ends.client[pair[1]].config()}
                for pair in chosen}, f"{start.__name__}-{version}")
            for theirs, ours in chosen:
                talk(addresses[names[theirs, ours]])
                line = persona.wait_log("connection closed", service=names[theirs, ours])
                # nginx says no goodbye.
                check(line["reason"] in ("local_closed", "truncated"), names[theirs, ours], line)
                check_logged(line, version, f"gateway {theirs}", family(theirs), names[theirs, ours])
                gateways[theirs].process.wait_until(
                    lambda: any(f"CN=client {ours}" in line for line in gateways[theirs].process.lines), "who came")
            persona.stop()
            for gateway in gateways.values():
                gateway.process.signal(signal.SIGTERM)


# Of a TLS 1.2 gateway with RSA: the suite's end, the algorithms it may sign with, those it accepts; our key, and how it
# is to sign: by PKCS#1 v1.5 and with the suite's hash where that is accepted.
GATEWAYS = (
    ("AES128-GCM-SHA256", "RSA-PSS+SHA256", "RSA-PSS+SHA256:RSA+SHA256", "RSA-2048", ("RSA", "SHA256")),
    ("AES256-GCM-SHA384", "RSA-PSS+SHA384", "RSA-PSS+SHA256:RSA+SHA384", "RSA-2048", ("RSA", "SHA384")),
    ("AES256-GCM-SHA384", "RSA-PSS+SHA512", "RSA+SHA256", "RSA-2048", ("RSA", "SHA256")),
    ("AES128-GCM-SHA256", "RSA+SHA256", "RSA-PSS+SHA256", "RSA-3072", ("RSA-PSS", "SHA256")),
    ("AES256-GCM-SHA384", "RSA+SHA384", "RSA-PSS+SHA384", "RSA-4096", ("RSA-PSS", "SHA384")),
    ("AES256-GCM-SHA384", "RSA+SHA512", "RSA-PSS+SHA512:RSA-PSS+SHA256", "RSA-2048", ("RSA-PSS", "SHA512")),
    ("AES256-GCM-SHA384", "RSA+SHA256", "RSA-PSS+SHA512", "RSA-2048", ("RSA-PSS", "SHA512")),
    ("AES128-GCM-SHA256", "RSA+SHA256", "RSA+SHA512", "RSA-3072", ("RSA", "SHA512")),
    ("AES256-GCM-SHA384", "RSA+SHA256", "ECDSA+SHA256", "P-256", ("ECDSA", "SHA256")),
    ("AES128-GCM-SHA256", "RSA+SHA256", "ECDSA+SHA512", "P-256", ("ECDSA", "SHA512")),
    ("AES128-GCM-SHA256", "RSA+SHA256", "ECDSA+SHA384", "P-384", ("ECDSA", "SHA384")),
)


@case("TLS 1.2: gateways that sign with one algorithm, and accept few of ours")
def gateways_that_are_particular(case):
    ends = Credentials(case)
    for suite, signs, accepted, kind, used in GATEWAYS:
        gateway = OpenSsl.server(case, ends.pki, ends.gateway["RSA-2048"], "1.2", "-cipher", f"ECDHE-RSA-{suite}",
                                 "-sigalgs", signs, "-client_sigalgs", accepted)
        persona = Persona(case, {**config(ends.pki, gateway=gateway), "identity": ends.client[kind].config()})
        talk(persona.address, OpenSsl.ANSWER)
        persona.next_close("local_closed")
        equal(tuple(look(gateway.process, 0, OpenSsl.ALGORITHM)), used, f"how {kind} signs for {accepted} ({suite})")


@case("TLS 1.2: a gateway that accepts nothing that our key can do is told of")
def gateway_without_an_algorithm(case):
    ends = Credentials(case)
    for accepted in ("RSA+SHA224", "ECDSA+SHA256"):  # none that can be, and none for this key
        gateway = OpenSsl.server(case, ends.pki, ends.gateway["RSA-2048"], "1.2", "-client_sigalgs", accepted)
        persona = Persona(case, {**config(ends.pki, gateway=gateway), "identity": ends.client["RSA-2048"].config()})
        expect_refused(persona.address, WORDS)
        persona.next_close("handshake_failed",
                           error="the gateway accepts no signature that our key (RSA 2048) can make in TLS 1.2")


# What a client offers, what it signs with itself, and how our RSA key is to sign.
CLIENTS = (
    ("RSA-PSS+SHA256", "RSA-PSS+SHA256", ("RSA-PSS", "SHA256")),
    ("RSA-PSS+SHA384:RSA-PSS+SHA256", "RSA-PSS+SHA384", ("RSA-PSS", "SHA384")),
    ("RSA-PSS+SHA512", "RSA+SHA256", ("RSA-PSS", "SHA512")),
    ("RSA-PSS+SHA256:RSA+SHA384", "RSA+SHA384", ("RSA", "SHA384")),
    ("RSA-PSS+SHA256:RSA-PSS+SHA512", "RSA-PSS+SHA512", ("RSA-PSS", "SHA256")),
    ("RSA+SHA256:RSA+SHA512", "RSA+SHA512", ("RSA", "SHA256")),
)


@case("TLS 1.2: clients that offer few algorithms, and sign with one")
def clients_that_are_particular(case):
    ends = Credentials(case)
    persona = Persona(case, {**config(ends.pki, service=Server(case, echo)),
                             "identity": ends.gateway["RSA-2048"].config()})
    for offered, signs, used in CLIENTS:
        client = OpenSsl.client(case, ends.pki, ends.client["RSA-3072"], "1.2", persona.address, "-sigalgs", offered,
                                "-client_sigalgs", signs)
        converse(OpenSsl, client)
        line = persona.next_close()
        check_logged(line, "1.2", "client RSA-3072", "RSA", f"a client that signs with {signs}")
        equal(tuple(look(client, 0, OpenSsl.ALGORITHM)), used, f"how we sign for {offered}")


main()
