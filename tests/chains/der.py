"""DER, written by hand: certificates and lists that no library would write have to be written too."""

import ipaddress

# Object identifiers of what the cases are made of.
OIDS = {
    "CN": "2.5.4.3", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6", "DC": "0.9.2342.19200300.100.1.25",
    "ST": "2.5.4.8", "L": "2.5.4.7", "UID": "0.9.2342.19200300.100.1.1", "dnQualifier": "2.5.4.46",
    "serialNumber": "2.5.4.5", "emailAddress": "1.2.840.113549.1.9.1",
    "serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2", "codeSigning": "1.3.6.1.5.5.7.3.3",
    "anyExtendedKeyUsage": "2.5.29.37.0",
    "ski": "2.5.29.14", "ku": "2.5.29.15", "san": "2.5.29.17", "bc": "2.5.29.19", "crl_number": "2.5.29.20",
    "reason": "2.5.29.21", "delta": "2.5.29.27", "distribution_point": "2.5.29.28", "nc": "2.5.29.30",
    "policies": "2.5.29.32", "aki": "2.5.29.35", "policy_constraints": "2.5.29.36", "eku": "2.5.29.37",
    "aia": "1.3.6.1.5.5.7.1.1", "unknown": "1.3.6.1.4.1.55555.1.1",
}
KEY_USAGES = ["digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
              "keyCertSign", "cRLSign"]
# Attributes of names that are not in UTF-8 (RFC 5280, appendix A.1; RFC 4519 section 2.4).
_STRINGS = {"C": 0x13, "dnQualifier": 0x13, "serialNumber": 0x13, "DC": 0x16, "emailAddress": 0x16}
NULL = b"\x05\x00"


def tlv(tag, *contents):
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def sequence(*contents):
    return tlv(0x30, *contents)


def set_of(*contents):
    return tlv(0x31, *sorted(contents))


def octets(content):
    return tlv(0x04, content)


def bits(content, unused=0):
    return tlv(0x03, bytes([unused]), content)


def boolean(value):
    return tlv(0x01, b"\xff" if value else b"\x00")


def integer(value):
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def explicit(number, content):
    return tlv(0xA0 | number, content)


def oid(name):
    first, second, *others = map(int, OIDS.get(name, name).split("."))
    encoded = b""
    for number in [first * 40 + second, *others]:
        group = bytes([number & 0x7F])
        while number := number >> 7:
            group = bytes([0x80 | number & 0x7F]) + group
        encoded += group
    return tlv(0x06, encoded)


def time(moment):
    """UTCTime up to 2049, GeneralizedTime after that (RFC 5280 section 4.1.2.5)."""
    if 1950 <= moment.year < 2050:
        return tlv(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def name(text):
    """A distinguished name of "O=Example,CN=db"; an empty text is an empty name."""
    parts = [part.split("=", 1) for part in text.split(",") if part]
    return sequence(*[set_of(sequence(oid(kind), tlv(_STRINGS.get(kind, 0x0C), value.encode())))
                      for kind, value in parts])


def _address(text):
    if "/" in text:
        network = ipaddress.ip_network(text)
        return network.network_address.packed + network.netmask.packed
    return ipaddress.ip_address(text).packed


def general_name(text):
    """ "dns:a.example", "ip:10.0.0.1" or, for a constraint, "ip:10.0.0.0/8", "email:", "uri:", "dir:CN=x", "id:" (a
    registeredID), "other:"; "octets:HEX" is an iPAddress of any length. "\\0" stands for a NUL."""
    kind, value = text.split(":", 1)
    plain = value.replace("\\0", "\0").encode()
    if kind == "dir":
        return explicit(4, name(value))
    if kind == "other":
        return tlv(0xA0, oid("unknown"), explicit(0, tlv(0x0C, plain)))
    if kind == "id":
        return tlv(0x88, oid(value)[2:])
    if kind in ("ip", "octets"):
        return tlv(0x87, bytes.fromhex(value) if kind == "octets" else _address(value))
    return tlv({"email": 0x81, "dns": 0x82, "uri": 0x86}[kind], plain)


def general_names(texts):
    return sequence(*map(general_name, texts))


def extension(kind, content, critical=False):
    return sequence(oid(kind), boolean(True) if critical else b"", octets(content))


def key_usage(usages):
    value = sum(0x80 >> KEY_USAGES.index(usage) for usage in usages)
    unused = (value & -value).bit_length() - 1 if value else 0
    return bits(bytes([value]) if value else b"", unused)


def basic_constraints(is_ca, path_length=None):
    return sequence(boolean(True) if is_ca else b"", b"" if path_length is None else integer(path_length))


def name_constraints(permitted=(), excluded=()):
    def subtrees(number, texts):
        # In a GeneralSubtree the minimum is 0, which DER leaves out.
        return tlv(0xA0 | number, *[sequence(general_name(text)) for text in texts]) if texts else b""

    return sequence(subtrees(0, permitted), subtrees(1, excluded))
