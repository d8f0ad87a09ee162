"""What a row of docs/certificates.md is: how a tool makes certificates, written down so that they can be made without it."""

import dataclasses
import hashlib

from chains.issue import Certificate

from . import extensions

NAME = "db.example.com"


@dataclasses.dataclass(frozen=True)
class Shape:
    """A certificate with exactly these extensions, in this order."""
    subject: str
    extensions: tuple = ()
    key: str = "rsa2048"
    digest: str | None = None  # else what the signing key suggests
    version: int = 3
    serial: int | None = None
    since: float = -30  # days from now
    until: float = 90
    key_id_in_words: bool = False  # key identifiers are hexadecimal text, as HashiCorp's Consul writes them

    @property
    def is_ca(self):
        return any("CA:TRUE" in text for text in self.extensions)


class Form(Certificate):
    """A certificate of a shape; nothing that the shape does not have is in it."""

    def __init__(self, shape, by=None):
        super().__init__(shape.subject, by, is_ca=shape.is_ca, key=shape.key, digest=shape.digest, since=shape.since,
                         until=shape.until, serial=shape.serial, version=shape.version)
        self._shape = shape

    @property
    def key_id(self):
        return hashlib.sha256(self.spki).digest().hex(":").encode() if self._shape.key_id_in_words else super().key_id

    def _extensions(self):
        for text in self._shape.extensions:
            yield extensions.encode(text, self)


@dataclasses.dataclass
class Recipe:
    id: str
    tool: str
    how: str  # the command, or the setting, in Markdown
    source: str  # the documentation, or the program whose output this is
    shapes: list  # the leaf first, each issued by the next one; a single one is issued by itself, and is the anchor
    name: str = NAME  # what persona dials
    role: str = "gateway"  # or "client": whose certificate it is
    run: object = None  # makes it with the tool itself, in a Workshop: the certificates in PEM, in the same order
    insecure: str = ""  # why nobody may accept it


@dataclasses.dataclass
class Chain:
    """A chain to be judged, with all that chains.openssl asks of a case."""
    id: str
    serve: list
    trust: list
    name: str
    role: str
    crls: list = dataclasses.field(default_factory=list)


def v1(subject, **more):
    return Shape(subject, version=1, **more)


def v3(subject, *extensions, **more):
    return Shape(subject, extensions, **more)


def build(recipe):
    """The chain of a recipe."""
    issued = []
    for shape in reversed(recipe.shapes):
        issued.append(Form(shape, issued[-1] if issued else None))
    return as_chain(recipe, issued[::-1])


def as_chain(recipe, certificates):
    return Chain(recipe.id, certificates[:-1] or certificates, certificates[-1:], recipe.name, recipe.role)
