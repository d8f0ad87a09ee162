"""What README.md and the other documents name is there, and what there is they name: commands and their options, metrics, what
administrators may ask for, reasons, keys. (Commands that belong together are run as they are written by readme_tunnel_works,
database_recipes and, for docs/windows.md, the_document_is_true.)"""

import contextlib
import pathlib
import re

import yaml

from harness.administrators import admin_of, get
from harness.certificates import Pki
from harness.persona import Persona, cli, config
from harness.runner import case, check, equal, main
from harness.sockets import connect, read_to_end, refused_address, text

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", *sorted(set((ROOT / "docs").rglob("*.md")) - {ROOT / "docs" / "windows.md"}), *sorted((ROOT / "contrib").rglob("*.md")),
             *sorted((ROOT / "conf").glob("*.yaml"))]
# A program in code: in `backticks`, or at the beginning of a line of a block.
COMMAND = re.compile(r"(?:`|^(?: {4}|\t)? *(?:\$ |PS> )?|\$\()(?:\.[\\/]|build/release/bin/)?persona((?: [^`|#\n]*)?)(?=[`|#\n])",
                     re.MULTILINE)
WORD = re.compile(r"[a-z]+(-[a-z]+)*")


def section(heading, level="##"):
    return README.split(f"\n{level} {heading}\n", 1)[1].split(f"\n{level} ", 1)[0]


def in_code(document):
    """Words behind `persona` in the code of a document."""
    content = document.read_text()
    lines = [match[1].split("  ")[0].rstrip(" &").split() for match in COMMAND.finditer(content)]
    commands = set(re.findall(r"^ {2}([a-z]+)\b", cli("--help").split("Subcommands:", 1)[-1], re.MULTILINE))
    # A line of prose may begin with the name.
    return [words for words in lines if words and (words[0] in commands or words[0].startswith("-"))], commands


@case("commands and their options", deadline=120)
def commands(case):
    helps = {}

    def help_of(path):
        if path not in helps:
            helps[path] = cli(*path, "--help")
        return helps[path]

    seen = set()
    for document in DOCUMENTS:
        for words in in_code(document)[0]:
            path = []
            for word in words:
                if not WORD.fullmatch(word) or not re.search(rf"^  {word}\b", help_of(tuple(path)), re.MULTILINE):
                    break
                path.append(word)
            seen.add(tuple(path))
            for option in (word.split("=")[0] for word in words if re.match(r"--?[a-zA-Z]", word)):
                check(re.search(rf"(^|[\s,]){option}\b", help_of(tuple(path)), re.MULTILINE),
                      f"{document.name}: persona {' '.join(words)}: there is no {option}", help_of(tuple(path)))
    check({("run",), ("check",), ("doctor",), ("ready",), ("sessions",), ("sessions", "close"), ("agent",), ("completion",), ("manual",), ("pki",),
           ("pki", "issue"), ("service", "install"), ("version",)} <= seen, "commands that were found", sorted(seen))


@case("metrics with their labels, reasons, and what administrators may ask for")
def metrics(case):
    with refused_address() as bad:
        persona = Persona(case, config(Pki(case), gateway=text(bad), admin={"listen": "127.0.0.1:0"}))
        with contextlib.suppress(OSError), connect(persona.address) as client:
            read_to_end(client)
        persona.next_close("dial_failed")
        answer = get(admin_of(persona), "/metrics")
        with connect(admin_of(persona)) as client:
            client.sendall(b"GET /nothing HTTP/1.1\r\n\r\n")
            paths = re.findall(r"/[a-z/]*", read_to_end(client)[0].decode().split("there are ", 1)[1])
    there = {}
    for name, labels in re.findall(r"^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? \S+$", answer, re.MULTILINE):
        there.setdefault(name, set()).update(set(re.findall(r'(\w+)="', labels)) - {"le"})
    told = {}
    chapter = section("Metrics")
    for cell in re.findall(r"^\| (`persona_[^|]*) \|", chapter, re.MULTILINE):
        for name, labels in re.findall(r"`(\w+)(?:\{(.*?)\})?`", cell):
            told[name] = set(filter(None, labels.split(",")))
    equal({name: labels for name, labels in there.items() if name.startswith("persona_")}, told, "metrics")
    per_service = len(re.findall(r'^[^#].*service="', answer, re.MULTILINE))
    about = int(re.search(r"has about (\d+) series", chapter)[1])
    check(abs(per_service - about) < 15, f"about {about} series a service", per_service)
    reasons = set(re.findall(r'persona_connections_total\{.*reason="(\w+)"', answer))
    table = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section("What a connection's end looks like"), re.MULTILINE)
    equal({reason for cell in table for reason in re.findall(r"\w+", cell)}, reasons, "reasons")
    check(len(paths) > 5, "paths that there are", paths)
    for path in paths:
        check(re.search(rf"`(?:GET |POST )?{path}`", README), f"README.md does not have {path}")
    page = (ROOT / "conf" / "full.yaml").read_text()
    for path in ("/healthz", "/readyz", "/startup", "/metrics", "/status"):
        check(path in page, f"conf/full.yaml does not have {path}")


@case("keys of the README are keys of conf/full.yaml")
def keys(case):
    lines = [re.sub(r"^(\s*)# ?(?=[\w -]+:|- |  )", r"\1", line) for line in (ROOT / "conf" / "full.yaml").read_text().splitlines()]
    there = set(re.findall(r"(?:^|[{ ,])(\w+):(?= |$)", "\n".join(lines), re.MULTILINE))
    roots = {"trust", "gateway", "clients", "access", "limits", "listen", "admin", "log", "reload", "timeouts", "tls", "tcp", "identity",
             "service", "ready"}
    named = [key for key in re.findall(r"`([a-z]+(?:\.[a-z_]+)+)`", README) if key.split(".")[0] in roots and not key.endswith(".yaml")]
    check(len(named) > 30, "keys that were found", named)
    for key in named:
        for part in key.split("."):
            check(part in there, f"README.md has {key}, and conf/full.yaml no {part}")
    equal(yaml.safe_load((ROOT / "conf" / "full.yaml").read_text())["name"], "full", "what the file is")


main()
