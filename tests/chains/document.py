"""docs/verification.md, rendered from the table."""

from . import openssl
from .cases import CASES, GROUPS

_OPENSSL = {"accepts": "accepts", "refuses": "refuses", "strict": "refuses with -x509_strict only",
            "varies": "depends on its version"}
_INTRODUCTION = """# Which chains persona accepts

This table is the test `tests/integration/chain_cases.py`: each chain is judged in memory, presented to persona by a
TLS gateway (a good one gets an echo through, a bad one no byte), and given to `openssl verify`. The test fails when
this file is not what it would write (`chain_cases.py --write`).

- **Case**: what is particular about the chain; everything else is as a careful CA would write it.
- **public**, **private**: what persona says under `trust.profile: public` and `private`, which is the default: `ok`;
  `ok`, and the word of the warning that is logged once; or the reason word of the refusal, and words of the sentence
  that the log has for it. Nothing in the column of `private`: the same as `public`.
- **OpenSSL**: `openssl verify` of version 3.0 with {flags};
  and where that accepts, whether `-x509_strict` refuses.
- **Why not as OpenSSL**: where its verdict, without `-x509_strict`, is another one than that of `public`.

`private` refuses what lets an attacker in. `public` also demands the form that RFC 5280 and the CA/Browser Forum demand
of public CAs. An anchor is trusted because it is in `trust.ca` (RFC 5280 section 6.1.1 (d)): under `private` its
version, its key identifiers and the form of its usages do not matter; its validity, its key, its path length, its name
constraints and an extendedKeyUsage of it count in both.

A path is found by its names and verified from `trust.ca` downwards, so that no key is used before it is known to be
trusted. Keys are taken if they are RSA of 2048 to 8192 bits with an exponent below 2^32, or EC on P-256, P-384 or P-521
by name; others are refused (`weak_key`) and used for nothing. A search ends (`too_deep`) after six bad signatures, or
sixteen that were not remembered from an earlier connection.

{good} chains are good and {bad} bad under `public`; `private` accepts {odd} of those. Under `public` {stricter} that
OpenSSL accepts are refused, {looser} that it refuses are accepted. {unservable} cannot be presented to persona by any TLS server, and are judged in memory only.
"""


def differs(case):
    """OpenSSL, as most programs call it, and we are of different opinions."""
    return case.openssl != "varies" and (case.openssl != "refuses") != case.is_good


def _cell(text):
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;")


def _row(case):
    verdict = "ok" if case.is_good else f"`{case.reason}`: {_cell(case.says)}"
    private = f"`{case.private[0]}`: {_cell(case.private[1])}" if case.private else ""
    cells = [case.id, _cell(case.what), verdict, f"ok, `{case.odd}`" if case.odd else private, _OPENSSL[case.openssl],
             _cell(case.why)]
    return f"| {' | '.join(cells)} |\n"


def render():
    good = sum(case.is_good for case in CASES)
    text = _INTRODUCTION.format(
        flags=f"`{openssl.FLAGS}`", good=good, bad=len(CASES) - good,
        stricter=sum(differs(case) and not case.is_good for case in CASES),
        looser=sum(differs(case) and case.is_good for case in CASES),
        odd=sum(bool(case.odd) for case in CASES), unservable=sum(bool(case.unservable) for case in CASES))
    for title, cases in GROUPS.items():
        text += f"\n## {title}\n\n| | Case | public | private | OpenSSL | Why not as OpenSSL |\n"
        text += "|---|---|---|---|---|---|\n"
        text += "".join(map(_row, cases))
    return text
