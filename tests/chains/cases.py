"""Every chain case, in the order of docs/verification.md."""

from . import constraints, names, paths, revocation, strength, usage

GROUPS = {
    "Paths, validity, signatures, pins": paths.CASES,
    "Names": names.CASES,
    "Name constraints": constraints.CASES,
    "Usage, CAs and encodings": usage.CASES,
    "Keys and signatures": strength.CASES,
    "Revocation": revocation.CASES,
}
CASES = [case for cases in GROUPS.values() for case in cases]
