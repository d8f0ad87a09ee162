"""docs/certificates.md: written, and read back where other versions of OpenSSL and GnuTLS might say other things."""

import functools
import re

from . import describe, verdicts
from .groups import GROUPS, RECIPES

OPENSSL, GNUTLS = "3.0", "3.7"  # whose verdicts the table has
_INTRODUCTION = """# Certificates as tools make them, and what persona says

You have certificates, made by a tool or as a manual says: are they good enough for persona? This table is the test
`tests/integration/certificates_as_tools_make_them.py`, which makes each chain and asks persona, OpenSSL and GnuTLS. It
fails when this file is not what it would write (`certificates_as_tools_make_them.py --write`).

- **Made by**: the tool, how it is used, and whose documentation or output it is. `NAME` is the name that persona dials.
  Tools that Debian has are run, and what they make is compared with the table.
- **Certificates**: first the server's (or the client's), last the CA's that is in `trust.ca`; a single one is itself in
  `trust.ca`. An exclamation mark means critical. A signature is by SHA-256 if nothing else is said.
- **persona**: what it says with `trust.profile: {profile}`, the default: *ok*, with the words of what it warns of, or the
  word of the refusal (`verify_reason`) and the sentence of the log. *ok by pin*: with `gateway.verify: pins`.
- **OpenSSL**, **GnuTLS**: `openssl verify` of version {openssl} with the name, for this purpose, at security level 2, and
  `certtool --verify` of version {gnutls}. *strict*: refused with `-x509_strict` only. Both take the common name for the
  host's where subjectAltName has no name of a host; persona never does.

Of {count} chains of {tools} tools and manuals persona accepts {accepted} as they are and {by_pin} more by pin, OpenSSL
{by_openssl}, GnuTLS {by_gnutls}. {insecure} more are not to be accepted by anybody.
"""
_HEAD = "| | Made by | Certificates | persona | OpenSSL | GnuTLS |\n|---|---|---|---|---|---|\n"
# What is another one each day, or each time that keys are made.
_CHANGING = [(r"\d{4}-\d{2}-\d{2}", "DATE"), (r"sha256//[A-Za-z0-9+/]{43}=", "sha256//..."),
             (r"\b[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){7,}\b", "...")]


@functools.lru_cache(maxsize=None)
def strangers():
    """In words, the programs whose version is not the one of the document."""
    versions = {"OpenSSL": (verdicts.version_of("openssl", "version"), OPENSSL),
                "GnuTLS": (verdicts.version_of("certtool", "--version"), GNUTLS)}
    return [f"{name} is {version or 'not there'}, not {expected}" for name, (version, expected) in versions.items()
            if not version.startswith(f"{expected}.")]


def _cell(text):
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_").replace("<", "&lt;")


def certificates_of(chain):
    """In words, from the leaf to the anchor."""
    every = chain.serve if chain.trust[0] in chain.serve else [*chain.serve, *chain.trust]
    return [describe.certificate(one.der) for one in every]


def _steady(sentence):
    for pattern, replacement in _CHANGING:
        sentence = re.sub(pattern, replacement, sentence)
    return sentence


def _verdict(verdict, pinned):
    if verdict["accepted"]:
        return ", ".join(["ok", *(f"`{word}`" for word in verdicts.warnings_of(verdict))])
    by_pin = "; **ok by pin**" if pinned and pinned["accepted"] else ""
    return f"`{verdict['reason']}`: {_cell(_steady(verdict['sentence']))}{by_pin}"


def render(chains, said, pinned):
    """chains: by the recipes' ids. said: (the judge's verdict, OpenSSL's, GnuTLS's). pinned: the judge's verdict where the pin
    takes the name's place."""
    asked = [recipe for recipe in RECIPES if not recipe.insecure]
    text = _INTRODUCTION.format(
        profile=verdicts.PROFILE, openssl=OPENSSL, gnutls=GNUTLS, count=len(asked),
        tools=len({recipe.tool for recipe in asked}), insecure=len(RECIPES) - len(asked),
        accepted=sum(said[recipe.id][0]["accepted"] for recipe in asked),
        by_pin=sum(recipe.id in pinned and pinned[recipe.id]["accepted"] for recipe in asked),
        by_openssl=sum(said[recipe.id][1] != "refuses" for recipe in asked),
        by_gnutls=sum(said[recipe.id][2] != "refuses" for recipe in asked))
    for title, recipes in GROUPS.items():
        text += f"\n## {title}\n\n{_HEAD}"
        for recipe in recipes:
            verdict, openssl, gnutls = said[recipe.id]
            certificates = "<br>".join(map(_cell, certificates_of(chains[recipe.id])))
            role = " (client)" if recipe.role == "client" else ""
            text += (f"| {recipe.id} | {recipe.tool}{role}: {recipe.how}. *{recipe.source}* | {certificates} | "
                     f"{_verdict(verdict, pinned.get(recipe.id))} | {openssl} | {gnutls} |\n")
    return text


def recorded(text):
    """OpenSSL's and GnuTLS's verdicts that a document has, by the recipes' ids."""
    rows = re.findall(r"^\| ([a-z0-9-]+) \| .* \| (\w+) \| (\w+) \|$", text, re.MULTILINE)
    return {id: (openssl, gnutls) for id, openssl, gnutls in rows}
