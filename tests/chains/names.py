"""The name that was asked for, and the names that a certificate has."""

from .table import ROOT, leaf, no, ok


def named(id, what, san, name, **more):
    return ok(id, what, [leaf(ROOT, *san.split())], name=name, **more)


def other(id, what, san, name, says="", reason="name_mismatch", **more):
    says = says or ("cannot be parsed" if reason == "malformed" else f"name {name} is not in the gateway's certificate")
    return no(reason, id, what, says, [leaf(ROOT, *san.split(" ")) if san else leaf(ROOT, without=["san"])], name=name,
              **more)


CN = "an old habit that RFC 9525 section 6.3 ends: "
PARTIAL = "a wildcard is a whole label (RFC 9525 section 6.3)"
SUFFIX = "a wildcard right below a public suffix stands for everybody's names"
CN_RULE = "a common name that looks like a host's name must be one of subjectAltName, letter by letter (CABF 7.1.4.3)"

CASES = [
    named("name-exact", "one name", "dns:gateway.test", "gateway.test"),
    named("name-second", "the second of three names", "dns:a.test dns:gateway.test dns:b.test", "gateway.test"),
    named("name-case", "upper case where lower is asked for", "dns:GateWay.TEST", "gateway.test"),
    named("name-case-asked", "lower case where upper is asked for", "dns:gateway.test", "GATEWAY.test"),
    named("name-absolute", "asked for with the dot of an absolute name", "dns:gateway.test", "gateway.test.",
          openssl="refuses",
          why="the dot says where the name ends; it is no part of it (RFC 9525 section 1.2)"),
    named("name-single-label", "a name of one label", "dns:gateway", "gateway"),
    named("name-a-label", "an internationalised name as A-label", "dns:xn--bcher-kva.example", "xn--bcher-kva.example"),
    named("name-underscore", "another name has an underscore", "dns:gate_way.test dns:gateway.test", "gateway.test"),
    named("name-underscore-asked", "a name with an underscore, asked for", "dns:gate_way.test", "gate_way.test"),
    named("name-many", "the last of 300 names", " ".join(f"dns:n{n}.example.test" for n in range(300)),
          "n299.example.test"),
    named("wildcard", "a wildcard for one label", "dns:*.example.test", "db.example.test"),
    named("wildcard-a-label", "a wildcard where an A-label is asked for", "dns:*.example.test",
          "xn--bcher-kva.example.test"),
    named("wildcard-case", "a wildcard in upper case", "dns:*.EXAMPLE.test", "db.example.TEST"),
    named("ipv4", "an IPv4 address", "ip:192.0.2.7", "192.0.2.7"),
    named("ipv6", "an IPv6 address", "ip:2001:db8::7", "2001:db8::7"),
    named("ipv6-written-out", "an IPv6 address, asked for in full", "ip:2001:db8::7", "2001:0db8:0:0:0:0:0:0007"),
    named("name-and-address", "the address beside names", "dns:gateway.test ip:192.0.2.7", "192.0.2.7"),
    named("other-kinds", "the name beside an address, a URI, an e-mail address, a directory and another name",
          "email:a@b.test uri:spiffe://b.test/x dir:CN=x other:y dns:gateway.test", "gateway.test"),
    ok("empty-subject", "no subject, and a critical subjectAltName", [leaf(ROOT, subject="")]),
    ok("cn-in-san", "the common name is one of the names", [leaf(ROOT, subject="CN=gateway.test")]),
    ok("cn-no-host", "a common name that is no host's", [leaf(ROOT, subject="O=Example,CN=Gateway of the north")]),

    other("name-underscore-other", "another name with an underscore", "dns:gate-way.test", "gate_way.test"),
    other("name-underscore-wildcard", "a wildcard where an underscore is asked for", "dns:*.example.test",
          "my_db.example.test", "no wildcard stands for a name with an underscore"),
    other("name-other", "another name", "dns:other.test dns:third.test", "gateway.test", "other.test, third.test"),
    other("name-parent", "the parent domain", "dns:test", "gateway.test"),
    other("name-child", "a name below", "dns:a.gateway.test", "gateway.test"),
    other("name-suffix", "a name that ends in it", "dns:my-gateway.test", "gateway.test"),
    other("name-space", "the name behind a space", "dns:\u00a0gateway.test", "gateway.test"),
    other("name-absolute-in-certificate", "the name with a dot at its end in the certificate", "dns:gateway.test.",
          "gateway.test"),
    other("name-leading-dot", "a name that begins with a dot", "dns:.gateway.test", "a.gateway.test"),
    other("name-nul", "a NUL behind the name", "dns:gateway.test\\0.evil.test", "gateway.test"),
    other("name-nul-end", "a NUL at the end of the name", "dns:gateway.test\\0", "gateway.test"),
    other("name-u-label", "an internationalised name that is not ASCII", "dns:b\u00fccher.example",
          "xn--bcher-kva.example"),
    other("name-as-uri", "the name as a URI only", "uri:https://gateway.test", "gateway.test"),
    other("name-as-email", "the name as an e-mail address's host only", "email:a@gateway.test", "gateway.test"),
    no("name_mismatch", "no-san", "no subjectAltName, and the name as common name",
       "it has no DNS names or addresses in subjectAltName", [leaf(ROOT, subject="CN=gateway.test", without=["san"])],
       openssl="accepts", why=CN + "OpenSSL takes the common name where there is no dNSName"),
    no("name_mismatch", "cn-only", "the name as common name only, beside an address",
       "name gateway.test is not in the gateway's certificate; it has 192.0.2.7", [leaf(ROOT, "ip:192.0.2.7",
       subject="O=Example,CN=the gateway of gateway.test")]),
    no("bad_extension", "cn-beside-address", "the name as common name, and only an address in subjectAltName",
       "has the CN gateway.test, which is not in its subjectAltName", [leaf(ROOT, "ip:192.0.2.7",
       subject="CN=gateway.test")], openssl="accepts",
       why=CN + "OpenSSL takes the common name where there is no dNSName",
       private=("name_mismatch", "it has 192.0.2.7")),
    no("bad_extension", "cn-not-in-san", "the common name is a host's that subjectAltName lacks",
       "has the CN other.test, which is not in its subjectAltName", [leaf(ROOT, subject="CN=other.test")],
       openssl="accepts", why=CN_RULE, odd="common_name"),
    no("bad_extension", "cn-other-case", "the common name is written in another case",
       "has the CN Gateway.test, which is not in its subjectAltName as written", [leaf(ROOT,
       subject="CN=Gateway.test")], openssl="accepts", why=CN_RULE, odd="common_name"),
    no("bad_extension", "cn-address-not-in-san", "the common name is an address that subjectAltName lacks",
       "has the CN 192.0.2.1, which is not in its subjectAltName", [leaf(ROOT, subject="CN=192.0.2.1")],
       openssl="accepts", why=CN_RULE, odd="common_name"),
    no("name_mismatch", "san-empty", "a subjectAltName without names",
       "it has no DNS names or addresses in subjectAltName", [leaf(ROOT, replaced={"san": b"\x30\x00"})]),
    no("bad_extension", "san-critical", "a critical subjectAltName beside a subject",
       "has a subject, so its subjectAltName must not be critical", [leaf(ROOT, critical=["san"])], openssl="accepts",
       why="only without a subject it is to be critical (CABF 7.1.2.7.12)", odd="alternative_name_criticality"),
    no("bad_extension", "san-uncritical", "no subject, and the subjectAltName is not critical",
       "has no subject, so its subjectAltName has to be critical", [leaf(ROOT, subject="", uncritical=["san"])],
       openssl="strict", why="a reader that skips it would see no name at all (RFC 5280 section 4.2.1.6)",
       odd="alternative_name_criticality"),

    other("wildcard-two-labels", "a wildcard for two labels", "dns:*.example.test", "a.db.example.test"),
    other("wildcard-no-label", "a wildcard for the domain itself", "dns:*.example.test", "example.test"),
    other("wildcard-partial-end", "a wildcard for the end of a label", "dns:d*.example.test", "db.example.test",
          openssl="accepts", why=PARTIAL),
    other("wildcard-partial-begin", "a wildcard for the beginning of a label", "dns:*b.example.test",
          "db.example.test", openssl="accepts", why=PARTIAL),
    other("wildcard-in-a-label", "a wildcard within an A-label", "dns:xn--*-kva.example.test",
          "xn--bcher-kva.example.test"),
    other("wildcard-second-label", "a wildcard as the second label", "dns:db.*.test", "db.example.test"),
    other("wildcard-twice", "two wildcards", "dns:*.*.test", "db.example.test"),
    other("wildcard-top", "a wildcard below a top-level domain", "dns:*.com", "example.com"),
    other("wildcard-alone", "a wildcard alone", "dns:*", "gateway"),
    other("wildcard-suffix", "a wildcard below a public suffix of two labels", "dns:*.co.uk", "example.co.uk",
          openssl="accepts", why=SUFFIX),
    other("wildcard-address", "a wildcard in an address", "dns:*.0.2.7", "192.0.2.7"),

    other("ipv4-other", "another IPv4 address", "ip:192.0.2.8", "192.0.2.7", "192.0.2.8"),
    other("ipv6-other", "another IPv6 address", "ip:2001:db8::8", "2001:db8::7", "2001:db8::8"),
    other("ip-as-dns", "an address as a DNS name", "dns:192.0.2.7", "192.0.2.7"),
    other("ip-mapped", "the IPv4 address mapped into IPv6", "octets:00000000000000000000ffffc0000207", "192.0.2.7"),
    other("ip-short", "an address of three octets", "octets:c00002", "192.0.2.7", reason="malformed"),
    other("ip-range", "a range where an address belongs", "octets:c0000207ffffffff", "192.0.2.7",
          reason="malformed"),
    no("name_mismatch", "ip-as-cn", "the address as common name only",
       "it has no DNS names or addresses in subjectAltName", [leaf(ROOT, subject="CN=192.0.2.7", without=["san"])],
       name="192.0.2.7"),
]
