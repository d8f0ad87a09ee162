"""The verifier against C2SP's x509-limbo, where its file is present: PERSONA_LIMBO, or shared/data/x509-limbo.json
beside the source folder. Each case is judged at its own time."""

import collections
import json
import os
import pathlib

from harness.persona import verify_cases
from harness.runner import case, check, equal, main, sample

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


@case("no case that is to be refused is accepted, and every other difference has its reason", deadline=120)
def limbo(case):
    if not FILE.is_file():
        print(f"x509-limbo is not there ({FILE.name}; PERSONA_LIMBO names it): nothing was compared", flush=True)
        return
    tests = sample(json.loads(FILE.read_text())["testcases"], 8)
    path = case.folder / "limbo.json"
    path.write_text(json.dumps({"testcases": tests}))
    verdicts = {verdict["id"]: verdict for verdict in verify_cases(path)}
    equal(sorted(verdicts), sorted(test["id"] for test in tests), "cases that were judged")

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
    problems += [f"{name} is listed as refused, but is not" for name in STRICTER if name in verdicts and name not in listed]

    print(f"x509-limbo: {len(tests)} cases, {len(tests) - len(listed)} as expected, {len(listed)} refused that it accepts", flush=True)
    for name, (reason, why) in STRICTER.items():
        print(f"  {name} ({reason}): {why}", flush=True)
    print("  " + ", ".join(f"{reason} {count}" for reason, count in counts.most_common()), flush=True)
    check(not problems, f"{len(problems)} differences", *problems)


main()
