"""What a row of the table is."""

import dataclasses

from .issue import Certificate

NAME = "gateway.test"
# mbedTLS cannot parse it, so that a handshake fails before there is anything to verify.
UNREADABLE = "cannot be parsed"


@dataclasses.dataclass
class Case:
    id: str
    what: str  # in words, for docs/verification.md
    reason: str  # "ok", the word of the refusal, or "at_start": persona does not start with such trust
    says: str  # part of the sentence; "" for what is accepted
    serve: list  # what the gateway presents, leaf first
    trust: list
    crls: list = dataclasses.field(default_factory=list)
    name: str = NAME  # gateway.server_name
    role: str = "gateway"  # or "client": whose chain it is
    pins: list = dataclasses.field(default_factory=list)
    crl_expired: str = "refuse"  # trust.crl_expired
    openssl: str = ""  # "accepts", "refuses", "strict": refuses with -x509_strict only, or "varies" by its version
    why: str = ""  # where OpenSSL's verdict is another one
    # Where the verdict is not the verifier's, or told otherwise, when a gateway serves it:
    wire: str = "verify_failed"  # the reason word of the log; "start": persona does not start with such trust
    wire_says: str = ""
    unservable: str = ""  # why no TLS server can present it to persona
    # What is said where mbedTLS is older than 3.6.7, which parses what 3.6.7 does not: (reason, says).
    older: tuple = ()

    @property
    def is_good(self):
        return self.reason == "ok"

    @property
    def said(self):
        """All that may be said: (reason, words of the verifier, words of the log)."""
        newest = (self.reason, self.says, self.wire_says or self.says)
        return [newest, (*self.older, self.older[1])] if self.older else [newest]


def ok(id, what, serve, trust=None, openssl="accepts", **more):
    return Case(id, what, "ok", "", serve, [ROOT] if trust is None else trust, openssl=openssl, **more)


def no(reason, id, what, says, serve, trust=None, openssl="refuses", **more):
    if reason == "at_start":
        more["wire"] = "start"
    if says == UNREADABLE:
        more |= {"wire_says": "a certificate that the gateway sent cannot be read"}
    return Case(id, what, reason, says, serve, [ROOT] if trust is None else trust, openssl=openssl, **more)


def ca(name, by=None, **more):
    return Certificate(f"CN={name}" if name else "", by, is_ca=True, **more)


def leaf(by, *san, **more):
    """A gateway's certificate; its names, if it is not that of all cases."""
    return Certificate(more.pop("subject", "CN=the gateway"), by, san=list(san) or more.pop("san", None), **more)


ROOT = ca("Root")
ONE = ca("Issuing CA 1", ROOT)
TWO = ca("Issuing CA 2", ONE)
THREE = ca("Issuing CA 3", TWO)
OTHER = ca("Other Root")
OTHER_ONE = ca("Other Issuing CA", OTHER)
