"""What a certificate is for, who may issue, and how a certificate is written."""

from . import der
from .table import LEFT_OUT, ONE, ROOT, UNREADABLE, Certificate, ca, leaf, no, ok


def by(**more):
    """A leaf by a CA that is made so, by the root."""
    authority = ca("Odd CA", ROOT, **more)
    return [leaf(authority), authority]


def rooted(**more):
    """A leaf by a root that is made so, and that root."""
    root = ca("Odd Root", **more)
    return {"serve": [leaf(root)], "trust": [root]}


UNKNOWN = ("unknown", der.NULL, True)
_SHORT = ca("Short CA", ROOT, path_length=0)
_SHORTER = ca("Second CA", _SHORT)
_SHORT_ROOT = ca("Short Root", path_length=0)
_UNDER_SHORT_ROOT = ca("Second CA", _SHORT_ROOT)
_SELF_ISSUED = ca("Short CA", _SHORT)
_TWO_LONG = ca("Long CA", ROOT, path_length=1)
_TWO_LONG_SECOND = ca("Second CA", _TWO_LONG)
_TWO_LONG_THIRD = ca("Third CA", _TWO_LONG_SECOND)
_LEAF_THAT_ISSUES = leaf(ROOT, "dns:evil.test", subject="CN=a leaf")
# mbedTLS takes the 1 for CA:TRUE.
_LEAF_WITH_LENGTH = leaf(ROOT, "dns:evil.test", subject="CN=a leaf", bc=der.basic_constraints(False, 1),
                         without=["ku"], more=[("ski", der.octets(b"a leaf"), False)])
_ONLY_CLIENTS = {"eku": ["clientAuth"]}
CABF_EKU = "CA/Browser Forum 7.1.2.7.10: a gateway's certificate says that it is one, and nothing wider"
KEY_IDS = "RFC 5280 sections 4.2.1.1 and 4.2.1.2: paths are built by these"
TWICE = "RFC 5280 section 4.2 forbids it; OpenSSL looks at those it knows only"
CUT_OFF = b"\x30\x03\x82\x05abc"

CASES = [
    ok("eku-both", "for servers and clients", [leaf(ROOT, eku=["clientAuth", "serverAuth"])]),
    ok("eku-intermediate", "the intermediate is for servers", by(eku=["serverAuth"])),
    ok("ku-absent", "no keyUsage in the leaf", [leaf(ROOT, without=["ku"])]),
    ok("ku-more", "keyUsage digitalSignature and keyEncipherment",
       [leaf(ROOT, ku=["digitalSignature", "keyEncipherment"])]),
    ok("bc-absent", "no basicConstraints in the leaf", [leaf(ROOT, without=["bc"])]),
    ok("pathlen-0", "pathLenConstraint 0, and only a leaf below", [leaf(_SHORT), _SHORT]),
    ok("pathlen-1", "pathLenConstraint 1, and one CA below", [leaf(_TWO_LONG_SECOND), _TWO_LONG_SECOND, _TWO_LONG]),
    ok("pathlen-self-issued", "pathLenConstraint 0, and a self-issued CA below, which does not count",
       [leaf(_SELF_ISSUED), _SELF_ISSUED, _SHORT]),
    ok("unknown-uncritical", "an unknown extension that is not critical",
       [leaf(ROOT, more=[("unknown", der.NULL, False)])]),
    ok("unknown-unrelated", "an unknown critical extension in a certificate that is not needed",
       [leaf(ONE), ca("Unrelated CA", ROOT, more=[UNKNOWN]), ONE]),
    ok("leaf-is-ca", "the leaf is a CA too, and may sign both",
       [Certificate("CN=the gateway", ROOT, is_ca=True, eku=["serverAuth"], san=["dns:gateway.test"],
                    ku=["digitalSignature", "keyCertSign"])]),
    ok("serial-20", "a serial number of 20 octets", [leaf(ROOT, serial=(1 << 159) - 1)]),
    ok("root-no-aki", "a self-signed root without authorityKeyIdentifier", **rooted(aki=False)),

    no("extended_key_usage", "eku-client", "for clients only", "serverAuth", [leaf(ROOT, **_ONLY_CLIENTS)]),
    no("extended_key_usage", "eku-code", "for signing code", "serverAuth", [leaf(ROOT, eku=["codeSigning"])]),
    no("extended_key_usage", "eku-absent", "no extendedKeyUsage", "it has no extendedKeyUsage; serverAuth is needed",
       [leaf(ROOT, without=["eku"])], openssl="accepts", why=CABF_EKU, odd="no_extended_key_usage"),
    no("extended_key_usage", "eku-any", "anyExtendedKeyUsage", "is for anything (anyExtendedKeyUsage)", [leaf(ROOT,
       eku=["anyExtendedKeyUsage"])], odd="any_extended_key_usage"),
    no("extended_key_usage", "eku-any-too", "serverAuth and anyExtendedKeyUsage",
       "is for anything (anyExtendedKeyUsage)", [leaf(ROOT, eku=["serverAuth", "anyExtendedKeyUsage"])],
       openssl="accepts", why=CABF_EKU, odd="any_extended_key_usage"),
    no("bad_extension", "eku-critical", "a critical extendedKeyUsage", "has a critical extendedKeyUsage", [leaf(ROOT,
       critical=["eku"])], openssl="accepts", why="CA/Browser Forum 7.1.2.7.6", odd="critical_extended_key_usage"),
    no("extended_key_usage", "eku-intermediate-client", "the intermediate is for clients only", "Odd CA",
       by(**_ONLY_CLIENTS)),
    no("bad_extension", "eku-root", "extendedKeyUsage in the root", "is a root with an extendedKeyUsage",
       **rooted(eku=["serverAuth"]), openssl="accepts",
       why="a root is for everything that it issues (CA/Browser Forum 7.1.2.1.2)", odd="anchor_extended_key_usage"),
    no("key_usage", "ku-encipherment", "keyUsage keyEncipherment only", "digitalSignature",
       [leaf(ROOT, ku=["keyEncipherment"])], openssl="accepts",
       why="every key exchange of TLS 1.3, and those of 1.2 that we take, are signed"),
    no("key_usage", "ku-agreement", "keyUsage keyAgreement only", "digitalSignature",
       [leaf(ROOT, ku=["keyAgreement"])], openssl="accepts", why="the same"),
    no("bad_extension", "ku-leaf-signs-certificates", "keyCertSign in a leaf",
       "may sign certificates (keyCertSign) but is not a CA's", [leaf(ROOT, ku=["digitalSignature", "keyCertSign"])],
       openssl="strict", why="only a CA may have it (RFC 5280 section 4.2.1.9)", odd="leaf_may_sign"),
    no("key_usage", "ku-empty", "a keyUsage without a bit", "its keyUsage lacks digitalSignature", [leaf(ROOT, ku=[])]),
    no("not_a_ca", "ku-ca", "the intermediate lacks keyCertSign", "Odd CA", by(ku=["cRLSign"])),
    no("not_a_ca", "ku-root", "the root lacks keyCertSign", "Odd Root", **rooted(ku=["cRLSign"])),

    no("not_a_ca", "ca-false", "an intermediate with CA:FALSE", "Odd CA",
       by(bc=der.basic_constraints(False), ku=["digitalSignature"])),
    no("not_a_ca", "ca-absent", "an intermediate without basicConstraints", "Odd CA", by(without=["bc"])),
    no("not_a_ca", "ca-absent-root", "a root without basicConstraints", "Odd Root", **rooted(without=["bc"]),
       openssl="strict", why="without it nothing says that it is a CA"),
    no("not_a_ca", "leaf-issues", "issued by a leaf", "CN=a leaf", [leaf(_LEAF_THAT_ISSUES), _LEAF_THAT_ISSUES]),
    no("not_a_ca", "leaf-issues-length", "issued by a leaf whose basicConstraints is a pathLenConstraint only",
       "CN=a leaf", [leaf(_LEAF_WITH_LENGTH), _LEAF_WITH_LENGTH], unpatched=("malformed", UNREADABLE)),
    no("malformed", "v1-intermediate", "an intermediate of version 1", "Odd CA", by(version=1)),
    no("malformed", "v1-leaf", "a leaf of version 1", "is of X.509 version 1, not 3", [leaf(ROOT, version=1)],
       private=("name_mismatch", "a CN does not count")),
    no("malformed", "v1-root", "a root of version 1", "is of X.509 version 1, not 3", **rooted(version=1),
       openssl="strict", why="nothing says that it is a CA", odd="version"),
    no("bad_extension", "ca-uncritical", "basicConstraints of the intermediate is not critical", "Odd CA",
       by(uncritical=["bc"]), openssl="strict", why="RFC 5280 section 4.2.1.9: MUST be critical",
       odd="basic_constraints_criticality"),
    no("bad_extension", "ca-uncritical-root", "basicConstraints of the root is not critical", "Odd Root",
       **rooted(uncritical=["bc"]), openssl="strict", why="the same", odd="basic_constraints_criticality"),
    no("bad_extension", "leaf-ca-true", "CA:TRUE in a leaf without keyCertSign",
       "is a CA's, but its keyUsage lacks keyCertSign", [leaf(ROOT, bc=der.basic_constraints(True))], openssl="strict",
       why="RFC 5280 section 4.2.1.9", odd="leaf_is_ca"),
    no("bad_extension", "leaf-path-length", "pathLenConstraint in a leaf", "pathLenConstraint",
       [leaf(ROOT, bc=der.basic_constraints(False, 0))], odd="leaf_path_length", unpatched=("malformed", UNREADABLE),
       openssl="strict", why="only a CA has paths below it (RFC 5280 section 4.2.1.9)"),
    no("path_length", "pathlen-exceeded", "pathLenConstraint 0, and a CA below", "Short CA",
       [leaf(_SHORTER), _SHORTER, _SHORT]),
    no("path_length", "pathlen-root", "the root's pathLenConstraint 0, and a CA below", "Short Root",
       [leaf(_UNDER_SHORT_ROOT), _UNDER_SHORT_ROOT], trust=[_SHORT_ROOT]),
    no("path_length", "pathlen-1-exceeded", "pathLenConstraint 1, and two CAs below", "Long CA",
       [leaf(_TWO_LONG_THIRD), _TWO_LONG_THIRD, _TWO_LONG_SECOND, _TWO_LONG]),
    no("untrusted_issuer", "pathlen-negative", "a negative pathLenConstraint", LEFT_OUT,
       by(bc=der.basic_constraints(True, -1))),

    no("unsupported_critical_extension", "unknown-leaf", "an unknown critical extension in the leaf",
       "1.3.6.1.4.1.55555.1.1", [leaf(ROOT, more=[UNKNOWN])]),
    no("unsupported_critical_extension", "unknown-intermediate", "an unknown critical extension in the intermediate",
       "1.3.6.1.4.1.55555.1.1", by(more=[UNKNOWN])),
    no("unsupported_critical_extension", "unknown-root", "an unknown critical extension in the root",
       "1.3.6.1.4.1.55555.1.1", **rooted(more=[UNKNOWN])),
    no("malformed", "san-malformed", "a subjectAltName that is not DER", "cannot be parsed",
       [leaf(ROOT, replaced={"san": CUT_OFF})]),
    no("malformed", "eku-malformed", "an extendedKeyUsage that is not DER", "cannot be parsed",
       [leaf(ROOT, replaced={"eku": b"\x30\x09abc"})]),
    no("untrusted_issuer", "bc-malformed", "a basicConstraints that is not DER", LEFT_OUT,
       by(bc=b"\x30\x03\x01\x01")),
    no("bad_extension", "aia-malformed", "an authorityInfoAccess that is not DER",
       "has a malformed authorityInfoAccess", [leaf(ROOT, more=[("aia", b"malformed", False)])], openssl="accepts",
       why="what cannot be read is not skipped (CA/Browser Forum 7.1.2.7.7)"),
    no("malformed", "duplicate", "an extension twice in the leaf", "cannot be parsed",
       [leaf(ROOT, more=[("eku", der.sequence(der.oid("serverAuth")), False)])]),
    no("bad_extension", "duplicate-unknown", "an unknown extension twice in the leaf",
       "has malformed or repeated extensions", [leaf(ROOT, more=[("unknown", der.NULL, False)] * 2)], openssl="accepts",
       why=TWICE),
    no("bad_extension", "duplicate-intermediate", "an extension twice in the intermediate",
       "has malformed or repeated extensions", by(more=[("unknown", der.NULL, False)] * 2), openssl="accepts",
       why=TWICE),
    no("malformed", "trailing", "data behind the extensions", "cannot be parsed", [leaf(ROOT, trailing=b"\x05\x00")],
       unservable="no TLS library loads what it cannot parse itself"),
    no("malformed", "algorithms-differ", "signed otherwise than the certificate says", "cannot be parsed",
       [leaf(ROOT, outer="sha384")]),
    no("bad_extension", "serial-zero", "the serial number 0", "has a serial number that is not a positive one",
       [leaf(ROOT, serial=0)], openssl="accepts",
       why="RFC 5280 section 4.1.2.2: a positive integer; revocation goes by it", odd="serial_number"),
    no("bad_extension", "serial-negative", "a negative serial number", "has a serial number that is not a positive one",
       [leaf(ROOT, serial=-5)], openssl="accepts", why="the same", odd="serial_number"),
    no("bad_extension", "serial-long", "a serial number of 21 octets", "of at most 20 octets", [leaf(ROOT,
       serial=1 << 164)], openssl="accepts", why="RFC 5280 section 4.1.2.2: at most 20 octets", odd="serial_number"),
    no("malformed", "ca-empty-subject", "a CA without a subject", "cannot be parsed",
       [leaf(nameless := ca("", ROOT)), nameless], openssl="strict", why="RFC 5280 section 4.1.2.6",
       wire_says="does not name its issuer"),
    no("bad_extension", "no-aki", "no authorityKeyIdentifier in the leaf", "has no authorityKeyIdentifier", [leaf(ROOT,
       aki=False)], openssl="strict", why=KEY_IDS, odd="key_identifier"),
    no("bad_extension", "no-aki-intermediate", "no authorityKeyIdentifier in the intermediate", "Odd CA",
       by(aki=False), openssl="strict", why=KEY_IDS, odd="key_identifier"),
    no("bad_extension", "aki-critical", "a critical authorityKeyIdentifier", "has a critical authorityKeyIdentifier",
       [leaf(ROOT, critical=["aki"])], odd="key_identifier"),
    no("bad_extension", "no-ski", "no subjectKeyIdentifier in the intermediate", "Odd CA", by(ski=False),
       openssl="strict", why=KEY_IDS, odd="key_identifier"),
    no("bad_extension", "no-ski-root", "no subjectKeyIdentifier in the root", "Odd Root", **rooted(ski=False),
       openssl="strict", why=KEY_IDS, odd="key_identifier"),
    no("bad_extension", "ski-critical", "a critical subjectKeyIdentifier in the intermediate", "Odd CA",
       by(critical=["ski"]), odd="key_identifier"),
]
