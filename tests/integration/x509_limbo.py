"""The verifier against C2SP's x509-limbo, where its file is present: PERSONA_LIMBO, or shared/data/x509-limbo.json
beside the source folder. Each case is judged at its own time."""

import collections
import json
import os
import pathlib

from harness.persona import verify_cases
from harness.runner import SMALLER, case, check, equal, main, sample

FILE = pathlib.Path(os.environ.get("PERSONA_LIMBO")
                    or pathlib.Path(__file__).resolve().parents[3] / "shared" / "data" / "x509-limbo.json")

# What limbo accepts and we refuse: the case, our reason word, and why.
_CN = ("bad_extension", "the common name example.com is a host's and not in subjectAltName, which limbo refuses in "
       "webpki::cn::not-in-san")
STRICTER = {
    "cve::cve-2024-0567":
        ("bad_extension", "its trusted CA is issued by another one and has no authorityKeyIdentifier, which limbo "
         "refuses in rfc5280::aki::cross-signed-root-missing-aki"),
    "pathlen::validation-ignores-pathlen-in-leaf":
        ("key_usage", "the gateway's certificate is a CA's without digitalSignature: it could sign no handshake"),
    "rfc5280::ca-as-leaf":
        ("key_usage", "the same; limbo refuses it in webpki::ca-as-leaf"),
    "rfc5280::eku::ee-without-eku":
        ("extended_key_usage", "a gateway's certificate has to say that it is one; limbo refuses it in "
         "webpki::eku::ee-without-eku"),
    "rfc5280::nc::permitted-dns-match-more": _CN,
    "rfc5280::nc::permitted-ipv4-match": _CN,
    "rfc5280::nc::permitted-ipv6-match": _CN,
    "webpki::nc::nc-permits-dns-san-pattern": _CN,
    "webpki::nc::permitted-dns-match-noncritical":
        ("bad_extension", "name constraints that are not critical; limbo refuses them in "
         "rfc5280::nc::permitted-dns-match-noncritical"),
    "webpki::san::exact-localhost-ip-san": _CN,
    "webpki::san::leftmost-wildcard-san": _CN,
}


# What limbo refuses and trust.profile: private accepts: why the rule keeps no attacker out, by the warning.
TOLERATED = {
    "alternative_name_criticality": "names are read whatever the flag says",
    "anchor_extended_key_usage": "it is applied: the root may issue for servers only",
    "any_extended_key_usage": "its name or pin has to match all the same",
    "basic_constraints_criticality": "they are read whatever the flag says",
    "common_name": "no CN is ever looked at",
    "critical_extended_key_usage": "it is read whatever the flag says",
    "key_identifier": "paths are proved by signatures; identifiers only find them sooner",
    "leaf_is_ca": "without keyCertSign it issues nothing",
    "leaf_may_sign": "without CA:TRUE it issues nothing",
    "leaf_name_constraints": "it issues nothing that they could constrain",
    "name_constraints_criticality": "they are applied whatever the flag says",
    "no_extended_key_usage": "its name or pin has to match all the same",
    "serial_number": "serial numbers are compared octet by octet, whatever their length",
}
BY_NAME = {
    "rfc5280::san::underscore-dns": "a name with an underscore matches itself alone (both profiles; its CN is what public "
                                    "refuses it for)",
}


def verdicts_on(case, tests, profile):
    path = case.folder / "limbo.json"
    path.write_text(json.dumps({"testcases": [test | {"profile": profile} for test in tests]}))
    verdicts = {verdict["id"]: verdict for verdict in verify_cases(path)}
    equal(sorted(verdicts), sorted(test["id"] for test in tests), "cases that were judged")
    return verdicts


def cases(every):
    if not FILE.is_file():
        print(f"x509-limbo is not there ({FILE.name}; PERSONA_LIMBO names it): nothing was compared", flush=True)
        return []
    return sample(json.loads(FILE.read_text())["testcases"], every)


@case("trust.profile: public: none that is to be refused is accepted, every other difference has its reason",
      deadline=120)
def limbo(case):
    tests = cases(8)
    verdicts = verdicts_on(case, tests, "public") if tests else {}
    counts = collections.Counter()
    problems = []
    for test in tests:
        name, verdict = test["id"], verdicts[test["id"]]
        expected = test["expected_result"] == "SUCCESS"
        accepted = verdict["accepted"]
        equal((accepted, verdict["sentence"] == ""), (verdict["reason"] == "ok",) * 2, f"how {name} is told")
        counts["accepted" if accepted else verdict["reason"]] += 1
        if accepted and not expected:
            problems.append(f"{name} is accepted and must be refused")
        elif expected and not accepted and name not in STRICTER:
            problems.append(f"{name} is refused without a reason listed here ({verdict['reason']}: "
                            f"{verdict['sentence']})")
        elif expected and not accepted and STRICTER[name][0] != verdict["reason"]:
            problems.append(f"{name} is refused as {verdict['reason']}, and listed as {STRICTER[name][0]}")
    listed = {name for name, verdict in verdicts.items() if name in STRICTER and not verdict["accepted"]}
    problems += [f"{name} is listed as refused, but is not" for name in STRICTER
                 if name in verdicts and name not in listed]

    print(f"x509-limbo, public: {len(tests)} cases, {len(tests) - len(listed)} as expected, {len(listed)} refused that "
          "it accepts", flush=True)
    for name, (reason, why) in STRICTER.items():
        print(f"  {name} ({reason}): {why}", flush=True)
    print("  " + ", ".join(f"{reason} {count}" for reason, count in counts.most_common()), flush=True)
    check(not problems, f"{len(problems)} differences", *problems)


@case("trust.profile: private: what is accepted beyond that is listed, each with the warning that is its reason",
      deadline=120)
def limbo_private(case):
    tests = cases(8)
    verdicts = verdicts_on(case, tests, "private") if tests else {}
    problems = []
    beyond = collections.defaultdict(list)
    for test in tests:
        name, verdict = test["id"], verdicts[test["id"]]
        if test["expected_result"] == "SUCCESS":
            if not verdict["accepted"] and name not in STRICTER:
                problems.append(f"{name} is refused ({verdict['reason']}: {verdict['sentence']})")
        elif verdict["accepted"]:
            words = tuple(sorted(set(verdict["oddities"])))
            beyond[words].append(name)
            if not set(words) & set(TOLERATED) and name not in BY_NAME:
                problems.append(f"{name} is accepted without a reason listed here ({words})")
    problems += [f"{word} is listed, and no case shows it" for word in TOLERATED
                 if tests and not SMALLER and word not in {one for words in beyond for one in words}]
    print(f"x509-limbo, private: {sum(map(len, beyond.values()))} accepted that it refuses", flush=True)
    for words, names in sorted(beyond.items()):
        print(f"  {', '.join(names)}: " + "; ".join(f"{word}: {TOLERATED.get(word)}" for word in words), flush=True)
    check(not problems, f"{len(problems)} differences", *problems)


main()
