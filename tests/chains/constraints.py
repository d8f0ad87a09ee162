"""Name constraints (RFC 5280 section 4.2.1.10)."""

from . import der
from .table import ROOT, ca, leaf, no, ok


def below(*san, permitted=(), excluded=(), subject="CN=the gateway", **ca_more):
    """A leaf with these names by a CA with these constraints, by the root."""
    authority = ca("Constrained CA", ROOT, permitted=permitted, excluded=excluded, **ca_more)
    return [leaf(authority, *san, subject=subject), authority]


def constrained_root(*, subject="CN=Constrained Root", **constraints):
    return ca(subject.removeprefix("CN="), **constraints)


GATEWAY = "dns:gateway.test"
_ROOT = constrained_root(permitted=["dns:test"])
_ROOT_ELSE = constrained_root(permitted=["dns:example"])
_UPPER = ca("Upper CA", ROOT, excluded=["dns:gateway.test"])
_LOWER = ca("Lower CA", _UPPER)
_WIDE = ca("Wide CA", ROOT, permitted=["dns:test", "dns:example"])
_NARROW = ca("Narrow CA", _WIDE, permitted=["dns:test"])
_NARROW_ELSE = ca("Narrow CA", _WIDE, permitted=["dns:example"])
_NAMED = ca("Named CA", _CONSTRAINING := ca("Constraining CA", ROOT, excluded=["dns:forbidden.test"]),
            san=["dns:forbidden.test"])
_SUBJECT_ROOT = constrained_root(permitted=["dir:O=Example"])
URI = "a URI must name a host that a constraint can be compared with (RFC 5280 section 4.2.1.10)"
NC_FORM = "the constraint cannot be applied as it is written, so whoever wrote it meant something else"

CASES = [
    ok("nc-permitted", "below a permitted domain", below(GATEWAY, permitted=["dns:test"])),
    ok("nc-permitted-exact", "the permitted name itself", below(GATEWAY, permitted=["dns:gateway.test"])),
    ok("nc-permitted-case", "permitted in another case", below(GATEWAY, permitted=["dns:GATEWAY.test"])),
    ok("nc-permitted-one-of", "one of two permitted domains", below(GATEWAY, permitted=["dns:example", "dns:test"])),
    ok("nc-root", "the root permits the domain", [leaf(_ROOT)], trust=[_ROOT]),
    ok("nc-narrowed", "permitted at both levels", [leaf(_NARROW), _NARROW, _WIDE]),
    ok("nc-excluded-elsewhere", "another domain is excluded", below(GATEWAY, excluded=["dns:example"])),
    ok("nc-excluded-below", "a name below is excluded", below(GATEWAY, excluded=["dns:a.gateway.test"])),
    ok("nc-wildcard-permitted", "a wildcard below a permitted domain", below("dns:*.example.test",
       permitted=["dns:example.test"]), name="a.example.test"),
    ok("nc-wildcard-excluded-elsewhere", "a wildcard beside an excluded domain", below("dns:*.example.test",
       excluded=["dns:other.test"]), name="a.example.test"),
    ok("nc-ipv4", "within a permitted IPv4 network", below("ip:192.0.2.7", permitted=["ip:192.0.2.0/24"]),
       name="192.0.2.7"),
    ok("nc-ipv6", "within a permitted IPv6 network", below("ip:2001:db8::7", permitted=["ip:2001:db8::/32"]),
       name="2001:db8::7"),
    ok("nc-other-kind", "only addresses are constrained, and it has none",
       below(GATEWAY, permitted=["ip:192.0.2.0/24"])),
    ok("nc-directory", "a subject within a permitted directory",
       below(GATEWAY, permitted=["dir:O=Example"], subject="O=Example,CN=the gateway")),
    ok("nc-uri", "a URI whose host is permitted, and a dot for those below it",
       below(GATEWAY, "uri:spiffe://a.example.test/x", permitted=["uri:.example.test", "dns:test"])),
    ok("nc-email", "an e-mail address at a permitted host",
       below(GATEWAY, "email:a@example.test", permitted=["email:example.test"])),
    ok("nc-other-name-unused", "a kind of name that nobody knows is constrained, and not used",
       below(GATEWAY, excluded=["other:x"])),
    no("name_constraint", "nc-malformed-name", "a DNS name that begins with a dot, beside one that is permitted",
       "cannot be compared with what is permitted", below(GATEWAY, "dns:.test", permitted=["dns:test"]), openssl="accepts",
       why="what is no DNS name is within nothing that is permitted (RFC 5280 section 4.2.1.6)"),
    ok("nc-underscore", "a name with an underscore below a permitted domain, beside the one asked for",
       below(GATEWAY, "dns:a_b.test", permitted=["dns:test"])),
    ok("nc-intermediate-name", "an intermediate's own name is permitted",
       [leaf(inner := ca("Inner CA", _WIDE, san=["dns:ca.test"])), inner, _WIDE]),

    no("name_constraint", "nc-not-permitted", "outside the permitted domain", "gateway.test",
       below(GATEWAY, permitted=["dns:example"])),
    no("name_constraint", "nc-label-boundary", "ends like the permitted domain, but not at a label",
       "myexample.test", below("dns:myexample.test", permitted=["dns:example.test"]), name="myexample.test"),
    no("name_constraint", "nc-excluded", "excluded by name", "gateway.test", below(GATEWAY, excluded=[GATEWAY])),
    no("name_constraint", "nc-excluded-parent", "below an excluded domain", "gateway.test",
       below(GATEWAY, excluded=["dns:test"])),
    no("name_constraint", "nc-excluded-case", "excluded in another case", "gateway.test",
       below(GATEWAY, excluded=["dns:TEST"])),
    no("name_constraint", "nc-excluded-all", "every DNS name is excluded", "gateway.test",
       below(GATEWAY, excluded=["dns:"])),
    no("name_constraint", "nc-excluded-and-permitted", "permitted and excluded", "gateway.test",
       below(GATEWAY, permitted=["dns:test"], excluded=[GATEWAY])),
    no("name_constraint", "nc-second-name", "another name than the one asked for is excluded", "evil.example",
       below(GATEWAY, "dns:evil.example", excluded=["dns:example"])),
    no("name_constraint", "nc-by-root", "outside what the root permits", "gateway.test",
       [leaf(_ROOT_ELSE)], trust=[_ROOT_ELSE]),
    no("name_constraint", "nc-by-upper", "excluded by the upper of two intermediates", "Upper CA",
       [leaf(_LOWER), _LOWER, _UPPER]),
    no("name_constraint", "nc-narrowed-away", "permitted above, and no longer below", "Narrow CA",
       [leaf(_NARROW_ELSE), _NARROW_ELSE, _WIDE]),
    no("name_constraint", "nc-intermediate", "an intermediate's own name is excluded", "forbidden.test",
       [leaf(_NAMED), _NAMED, _CONSTRAINING]),
    no("name_constraint", "nc-wildcard-overlaps", "a wildcard that could stand for an excluded name",
       "*.example.test", below("dns:*.example.test", excluded=["dns:bar.example.test"]), name="a.example.test",
       openssl="accepts", why="the wildcard would stand for the excluded name too"),
    no("name_constraint", "nc-wildcard-wider", "a wildcard wider than what is permitted", "*.example.test",
       below("dns:*.example.test", permitted=["dns:bar.example.test"]), name="bar.example.test"),
    no("name_constraint", "nc-ipv4-outside", "outside the permitted IPv4 network", "192.0.3.7",
       below("ip:192.0.3.7", permitted=["ip:192.0.2.0/24"]), name="192.0.3.7"),
    no("name_constraint", "nc-ipv4-excluded", "within an excluded IPv4 network", "192.0.2.7",
       below("ip:192.0.2.7", excluded=["ip:192.0.2.0/24"]), name="192.0.2.7"),
    no("name_constraint", "nc-ipv6-outside", "outside the permitted IPv6 network", "2001:db9::7",
       below("ip:2001:db9::7", permitted=["ip:2001:db8::/32"]), name="2001:db9::7"),
    no("name_constraint", "nc-ip-other-family", "only IPv6 is permitted, and the address is IPv4", "192.0.2.7",
       below("ip:192.0.2.7", permitted=["ip:2001:db8::/32"]), name="192.0.2.7"),
    no("name_constraint", "nc-directory-outside", "a subject outside the permitted directory", "Constrained CA",
       below(GATEWAY, permitted=["dir:O=Example"], subject="O=Other,CN=the gateway")),
    no("name_constraint", "nc-directory-excluded", "a subject within an excluded directory", "Constrained CA",
       below(GATEWAY, excluded=["dir:O=Example"], subject="O=Example,CN=the gateway")),
    no("name_constraint", "nc-directory-by-root", "the intermediate's subject is outside the root's directory",
       "the directory name in it is outside what is permitted", [leaf(outside := ca("Issuing CA", _SUBJECT_ROOT),
       subject="O=Example,CN=the gateway"), outside], trust=[_SUBJECT_ROOT]),
    no("name_constraint", "nc-directory-in-san", "a directoryName in subjectAltName is excluded",
       "the directory name in it is excluded", below(GATEWAY, "dir:O=Evil", excluded=["dir:O=Evil"])),
    no("name_constraint", "nc-uri-excluded", "a URI whose host is excluded", "spiffe://example.test/x",
       below(GATEWAY, "uri:spiffe://example.test/x", excluded=["uri:example.test"])),
    no("name_constraint", "nc-uri-not-permitted", "a URI whose host is not permitted", "spiffe://other.test/x",
       below(GATEWAY, "uri:spiffe://other.test/x", permitted=["uri:.example.test"])),
    no("name_constraint", "nc-uri-address", "a URI whose host is an address, where hosts are excluded", "192.0.2.7",
       below(GATEWAY, "uri:spiffe://192.0.2.7/x", excluded=["uri:example.test"]), openssl="accepts", why=URI),
    no("name_constraint", "nc-uri-dot", "a URI whose excluded host ends in a dot", "example.test.",
       below(GATEWAY, "uri:spiffe://example.test./x", excluded=["uri:example.test"]), openssl="accepts", why=URI),
    no("name_constraint", "nc-uri-escaped", "a URI whose excluded host has an escaped letter", "%65xample.test",
       below(GATEWAY, "uri:spiffe://%65xample.test/x", excluded=["uri:example.test"]), openssl="accepts", why=URI),
    no("name_constraint", "nc-uri-no-host", "a URI without a host, where hosts are excluded", "urn:x",
       below(GATEWAY, "uri:urn:x", excluded=["uri:example.test"])),
    no("name_constraint", "nc-email-excluded", "an e-mail address at an excluded host", "a@example.test",
       below(GATEWAY, "email:a@example.test", excluded=["email:example.test"])),
    no("name_constraint", "nc-other-name", "a name of a kind that nobody knows, which is constrained",
       "is excluded by nameConstraints", below(GATEWAY, "other:x", excluded=["other:y"])),
    no("name_constraint", "nc-registered-id", "a registeredID, which is constrained", "is outside what is permitted",
       below(GATEWAY, "id:1.2.3", permitted=["id:1.2"])),
    no("bad_extension", "nc-leading-dot", "a permitted domain that begins with a dot", "has malformed nameConstraints",
       below(GATEWAY, permitted=["dns:.test"]), openssl="accepts",
       why="RFC 5280 section 4.2.1.10 knows the dot for URIs only, and readers differ on what it means"),
    no("bad_extension", "nc-wildcard-constraint", "a permitted domain with a wildcard", "has malformed nameConstraints",
       below(GATEWAY, permitted=["dns:*.test"])),
    no("bad_extension", "nc-mask", "an IPv4 constraint without a mask", "has malformed nameConstraints",
       below("ip:192.0.2.7", permitted=["octets:c0000207"]), name="192.0.2.7"),
    no("bad_extension", "nc-mask-holes", "a mask with holes in it", "has malformed nameConstraints",
       below("ip:192.0.2.7", permitted=["octets:c0000207ff00ff00"]), name="192.0.2.7", openssl="accepts", why=NC_FORM),
    no("bad_extension", "nc-uncritical", "constraints that are not critical",
       "has nameConstraints that are not critical", below(GATEWAY, permitted=["dns:test"], uncritical=["nc"]),
       openssl="accepts",
       why="who does not know them would not keep them (RFC 5280 section 4.2.1.10: MUST be critical)",
       odd="name_constraints_criticality"),
    no("bad_extension", "nc-empty", "constraints without a subtree", "has malformed nameConstraints",
       below(GATEWAY, more=[("nc", b"\x30\x00", True)]), openssl="accepts", why="RFC 5280 section 4.2.1.10 forbids it"),
    no("bad_extension", "nc-in-leaf", "constraints in the leaf", "has nameConstraints but is not a CA's",
       [leaf(ROOT, permitted=["dns:test"])], openssl="accepts",
       why="only a CA may constrain (RFC 5280 section 4.2.1.10)", odd="leaf_name_constraints"),
    no("bad_extension", "nc-malformed", "constraints that are not DER", "has malformed nameConstraints",
       below(GATEWAY, more=[("nc", b"\x30\x05abc", True)])),
    no("bad_extension", "nc-minimum", "a subtree with a minimum other than 0", "has malformed nameConstraints",
       below(GATEWAY, more=[("nc", der.sequence(der.tlv(0xA0, der.sequence(
           der.general_name("dns:test"), der.tlv(0x80, b"\x01")))), True)])),
]
