"""What a row of the table is."""

import dataclasses

from .issue import Certificate

NAME = "gateway.test"
# mbedTLS cannot parse it, so that a handshake fails before there is anything to verify.
UNREADABLE = "cannot be parsed"
UNREADABLE_ON_WIRE = "a certificate that the gateway sent cannot be read"
PROFILES = "private", "public"
# The same of one behind the leaf: it is left out, and what it issued has no issuer.
LEFT_OUT = "which trust.ca does not contain"


@dataclasses.dataclass
class Case:
    id: str
    what: str  # in words, for docs/verification.md
    # Under trust.profile: public; the other one says the same unless `odd` or `private` is there.
    reason: str  # "ok", the word of the refusal, or "at_start": persona does not start with such trust
    says: str  # part of the sentence; "" for what is accepted
    serve: list  # what the gateway presents, leaf first
    trust: list
    crls: list = dataclasses.field(default_factory=list)
    name: str = NAME  # gateway.server_name
    role: str = "gateway"  # or "client": whose chain it is
    pins: list = dataclasses.field(default_factory=list)
    odd: str = ""  # the warning with which trust.profile: private accepts it
    private: tuple = ()  # what trust.profile: private refuses it for, if for something else: (reason, says)
    crl_expired: str = "refuse"  # trust.crl_expired
    openssl: str = ""  # "accepts", "refuses", "strict": refuses with -x509_strict only, or "varies" by its version
    why: str = ""  # where OpenSSL's verdict is another one
    # Where the verdict is not the verifier's, or told otherwise, when a gateway serves it:
    wire: str = "verify_failed"  # the reason word of the log; "start": persona does not start with such trust
    wire_says: str = ""
    unservable: str = ""  # why no TLS server can present it to persona
    # What is said where mbedTLS lacks our patches, and cannot parse it: (reason, says).
    unpatched: tuple = ()

    @property
    def is_good(self):
        return self.reason == "ok"

    def said(self, profile):
        """All that may be said: (reason, words of the verifier, words of the log)."""
        said = (self.reason, self.says, self.wire_says or self.says)
        if profile == "private" and (self.odd or self.private):
            reason, says = self.private or ("ok", "")
            said = (reason, says, says)
        return [said, (*self.unpatched, UNREADABLE_ON_WIRE)] if self.unpatched else [said]

    def accepted_by(self, profile):
        return self.said(profile)[0][0] == "ok"


def ok(id, what, serve, trust=None, openssl="accepts", **more):
    return Case(id, what, "ok", "", serve, [ROOT] if trust is None else trust, openssl=openssl, **more)


def no(reason, id, what, says, serve, trust=None, openssl="refuses", **more):
    if reason == "at_start":
        more["wire"] = "start"
    if says == UNREADABLE:
        more = {"wire_says": UNREADABLE_ON_WIRE} | more
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
