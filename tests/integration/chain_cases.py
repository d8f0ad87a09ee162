"""Every case of tests/chains three ways: in memory, presented to persona by a TLS gateway, and to `openssl verify`; and
docs/verification.md tells what came of it (`chain_cases.py --write` writes it anew)."""

import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import ssl
import sys

from harness.certificates import Pki
from harness.persona import Persona, address_of, cli, verify_cases, write_config
from harness.runner import SMALLER, case, check, equal, main, sample
from harness.servers import echo_tls, tls_gateway
from harness.sockets import connect, expect_echo, expect_refused

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from chains import document, openssl  # noqa: E402
from chains.cases import CASES  # noqa: E402
from chains.issue import Certificate  # noqa: E402
from chains.table import PROFILES  # noqa: E402

DOCUMENT = ROOT / "docs" / "verification.md"
WORDS = ["ok", "malformed", "untrusted_issuer", "self_signed", "bad_signature", "too_deep", "revoked", "crl_missing",
         "crl_invalid", "crl_expired", "expired", "not_yet_valid", "weak_signature", "weak_key", "not_a_ca",
         "path_length", "name_constraint", "unsupported_critical_extension", "bad_extension", "key_usage",
         "extended_key_usage", "name_mismatch", "pin_mismatch", "at_start"]


def at_once(function, items):
    """Their results in order; half of the waiting is for other processes."""
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        return list(pool.map(function, items))


def report(problems, done):
    for problem in problems:
        print(f"  {problem}", flush=True)
    check(not problems, f"{len(problems)} of {len(CASES)} cases are not as the table says")
    print(f"  {done}", flush=True)


@case("the table is whole: every reason word at least twice, every difference explained")
def whole(case):
    counts = collections.Counter(each.reason for each in CASES)
    equal(sorted(counts), sorted(WORDS), "reason words")
    equal([word for word, count in counts.items() if count < 2], [], "words that are there once only")
    equal([name for name, count in collections.Counter(each.id for each in CASES).items() if count > 1], [],
          "cases of the same name")
    equal([each.id for each in CASES if document.differs(each) != bool(each.why)], [],
          "cases that differ from OpenSSL and do not say why, or the other way round")
    equal([each.id for each in CASES if bool(each.says) == each.is_good], [], "refusals without a sentence")


def as_limbo(each, profile):
    kind = "DNS" if openssl.name_option(each.name) == "-verify_hostname" else "IP"
    return {"id": each.id, "profile": profile, "trusted_certs": [one.pem for one in each.trust],
            "crls": [one.pem for one in each.crls],
            "peer_certificate": each.serve[0].pem, "untrusted_intermediates": [one.pem for one in each.serve[1:]],
            "expected_peer_name": {"kind": kind, "value": each.name}, "validation_time": None, "max_chain_depth": None,
            "validation_kind": "SERVER", "pins": each.pins, "crl_expired": each.crl_expired}


def judge_in_memory(case, profile):
    path = case.folder / "cases.json"
    path.write_text(json.dumps({"testcases": [as_limbo(each, profile) for each in CASES]}))
    verdicts = {verdict["id"]: verdict for verdict in verify_cases(path)}
    problems = []
    for each in CASES:
        verdict = verdicts[each.id]
        words = [says for reason, says, _ in each.said(profile) if reason == verdict["reason"]]
        expected = {each.odd} if profile == "private" and each.odd else set()
        if not words:
            problems.append(f"{each.id}: expected {each.said(profile)[0]}, got {verdict['reason']}: "
                            f"{verdict['sentence']}")
        elif words[0] not in verdict["sentence"] or bool(words[0]) != bool(verdict["sentence"]):
            problems.append(f"{each.id}: expected the words {words[0]!r}, got {verdict['sentence']!r}")
        elif set(verdict["oddities"]) != expected and verdict["accepted"]:
            problems.append(f"{each.id}: expected the warnings {expected or 'none'}, got {verdict['oddities']}")
        elif profile == "private" and "CA/Browser" in verdict["sentence"]:
            problems.append(f"{each.id}: the CA/Browser Forum is no reason here: {verdict['sentence']}")
    report(problems, f"{len(CASES)} chains, {sum(each.accepted_by(profile) for each in CASES)} of them good")


@case("in memory, trust.profile: public: the verifier's word and sentence", deadline=120)
def in_memory_public(case):
    judge_in_memory(case, "public")


@case("in memory, trust.profile: private: the same, and the warnings", deadline=120)
def in_memory_private(case):
    judge_in_memory(case, "private")


@case("by every provider of public-key primitives the same verdict, in the same words")
def by_every_provider(case):
    path = case.folder / "cases.json"
    path.write_text(json.dumps({"testcases": [as_limbo(each, profile) for profile in PROFILES for each in CASES]}))
    report([f"{one['id']}: {one}, and by mbedTLS {other}"
            for one, other in zip(verify_cases(path), verify_cases(path, "mbedtls"), strict=True) if one != other],
           f"{len(CASES)} chains, by {cli('version').splitlines()[-1]}, and by mbedTLS")


@case("each refusal says what to do")
def advised(case):
    path = case.folder / "cases.json"
    path.write_text(json.dumps({"testcases": [as_limbo(each, "private") for each in CASES]}))
    silent = [verdict for verdict in verify_cases(path)
              if not verdict["accepted"] and verdict["reason"] not in ("malformed", "at_start")
              and "; " not in verdict["sentence"] and ": renew trust.crl" not in verdict["sentence"]]
    report([f"{each['id']}: {each['sentence']}" for each in silent], "what is wrong; what to do")


@case("openssl verify: who is stricter", deadline=120)
def by_openssl(case):
    if SMALLER:
        print("  asked where the release is tested: openssl does not depend on the build")
        return
    for each in CASES:
        openssl.write_files(case.folder, each)
    problems = []
    for each, (verdict, output) in zip(CASES, at_once(lambda one: openssl.verdict(case.folder, one), CASES)):
        if each.openssl not in (verdict, "varies"):
            problems.append(f"{each.id}: OpenSSL was expected to say {each.openssl}, and says {verdict}: "
                            f"{output.strip().splitlines()[-1]}")
    stricter = [each for each in CASES if document.differs(each) and not each.is_good]
    for each in stricter:
        print(f"  stricter: {each.id} ({each.reason}): {each.why}", flush=True)
    report(problems, f"{len(stricter)} chains that OpenSSL accepts and we refuse, "
           f"{sum(document.differs(each) and each.is_good for each in CASES)} the other way round")


def gateway_for(case, each, good, received):
    """A TLS gateway that presents the chain just as it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    chain, key = case.folder / f"{each.id}.chain", case.folder / f"{each.id}.key"
    try:
        context.load_cert_chain(chain, key)
    except ssl.SSLError:
        # OpenSSL sets a leaf whose extensions it cannot read, and then calls that an error, without having looked at
        # the key and the rest of the chain: they come with a sound leaf of the same key, which is then replaced.
        sound = case.folder / f"{each.id}.sound"
        sound.write_text("".join(one.pem for one in [Certificate("CN=sound", key_of=each.serve[0]), *each.serve[1:]]))
        context.load_cert_chain(sound, key)
        with contextlib.suppress(ssl.SSLError):
            context.load_cert_chain(chain, key)

    def serve(connection):
        if good:
            echo_tls(connection)
        elif data := connection.recv(100):
            received.append((each.id, data))

    return tls_gateway(case, context, serve, failing=True)


def config_for(case, pki, each, gateway, profile="public", spare=()):
    """spare: authorities that have nothing to do with it, for a persona that would not start with unusable ones alone."""
    trust = {"ca": [str(case.folder / f"{each.id}.ca"), *map(str, spare)], "profile": profile}
    if each.crls:
        trust |= {"crl": str(case.folder / f"{each.id}.crl"), "crl_expired": each.crl_expired}
    pins = {"pins": each.pins} if each.pins else {}
    return {"listen": "127.0.0.1:0", "gateway": {"address": str(gateway), "server_name": each.name, **pins},
            "identity": pki.client.config(), "trust": trust, "log": {"format": "json"}, "threads": 2}


def try_one(persona, service, address):
    """What is wrong with how persona treats a chain that a gateway presents, or None."""
    each, profile, name = service
    if each.accepted_by(profile):
        try:
            with connect(address) as client:
                expect_echo(client)
        except (AssertionError, OSError) as error:
            line = persona.wait_log("connection closed", service=name)
            return f"{name}: {error}; the log has {line['reason']}: {line.get('error')}"
        line = persona.wait_log("connection closed", service=name)
        odd = each.odd if profile == "private" else ""
        told = [line["verify_warning"] for line in list(persona.log)
                if line.get("service") == name and "verify_warning" in line]
        return None if line["reason"] == "local_closed" and told == [odd] * bool(odd) \
            else f"{name}: closed as {line}, with the warnings {told}"
    expect_refused(address, b"secret")
    line = persona.wait_log("connection closed", service=name)
    is_as_said = line["reason"] == each.wire and line["bytes_up"] == 0 and any(
        line.get("verify_reason") == (reason if each.wire == "verify_failed" else None) and words in line.get("error", "")
        for reason, _, words in each.said(profile))
    return None if is_as_said else f"{name}: expected {each.wire} and {each.said(profile)}, " \
                                   f"got {line['reason']}: {line.get('error')}"


@case("a gateway presents them: no byte through for the bad, an echo for the good", deadline=120)
def by_gateway(case):
    pki = Pki(case)
    chosen = sample(CASES, 6)
    for each in chosen:
        openssl.write_files(case.folder, each)
    served = [each for each in chosen if not each.unservable and each.wire != "start"]
    # Those that the profiles differ about under both.
    services = [(each, profile, f"{each.id}-{profile}") for each in served for profile in PROFILES
                if profile == "public" or each.odd or each.private]
    received = []
    folder = case.folder / "services"
    folder.mkdir()
    for each, profile, name in services:
        gateway = gateway_for(case, each, each.accepted_by(profile), received)
        content = config_for(case, pki, each, gateway, profile, [pki.ca.certificate])
        (folder / f"{name}.yaml").write_text(json.dumps(content))
    persona = Persona(case, folder, "chains")
    addresses = {line["service"]: address_of(line["address"]) for line in persona.listening()}
    equal(len(addresses), len(services), "services that listen")
    problems = [problem for problem in at_once(lambda one: try_one(persona, one, addresses[one[2]]), services)
                if problem]
    problems += [f"{name}: {data!r} reached a gateway that is to be refused" for name, data in received]
    bad = {name for each, profile, name in services if not each.accepted_by(profile)}
    problems += [f"{line['service']}: open though it is to be refused" for line in persona.find("connection open")
                 if line["service"] in bad]
    persona.stop()

    unservable = [each for each in CASES if each.unservable]
    for each in unservable:
        print(f"  not servable: {each.id}: {each.unservable}", flush=True)
    report(problems, f"{len(services)} chains presented, {len(unservable)} cannot be")


@case("trust that cannot be is told before any connection", deadline=60)
def at_start(case):
    pki = Pki(case)
    problems = []
    for each in CASES:
        if each.wire != "start":
            continue
        openssl.write_files(case.folder, each)
        content = config_for(case, pki, each, "127.0.0.1:1")
        for command in ("check", "run"):
            output = cli(command, "--config", write_config(case, content, each.id), expect=2)
            if (each.wire_says or each.says) not in output:
                problems.append(f"{each.id}: expected {each.wire_says or each.says!r} of persona {command}, got "
                                f"{output.strip()!r}")
    report(problems, f"{sum(each.wire == 'start' for each in CASES)} kinds of trust refused at start")


@case("docs/verification.md says the same")
def told(case):
    check(DOCUMENT.is_file() and DOCUMENT.read_text() == document.render(),
          "docs/verification.md is not what the table says: run chain_cases.py --write")


if sys.argv[1:] == ["--write"]:
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document.render())
else:
    main()
