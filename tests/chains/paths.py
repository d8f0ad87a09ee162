"""Which path leads to trust.ca, how long it is, and when."""

from .issue import Certificate
from .table import ONE, OTHER, OTHER_ONE, ROOT, THREE, TWO, ca, leaf, no, ok

# The same CA, key and name, certified twice: by the root, and by somebody nobody trusts.
CROSSED = ca("Crossed CA", ROOT)
CROSSED_ELSEWHERE = ca("Crossed CA", OTHER, key_of=CROSSED)
CROSSED_EXPIRED = ca("Crossed CA", ROOT, key_of=CROSSED, since=-90, until=-3)
CROSSED_LEAF = leaf(CROSSED)
# Two CAs of one name with different keys.
TWIN = ca("Twin CA", ROOT)
OTHER_TWIN = ca("Twin CA", ROOT)
# CAs that certify each other.
NORTH = ca("North CA", ROOT)
SOUTH = ca("South CA", NORTH)
NORTH_BY_SOUTH = ca("North CA", SOUTH, key_of=NORTH)
FOR_SERVERS = ca("Servers' CA", ROOT, eku=["serverAuth"])
SELF_SIGNED = Certificate("CN=the gateway")


ONE_PATH = "OpenSSL follows one path and does not come back from its end"


def ladder(length):
    """So many CAs below the root, the lowest first, with a leaf before them."""
    rungs = [ROOT]
    for number in range(length):
        rungs.append(ca(f"Rung {number + 1}", rungs[-1]))
    return [leaf(rungs[-1]), *rungs[:0:-1]]


def ring(length):
    """CAs of which each certifies the next and the last the first, and a leaf."""
    first = ca("Ring 1", OTHER)
    rungs = [first]
    for number in range(1, length):
        rungs.append(ca(f"Ring {number + 1}", rungs[-1]))
    return [leaf(rungs[-1]), *rungs[:0:-1], ca("Ring 1", rungs[-1], key_of=first)]


CASES = [
    ok("direct", "issued by the root", [leaf(ROOT)]),
    ok("one-intermediate", "one intermediate", [leaf(ONE), ONE]),
    ok("two-intermediates", "two intermediates", [leaf(TWO), TWO, ONE]),
    ok("three-intermediates", "three intermediates", [leaf(THREE), THREE, TWO, ONE]),
    ok("any-order", "intermediates from the root downwards", [leaf(THREE), ONE, TWO, THREE]),
    ok("root-presented", "the root is presented too", [leaf(ONE), ONE, ROOT]),
    ok("unrelated-presented", "certificates of other chains are presented too",
       [leaf(ONE), OTHER_ONE, OTHER, ONE, leaf(OTHER_ONE)]),
    ok("presented-twice", "an intermediate is presented twice", [leaf(ONE), ONE, ONE]),
    ok("trust-many", "the root is one of several in trust.ca", [leaf(ONE), ONE], trust=[OTHER, ROOT]),
    ok("intermediate-in-trust", "trust.ca also holds the intermediate, which is not presented", [leaf(ONE)],
       trust=[ROOT, ONE]),
    ok("intermediate-alone-in-trust", "trust.ca holds the intermediate only", [leaf(ONE), ONE], trust=[ONE],
       openssl="refuses", why="trust.ca says whom to trust; OpenSSL wants a root (but for -partial_chain)"),
    ok("intermediate-for-servers-in-trust", "the same of one that has an extendedKeyUsage, as intermediates do",
       [leaf(FOR_SERVERS)], trust=[ROOT, FOR_SERVERS]),
    ok("cross-untrusted-first", "cross-signed; the path tried first leads nowhere",
       [CROSSED_LEAF, CROSSED_ELSEWHERE, CROSSED], openssl="refuses", why=ONE_PATH),
    ok("cross-expired-first", "cross-signed; the path tried first has expired",
       [CROSSED_LEAF, CROSSED_EXPIRED, CROSSED]),
    ok("cross-deeper", "cross-signed; a longer path with an untrusted end comes first",
       [CROSSED_LEAF, CROSSED_ELSEWHERE, OTHER, CROSSED], openssl="refuses", why=ONE_PATH),
    ok("cross-other-root", "cross-signed; only the other root is trusted", [CROSSED_LEAF, CROSSED, CROSSED_ELSEWHERE],
       trust=[OTHER], openssl="refuses", why=ONE_PATH),
    ok("twin-names", "two CAs of one name, the wrong one first", [leaf(TWIN), OTHER_TWIN, TWIN]),
    ok("twin-names-no-key-id", "the same without key identifiers to tell them apart in the leaf's issuer",
       [leaf(TWIN), ca("Twin CA", ROOT, replaced={"ski": b"\x04\x02\x01\x02"}), TWIN]),
    ok("twin-roots", "two roots of one name in trust.ca, the wrong one first", [leaf(ONE), ONE],
       trust=[ca("Root"), ROOT]),
    ok("mutual-cross", "two CAs that certify each other, and one is certified by the root",
       [leaf(SOUTH), NORTH_BY_SOUTH, SOUTH, NORTH], openssl="refuses", why=ONE_PATH),
    ok("cross-constrained", "cross-signed; on the path tried first a name constraint excludes the gateway",
       [CROSSED_LEAF, ca("Crossed CA", ROOT, key_of=CROSSED, excluded=["dns:test"]), CROSSED], openssl="refuses",
       why=ONE_PATH),
    ok("longest", "eight intermediates", ladder(8)),
    ok("self-signed-trusted", "self-signed, and itself in trust.ca", [SELF_SIGNED], trust=[SELF_SIGNED]),
    ok("notafter-far", "valid until 9999", [leaf(ROOT, until=2_900_000)]),
    ok("just-valid", "valid for a day around now", [leaf(ROOT, since=-0.5, until=0.5)]),

    no("untrusted_issuer", "untrusted-root", "another CA's", "Other Root", [leaf(OTHER)]),
    no("untrusted_issuer", "untrusted-root-presented", "another CA's, which is presented", "Other Root",
       [leaf(OTHER), OTHER]),
    no("untrusted_issuer", "untrusted-chain", "another CA's chain", "Other Root", [leaf(OTHER_ONE), OTHER_ONE, OTHER]),
    no("untrusted_issuer", "missing-intermediate", "the intermediate is not presented", "Issuing CA 1", [leaf(ONE)]),
    no("untrusted_issuer", "missing-upper", "the upper of two intermediates is not presented", "Issuing CA 1",
       [leaf(TWO), TWO]),
    no("key_usage", "wrong-first", "the leaf is not the first", "CN=Issuing CA 1", [ONE, leaf(ONE)]),
    no("untrusted_issuer", "ring", "CAs that certify each other in a ring without a root",
       "leads to CN=Ring 3, which trust.ca does not contain", ring(3)),
    no("untrusted_issuer", "cross-all-untrusted", "cross-signed, and neither path is trusted",
       "leads to CN=Other Root, which trust.ca does not contain", [CROSSED_LEAF, CROSSED_ELSEWHERE, CROSSED],
       trust=[ca("Third Root")]),
    no("self_signed", "self-signed", "self-signed", "self-signed", [SELF_SIGNED]),
    no("self_signed", "self-signed-with-chain", "self-signed, and presented with a chain that is trusted",
       "self-signed and not in trust.ca", [SELF_SIGNED, ONE]),
    no("untrusted_issuer", "self-signed-like-root", "self-signed under the root's name",
       "not by the CA certificate of that name", [Certificate("CN=Root")]),
    no("too_deep", "nine-intermediates", "nine intermediates",
       "has 9 CA certificates between it and the root, more than the 8 that are allowed", ladder(9), openssl="accepts",
       why="OpenSSL's bound is 100 by default; eight intermediates are more than any PKI has"),
    no("too_deep", "thirty-intermediates", "thirty intermediates", "ends a chain that is too long", ladder(30),
       openssl="accepts", why="the same bound"),
    no("untrusted_issuer", "ring-of-twelve", "a ring of twelve CAs",
       "leads to CN=Ring 12, which trust.ca does not contain", ring(12)),

    no("expired", "expired-leaf", "the leaf expired three days ago", "expired 3 days ago",
       [leaf(ONE, until=-3), ONE]),
    no("expired", "expired-leaf-today", "the leaf expired an hour ago", "expired", [leaf(ROOT, until=-1 / 24)]),
    no("expired", "expired-intermediate", "the only path has an intermediate that expired", "Lapsed CA",
       [leaf(lapsed := ca("Lapsed CA", ROOT, since=-90, until=-3)), lapsed]),
    no("expired", "expired-root", "the root expired", "Lapsed Root",
       [leaf(lapsed_root := ca("Lapsed Root", since=-90, until=-3))], trust=[lapsed_root], wire="start"),
    no("not_yet_valid", "future-leaf", "the leaf is valid from the day after tomorrow", "is not valid before",
       [leaf(ROOT, since=2)]),
    no("not_yet_valid", "future-intermediate", "the intermediate is not valid yet", "Early CA",
       [leaf(early := ca("Early CA", ROOT, since=5)), early]),
    no("not_yet_valid", "future-root", "the root is not valid yet", "Early Root",
       [leaf(early_root := ca("Early Root", since=5))], trust=[early_root], wire="start"),

    no("bad_signature", "leaf-signature", "the leaf's signature is wrong by a bit", "the gateway",
       [leaf(ROOT, broken=True)]),
    no("bad_signature", "intermediate-signature", "the intermediate's signature is wrong by a bit", "Forged CA",
       [leaf(forged := ca("Forged CA", ROOT, broken=True)), forged]),
    no("bad_signature", "other-signer", "signed with another key than that of its issuer", "the gateway",
       [leaf(ONE, signer=TWO), ONE]),
    no("untrusted_issuer", "remade-root", "issued by an older CA of the same name",
       "was the CA created again with another key?", [leaf(ca("Root"))]),

    ok("pin-right", "the pin is the leaf's", [pinned := leaf(ONE), ONE], pins=[pinned.pin]),
    ok("pin-one-of-two", "one of two pins is the leaf's", [pinned, ONE],
       pins=[OTHER.pin, pinned.pin]),
    no("pin_mismatch", "pin-wrong", "the pin is another key's", "has a key that is none of gateway.pins", [leaf(ONE),
       ONE], pins=[OTHER.pin], openssl="accepts", why="gateway.pins asks for one key; OpenSSL was told of none"),
    no("pin_mismatch", "pin-of-ca", "the pin is the issuing CA's", "has a key that is none of gateway.pins", [leaf(ONE),
       ONE], pins=[ONE.pin], openssl="accepts",
       why="a pin is the gateway's own key: a CA's would let every certificate of it in"),
]
