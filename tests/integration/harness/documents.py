"""The project's documents: their links, and the commands in them. `scripts/docs-site` reads Markdown; this reads what it found."""

import importlib.machinery
import importlib.util
import pathlib
import re
import shutil

from .runner import check

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Before a block whose commands no test runs, with the reason.
NOT_RUN = re.compile(r"<!-- not run: (.*?) -->\s*$", re.DOTALL)
LANGUAGES = {"sh", "bash", "bat", "console", "powershell"}
# Programs that may be missing where the tests run; those that are there are found.
PROGRAMS = {"persona", "kubectl", "docker", "podman", "helm", "spire-server", "spire-agent", "sudo", "apt-get", "apt", "dnf", "systemctl",
            "tpm2_ptool", "msiexec", "curl", "psql"}


def _site():
    loader = importlib.machinery.SourceFileLoader("docs_site", str(ROOT / "scripts" / "docs-site"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


site = _site()


class Block:
    """A block of code: where it is, and what is in it."""

    def __init__(self, document, heading, token, before):
        self.document, self.heading, self.content = document, heading, token.content
        self.line = token.map[0] + 1
        self.language = token.info.strip() if token.type == "fence" else None
        self.not_run = (NOT_RUN.search(before) or [None, None])[1]

    def __str__(self):
        return f"{self.document}:{self.line}"

    def has_commands(self):
        """Fences say so by their language; what is merely indented by the first word of a paragraph."""
        if self.language is not None:
            return self.language in LANGUAGES
        return any(_is_command(part) for part in self.content.split("\n\n"))


def _is_command(text):
    words = text.split()
    words = words[1:] if words[:1] == ["$"] else words
    first = words[0] if words else ""
    return first in PROGRAMS or bool(re.match(r"\.?[\\/]?(scripts|build|persona)[\\/]|\.\\persona", first)) or \
        (text[:1].isalpha() and shutil.which(first) is not None)


def blocks(path):
    """All of a document, in order."""
    text = path.read_text()
    lines, heading, found = text.splitlines(keepends=True), "", []
    tokens = site.parser().parse(text)
    for token, after in zip(tokens, [*tokens[1:], None]):
        if token.type == "heading_open":
            heading = site.words_of(after)
        elif token.type in ("fence", "code_block"):
            found.append(Block(str(path.relative_to(ROOT)), heading, token, "".join(lines[:token.map[0]]).rstrip() + "\n"))
    return found


def commands(*patterns):
    """The blocks of commands in documents, by patterns of their names."""
    paths = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
    check(paths, "there are no such documents", patterns)
    return [block for path in paths for block in blocks(path) if block.has_commands()]


def check_all_ran(ran, *patterns):
    """Every block of commands there is among `ran`, which is what they contain, unless it says that it is not run."""
    left = [str(block) for block in commands(*patterns) if block.content not in ran and not block.not_run]
    check(not left, "commands that no case has run; or write <!-- not run: why --> before them", *left)
