"""The verifier against C2SP's x509-limbo, where its file is present: PERSONA_LIMBO, or shared/data/x509-limbo.json beside
the source folder. Each case is judged at its own time."""

import collections
import json
import os
import pathlib

from harness.persona import verify_cases
from harness.runner import case, check, equal, main

FILE = pathlib.Path(os.environ.get("PERSONA_LIMBO")
                    or pathlib.Path(__file__).resolve().parents[3] / "shared" / "data" / "x509-limbo.json")

# What limbo accepts and we refuse: the case, our reason word, and why.
STRICTER = {
}


@case("no case that is to be refused is accepted, and every other difference has its reason", deadline=120)
def limbo(case):
    if not FILE.is_file():
        print(f"x509-limbo is not there ({FILE.name}; PERSONA_LIMBO names it): nothing was compared", flush=True)
        return
    tests = json.loads(FILE.read_text())["testcases"]
    verdicts = {verdict["id"]: verdict for verdict in verify_cases(FILE)}
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
    problems += [f"{name} is listed as refused, but is not" for name in STRICTER if name not in listed]

    print(f"x509-limbo: {len(tests)} cases, {len(tests) - len(STRICTER)} as expected, {len(STRICTER)} refused that it "
          f"accepts", flush=True)
    for name, (reason, why) in STRICTER.items():
        print(f"  {name} ({reason}): {why}", flush=True)
    print("  " + ", ".join(f"{reason} {count}" for reason, count in counts.most_common()), flush=True)
    check(not problems, f"{len(problems)} differences", *problems)


main()
