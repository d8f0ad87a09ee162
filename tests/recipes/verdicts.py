"""What persona, OpenSSL and GnuTLS say of a chain."""

import json
import re
import subprocess

from chains import openssl

PROFILE = "private"  # trust.profile of the table
_PURPOSES = {"gateway": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2"}


def question(chain, name=None, at=None):
    """For tests/tools/verify_cases: x509-limbo's format, with what is ours."""
    kind = "DNS" if openssl.name_option(name or chain.name) == "-verify_hostname" else "IP"
    return {"id": chain.id, "trusted_certs": [one.pem for one in chain.trust], "profile": PROFILE,
            "peer_certificate": chain.serve[0].pem, "untrusted_intermediates": [one.pem for one in chain.serve[1:]],
            "expected_peer_name": {"kind": kind, "value": name or chain.name} if chain.role == "gateway" else None,
            "validation_time": at, "validation_kind": "SERVER" if chain.role == "gateway" else "CLIENT"}


def pinned(chain):
    """The same with `gateway.verify: pins`: the pin of its key takes the name's place."""
    return question(chain) | {"expected_peer_name": None, "pins": [chain.serve[0].pin]}


def by_persona(judge, folder, questions):
    """The judge's verdicts by id; `judge` is harness.persona.verify_cases."""
    path = folder / "questions.json"
    path.write_text(json.dumps({"testcases": questions}))
    return {verdict["id"]: verdict for verdict in judge(path)}


def warnings_of(verdict):
    """The words of what is odd in an accepted chain, each once."""
    return list(dict.fromkeys(verdict.get("oddities", [])))


def by_openssl(folder, chain):
    """ "accepts", "strict" (refuses with -x509_strict only) or "refuses"; the files of the chain are in `folder`."""
    return openssl.verdict(folder, chain)[0]


def by_gnutls(folder, chain):
    command = ["certtool", "--verify", "--load-ca-certificate", folder / f"{chain.id}.ca", "--infile",
               folder / f"{chain.id}.chain", "--verify-purpose", _PURPOSES[chain.role]]
    if chain.role == "gateway":
        command += ["--verify-hostname", chain.name]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          timeout=60)
    return "accepts" if done.returncode == 0 else "refuses"


def version_of(*command):
    """The first number with a dot that a program prints of itself, or "" where it is not there."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=60)
    except FileNotFoundError:
        return ""
    found = re.search(r"\d+(\.\d+)+", done.stdout.decode(errors="replace"))
    return found[0] if found else ""
