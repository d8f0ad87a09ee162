"""Certificate revocation lists (trust.crl)."""

from . import der
from .issue import RevocationList
from .table import ONE, OTHER, ROOT, ca, leaf, no, ok

GOOD, REVOKED = leaf(ONE), leaf(ONE)
BY_ROOT = leaf(ROOT)
ROOTS, ONES = RevocationList(ROOT), RevocationList(ONE, [REVOKED])
REVOKED_CA = ca("Fallen CA", ROOT)
NO_CRL_SIGN = ca("Mute CA", ROOT, ku=["keyCertSign"])
NO_USAGE = ca("Plain CA", ROOT, without=["ku"])
TWIN_SERIAL = leaf(ONE, serial=0x7001)
INDIRECT = der.sequence(der.tlv(0x84, b"\xff"))
ONLY_CAS = der.sequence(der.tlv(0x82, b"\xff"))
LAX = "RFC 5280 section 5.2.3 asks for the number, which is not critical"


def listed(id, what, crl, **more):
    """The leaf is the root's, which has this list."""
    return ok(id, what, [BY_ROOT], crls=[crl], **more)


def unlisted(id, what, crl, says="Root", reason="crl_invalid", **more):
    return no(reason, id, what, says, [BY_ROOT], crls=[crl], **more)


def unloaded(id, says, what, crl, **more):
    """persona does not start with such a list."""
    return no("at_start", id, what, says, [BY_ROOT], crls=[crl], **more)


CASES = [
    ok("crl-clean", "every CA of the chain has a list, and nothing of it is on any", [GOOD, ONE], crls=[ROOTS, ONES]),
    listed("crl-empty", "a list without entries", ROOTS),
    listed("crl-others", "only other serial numbers are listed", RevocationList(ROOT, [1, 2, 3])),
    ok("crl-other-ca-serial", "another CA has revoked the same serial number", [TWIN_SERIAL, ONE],
       crls=[RevocationList(ROOT, [0x7001]), RevocationList(ONE)]),
    ok("crl-several", "an older and a newer list of one CA", [BY_ROOT],
       crls=[RevocationList(ROOT, number=1, since=-9), ROOTS]),
    ok("crl-next-one", "the list in force, and the next one, which is not valid yet", [BY_ROOT],
       crls=[ROOTS, RevocationList(ROOT, number=8, since=3)]),
    ok("crl-last-one", "the list in force, and one that has expired", [BY_ROOT],
       crls=[RevocationList(ROOT, number=1, since=-30, until=-2), ROOTS]),
    ok("crl-no-usage", "the CA has no keyUsage, so it may sign lists",
       [leaf(NO_USAGE), NO_USAGE], crls=[ROOTS, RevocationList(NO_USAGE)], openssl="strict"),
    listed("crl-expired-allowed", "the list has expired, and trust.crl_expired is allow",
           RevocationList(ROOT, since=-30, until=-2), crl_expired="allow", openssl="refuses",
           why="the administrator has asked for it"),
    ok("crl-unrelated", "a list of a CA that has nothing to do with it", [BY_ROOT],
       crls=[ROOTS, RevocationList(OTHER, [BY_ROOT])]),

    no("revoked", "revoked-leaf", "the leaf is revoked", "the gateway", [REVOKED, ONE], crls=[ROOTS, ONES]),
    no("revoked", "revoked-intermediate", "the intermediate is revoked", "Fallen CA",
       [leaf(REVOKED_CA), REVOKED_CA], crls=[RevocationList(ROOT, [REVOKED_CA]), RevocationList(REVOKED_CA)]),
    no("revoked", "revoked-reason", "revoked with a reason", "the gateway", [BY_ROOT],
       crls=[RevocationList(ROOT, [(BY_ROOT, [("reason", b"\x0a\x01\x01", False)])])]),
    no("revoked", "revoked-expired-allowed", "revoked by a list that has expired, and trust.crl_expired is allow",
       "the gateway", [BY_ROOT], crls=[RevocationList(ROOT, [BY_ROOT], since=-30, until=-2)], crl_expired="allow"),
    no("revoked", "revoked-one-of-two", "on the newer of two lists of one CA", "the gateway", [BY_ROOT],
       crls=[RevocationList(ROOT, number=1, since=-9), RevocationList(ROOT, [BY_ROOT], number=2)]),
    no("revoked", "revoked-before", "on the older of two lists of one CA, and no longer on the newer", "the gateway",
       [BY_ROOT], crls=[RevocationList(ROOT, [BY_ROOT], number=1, since=-9), ROOTS], openssl="accepts",
       why="what was revoked once has to be issued anew"),
    no("revoked", "revoked-and-expired", "revoked, and expired since", "the gateway",
       [late := leaf(ROOT, until=-1)], crls=[RevocationList(ROOT, [late])]),
    no("crl_missing", "crl-missing", "there are lists, but none of its CA", "Root", [BY_ROOT],
       crls=[RevocationList(OTHER)]),
    no("crl_missing", "crl-missing-intermediate", "there is a list of the root, but none of the intermediate",
       "Issuing CA 1", [GOOD, ONE], crls=[ROOTS]),
    unlisted("crl-expired", "the list has expired", RevocationList(ROOT, since=-30, until=-2), reason="crl_expired"),
    no("crl_expired", "crl-expired-intermediate", "the root's list has expired, the intermediate's has not", "Root",
       [GOOD, ONE], crls=[RevocationList(ROOT, since=-30, until=-2), ONES]),
    unlisted("crl-future", "the list is not valid yet", RevocationList(ROOT, since=3)),
    unlisted("crl-signature", "the list's signature is wrong by a bit", RevocationList(ROOT, broken=True)),
    unlisted("crl-other-signer", "the list is signed by another CA", RevocationList(ROOT, signer=OTHER)),
    no("crl_invalid", "crl-no-crl-sign", "the CA may not sign lists", "Mute CA", [leaf(NO_CRL_SIGN), NO_CRL_SIGN],
       crls=[ROOTS, RevocationList(NO_CRL_SIGN)]),
    unloaded("crl-unknown", "has a critical extension", "the list has an unknown critical extension",
             RevocationList(ROOT, more=[("unknown", der.NULL, True)])),
    unloaded("crl-entry-unknown", "an entry of it has a critical extension",
             "an entry has an unknown critical extension", RevocationList(ROOT, [(5, [("unknown", der.NULL, True)])])),
    unloaded("crl-indirect", "has a critical extension", "an indirect list", RevocationList(ROOT,
             more=[("distribution_point", INDIRECT, True)])),
    unloaded("crl-partial", "has a critical extension", "a list of CA certificates only",
             RevocationList(ROOT, more=[("distribution_point", ONLY_CAS, True)])),
    unloaded("crl-delta", "has a critical extension", "a delta list", RevocationList(ROOT, more=[("delta",
             der.integer(1), True)]), openssl="varies"),
    unloaded("crl-no-number", "has no CRL number", "the list has no number", RevocationList(ROOT,
             without=["crl_number"]), openssl="accepts", why=LAX),
    unloaded("crl-number-critical", "has a critical extension", "the list's number is critical", RevocationList(ROOT,
             critical=["crl_number"])),
    unloaded("crl-v1", "has no CRL number", "a list of version 1", RevocationList(ROOT, version=1), openssl="accepts",
             why=LAX),
    unloaded("crl-no-next", "does not say when the next one is due", "the list does not say when the next one comes",
             RevocationList(ROOT, until=None), openssl="accepts",
             why="a list without end would be believed for ever (RFC 5280 section 5.1.2.5)"),
    unloaded("crl-sha1", "is signed with SHA-1, which is too weak", "the list is signed with SHA-1",
             RevocationList(ROOT, digest="sha1"), openssl="accepts",
             why="who can forge a signature can forget a revocation"),
]
