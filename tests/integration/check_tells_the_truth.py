"""`persona check` says of trust.ca what verification says: where no peer could ever be verified by it, it is an error; beside
an authority that is good, a warning. And a public bundle is a few lines."""

import collections
import json
import pathlib
import sys

from harness.certificates import Pki
from harness.persona import Persona, cli, config, verify_cases, write_config
from harness.rotation import put, wait_refused
from harness.runner import Failure, case, check, equal, main
from harness.sockets import Server, connect, echo, expect_echo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from chains import der  # noqa: E402
from chains.table import ONE, OTHER, ROOT, ca, leaf  # noqa: E402

ROLES = {"gateway": ("SERVER", ["1.3.6.1.5.5.7.3.1"]), "client": ("CLIENT", ["1.3.6.1.5.5.7.3.2"])}
UNKNOWN = ("1.3.6.1.4.1.32473.1", b"\x05\x00", True)


def anchors(eku):
    """What may stand in trust.ca, and a leaf that depends on it."""
    def issues(anchor):
        return anchor, [leaf(anchor, eku=eku)]

    yield "a root", *issues(ca("Good Root"))
    yield "an intermediate", *issues(ca("Good Intermediate", ROOT))
    yield "an expired root", *issues(ca("Expired", until=-2))
    yield "a root that is not valid yet", *issues(ca("Early", since=2))
    yield "RSA of 1024 bits", *issues(ca("Weak", key="rsa1024"))
    yield "a curve that is not used", *issues(ca("Odd Curve", key="k256"))
    yield "keyUsage without keyCertSign", *issues(ca("Mute", ku=["cRLSign"]))
    yield "no keyUsage", *issues(ca("Plain", without=["ku"]))
    yield "no basicConstraints", *issues(ca("Not a CA", without=["bc"]))
    yield "cA is false", *issues(ca("Denies", bc=der.basic_constraints(False, None)))
    yield "basicConstraints that are not critical", *issues(ca("Uncritical", uncritical=["bc"]))
    yield "no subjectKeyIdentifier", *issues(ca("Without Identifier", ski=False))
    yield "version 1", *issues(ca("Version 1", version=1))
    yield "an unknown critical extension", *issues(ca("Unknown", more=[UNKNOWN]))
    yield "an extendedKeyUsage for something else", *issues(ca("Mail", eku=["1.3.6.1.5.5.7.3.4"]))
    yield "an intermediate with an extendedKeyUsage for something else", *issues(
        ca("Mail Intermediate", ROOT, eku=["1.3.6.1.5.5.7.3.4"]))
    yield "malformed nameConstraints", *issues(ca("Malformed", permitted=["dns:test"], replaced={"nc": b"\x30\x02\x05\x00"}))
    yield "the leaf itself, which a CA has issued", (own := leaf(ONE, eku=eku)), [own, ONE]
    yield "the leaf itself, self-signed", (own := leaf(None, eku=eku)), [own]
    yield "the leaf itself, self-signed and expired", (own := leaf(None, eku=eku, until=-2)), [own]
    yield "the leaf itself, self-signed, and not for signatures", (own := leaf(None, eku=eku, ku=["keyEncipherment"])), [own]


@case("whatever is in trust.ca: check and run refuse it exactly if verification does", deadline=120)
def anchors_are_judged(case):
    pki = Pki(case)
    for role, (kind, eku) in ROLES.items():
        rows = list(anchors(eku))
        cases = [{"id": what, "trusted_certs": [anchor.pem], "crls": [], "peer_certificate": chain[0].pem,
                  "untrusted_intermediates": [one.pem for one in chain[1:]], "validation_kind": kind,
                  "expected_peer_name": {"kind": "DNS", "value": "gateway.test"} if role == "gateway" else None,
                  "validation_time": None, "max_chain_depth": None} for what, anchor, chain in rows]
        path = case.folder / f"{role}.json"
        path.write_text(json.dumps({"testcases": cases}))
        verdicts = {one["id"]: one for one in verify_cases(path)}
        counts = collections.Counter()
        for number, (what, anchor, _) in enumerate(rows):
            file = case.folder / f"{role}-{number}.ca"
            file.write_text(anchor.pem)
            content = config(pki, **({"gateway": "127.0.0.1:1"} if role == "gateway" else {"service": "127.0.0.1:1"}))
            verdict = verdicts[what]
            accepted = verdict["accepted"]
            counts[accepted] += 1
            told = f"{role}, {what}: verification says {verdict}"
            for command in ["check"] if accepted else ["check", "run"]:
                content["trust"] = {"ca": str(file)}
                try:
                    output = cli(command, "--config", write_config(case, content), expect=0 if accepted else 2)
                except Failure as failure:
                    raise Failure(f"{told}: {failure}") from None
            if not accepted:
                check(" CA certificate " in output and anchor.subject in output, told, output)
            content["trust"] = {"ca": [str(file), str(pki.ca.certificate)]}
            output = cli("check", "--config", write_config(case, content))
            check(("service.yaml:" in output and "warning: CA certificate" in output)
                  == (not accepted or bool(verdict["oddities"])), told, output)
            for word in verdict["oddities"]:
                check(f" [{word}]" in output, told, output)
        check(counts[True] >= 3 and counts[False] >= 8, "the table shows too little", counts)


@case("trust.ca with the gateway's own certificate says whose is needed")
def leaf_as_ca(case):
    pki = Pki(case)
    content = config(pki, gateway="127.0.0.1:1")
    content["trust"]["ca"] = str(pki.gateway.certificate)
    output = cli("check", "--config", write_config(case, content), expect=2)
    check("CA certificate is not a CA's (basicConstraints), so nobody is let in by it; trust.ca needs the certificate of its "
          "issuer, CN=Test CA: CN=gateway" in output, "it does not say what to do", output)


@case("a reload with an authority that cannot be used is refused, and one beside a good one is warned of")
def reload(case):
    pki = Pki(case)
    path = case.folder / "live.ca"
    put(path, pki.ca.certificate.read_bytes())
    content = config(pki, service=Server(case, echo))
    content["trust"]["ca"] = str(path)
    gateway = Persona(case, content, "gateway")
    client = Persona(case, config(pki, gateway=gateway), "client")
    put(path, pki.gateway.certificate.read_bytes())
    wait_refused(gateway, "CA certificate is not a CA's")
    with connect(client.address) as connection:
        expect_echo(connection)
    put(path, pki.gateway.certificate.read_bytes() + pki.ca.certificate.read_bytes())
    gateway.wait_log("reloaded")
    gateway.wait_until(lambda: [line for line in gateway.log if line["level"] == "warn"
                                and "CA certificate is not a CA's" in line["message"]], "a warning")
    with connect(client.address) as connection:
        expect_echo(connection)


@case("many of a kind are one line")
def folded(case):
    pki = Pki(case)
    bundle = case.folder / "bundle.pem"
    certificates = [*(ca(f"Old {number}", until=-number) for number in range(1, 31)),
                    *(ca(f"Soon {number}", until=number + 0.5) for number in range(1, 16)),
                    *(ca(f"Weak {number}", key="rsa1024") for number in range(5)),
                    *(ca(f"Good {number}", until=300) for number in range(70)), OTHER]
    bundle.write_text("".join(one.pem for one in certificates))
    content = config(pki, gateway="127.0.0.1:1")
    content["trust"]["ca"] = str(bundle)
    output = cli("check", "--config", write_config(case, content))
    warnings = [line for line in output.splitlines() if "warning: " in line]
    equal(len(warnings), 3, f"warnings ({output})")
    for words in ("30 CA certificates cannot be used for the same reason (the first expired 1 day ago (",
                  "CN=Old 1; CN=Old 2; CN=Old 3 and 27 more", "5 CA certificates cannot be used for the same reason (the first "
                  "has a key that", "CA certificate expires in 1 day (", "CN=Soon 1; and 14 more within 30 days: CN=Soon 2; CN=Soon 3; "
                  "CN=Soon 4 and 11 more", "  trust       121 CA certificates: CN=Old 1; "):
        check(words in output, f"not there: {words}", output)
    check(len(output.splitlines()) < 25, "too many lines", output)


main()
