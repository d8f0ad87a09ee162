"""Extensions in the words of OpenSSL's configuration files: "keyUsage=critical,digitalSignature,keyEncipherment"."""

from chains import der

OIDS = {
    "basicConstraints": "2.5.29.19", "keyUsage": "2.5.29.15", "extendedKeyUsage": "2.5.29.37",
    "subjectAltName": "2.5.29.17", "subjectKeyIdentifier": "2.5.29.14", "authorityKeyIdentifier": "2.5.29.35",
    "nameConstraints": "2.5.29.30", "certificatePolicies": "2.5.29.32", "crlDistributionPoints": "2.5.29.31",
    "authorityInfoAccess": "1.3.6.1.5.5.7.1.1", "nsCertType": "2.16.840.1.113730.1.1",
    "nsComment": "2.16.840.1.113730.1.13", "signedCertificateTimestamps": "1.3.6.1.4.1.11129.2.4.2",
    "microsoftCertificateTemplateName": "1.3.6.1.4.1.311.20.2", "microsoftCaVersion": "1.3.6.1.4.1.311.21.1",
    "microsoftCertificateTemplate": "1.3.6.1.4.1.311.21.7",
    "microsoftApplicationPolicies": "1.3.6.1.4.1.311.21.10", "aspNetHttps": "1.3.6.1.4.1.311.84.1.1",
    "smallstepProvisioner": "1.3.6.1.4.1.37476.9000.64.1", "openShiftServiceUid": "1.3.6.1.4.1.2312.17.100.2.1",
}
NAMES = {oid: name for name, oid in OIDS.items()}
USAGES = {
    "serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2", "codeSigning": "1.3.6.1.5.5.7.3.3",
    "emailProtection": "1.3.6.1.5.5.7.3.4", "timeStamping": "1.3.6.1.5.5.7.3.8", "OCSPSigning": "1.3.6.1.5.5.7.3.9",
    "iKEIntermediate": "1.3.6.1.5.5.8.2.2", "anyExtendedKeyUsage": "2.5.29.37.0",
    "encryptingFileSystem": "1.3.6.1.4.1.311.10.3.4", "smartcardLogon": "1.3.6.1.4.1.311.20.2.2",
    "kerberosKdc": "1.3.6.1.5.2.3.5",
}
_USER_PRINCIPAL_NAME = "1.3.6.1.4.1.311.20.2.3"
_NETSCAPE_TYPES = {"client": 0x80, "server": 0x40, "sslCA": 0x04, "emailCA": 0x02, "objCA": 0x01}


def _usage(name):
    return der.oid(USAGES.get(name, name))


def _general_name(text):
    kind, value = text.split(":", 1)
    if kind == "UPN":
        return der.tlv(0xA0, der.oid(_USER_PRINCIPAL_NAME), der.explicit(0, der.tlv(0x0C, value.encode())))
    return der.general_name({"RID": "id", "email": "email"}.get(kind, kind.lower()) + ":" + value)


def _basic_constraints(values, _):
    lengths = [int(value.removeprefix("pathlen:")) for value in values if value.startswith("pathlen:")]
    return der.basic_constraints("CA:TRUE" in values, lengths[0] if lengths else None)


def _key_identifier(_, certificate):
    return der.octets(certificate.key_id)


def _authority_key_identifier(values, certificate):
    by = certificate.by or certificate
    of_issuer = by.by or by
    parts = [der.tlv(0x80, by.key_id)] if "keyid" in values else []
    if "issuer" in values:
        parts += [der.tlv(0xA1, der.explicit(4, der.name(of_issuer.subject))),
                  b"\x82" + der.integer(by.serial)[1:]]
    return der.sequence(*parts)


def _name_constraints(values, _):
    parts = [value.split(";") for value in values]
    lists = {which: [":".join([name.split(":", 1)[0].lower(), name.split(":", 1)[1]]) for kind, name in parts
                     if kind == which] for which in ("permitted", "excluded")}
    return der.name_constraints(lists["permitted"], lists["excluded"])


def _netscape_type(values, _):
    bits = sum(_NETSCAPE_TYPES[value] for value in values)
    return der.bits(bytes([bits]), (bits & -bits).bit_length() - 1)


def _text(values, _):
    return der.tlv(0x16, ",".join(values).encode())


def _distribution_points(values, _):
    return der.sequence(*[der.sequence(der.explicit(0, der.explicit(0, _general_name(value)))) for value in values])


def _information_access(values, _):
    methods = {"OCSP": "1.3.6.1.5.5.7.48.1", "caIssuers": "1.3.6.1.5.5.7.48.2"}
    return der.sequence(*[der.sequence(der.oid(methods[method]), _general_name(place))
                          for method, place in (value.split(";") for value in values)])


def _raw(values, _):
    """ "hex:0500", "bmp:WebServer", "utf8:x", or an encoded sequence of object identifiers "oids:1.2.3 1.2.4"."""
    kind, value = ",".join(values).split(":", 1)
    if kind == "oids":
        return der.sequence(*[der.sequence(_usage(each)) for each in value.split()])
    if kind == "integer":
        return der.integer(int(value))
    return {"hex": lambda: bytes.fromhex(value), "bmp": lambda: der.tlv(0x1E, value.encode("utf-16-be")),
            "octets": lambda: der.octets(bytes.fromhex(value)), "utf8": lambda: der.tlv(0x0C, value.encode())}[kind]()


_CONTENTS = {
    "basicConstraints": _basic_constraints,
    "keyUsage": lambda values, _: der.key_usage(values),
    "extendedKeyUsage": lambda values, _: der.sequence(*map(_usage, values)),
    "subjectAltName": lambda values, _: der.sequence(*map(_general_name, values)),
    "subjectKeyIdentifier": _key_identifier,
    "authorityKeyIdentifier": _authority_key_identifier,
    "nameConstraints": _name_constraints,
    "certificatePolicies": lambda values, _: der.sequence(*[der.sequence(der.oid(value)) for value in values]),
    "crlDistributionPoints": _distribution_points,
    "authorityInfoAccess": _information_access,
    "nsCertType": _netscape_type,
    "nsComment": _text,
}


def encode(text, certificate):
    """(object identifier, content, whether it is critical) of an extension of this certificate."""
    name, _, value = text.partition("=")
    values = value.split(",") if value else []
    critical = values[:1] == ["critical"]
    content = _CONTENTS.get(name, _raw)(values[critical:], certificate)
    return OIDS.get(name, name), content, critical
