"""Usage: make-admin-page.py FOLDER OUTPUT: the page for administrators as C++ string literals, and the Content-Security-Policy
that lets a browser run and use its own script and style and nothing else."""
import base64
import hashlib
import pathlib
import sys

SCRIPTS = ("words.js", "numbers.js", "elements.js", "page.js")
LITERAL_LIMIT = 65_000  # octets: what MSVC takes as one literal, and what C++ asks of every compiler


def digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def put(page: str, tag: str, content: str) -> str:
    empty = f"<{tag}></{tag}>"
    if page.count(empty) != 1:
        sys.exit(f"page.html does not have {empty} once")
    if f"</{tag}" in content.lower():
        sys.exit(f"what goes into <{tag}> would end it")
    return page.replace(empty, f"<{tag}>{content}</{tag}>")


def literal(line: str) -> str:
    return '"' + "".join(chr(c) if 0x20 <= c < 0x7F and c not in b'"\\?' else f"\\{c:03o}" for c in line.encode()) + '"\n'


def main() -> None:
    folder, output = map(pathlib.Path, sys.argv[1:])
    style = (folder / "page.css").read_text(encoding="utf-8")
    # One scope of its own, so that nothing of it is visible to whatever else a browser puts into a page.
    script = "(() => {\n'use strict';\n" + "\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS) + "})();\n"
    page = put(put((folder / "page.html").read_text(encoding="utf-8"), "style", style), "script", script)
    if len(page.encode()) > LITERAL_LIMIT:
        sys.exit(f"the page has {len(page.encode())} octets, and may have {LITERAL_LIMIT}")
    policy = "; ".join(("default-src 'none'", f"script-src {digest(script)}", f"style-src {digest(style)}", "connect-src 'self'",
                        "img-src data:", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
                        "require-trusted-types-for 'script'", "trusted-types 'none'"))
    with open(output, "w", encoding="ascii") as out:
        out.write(f"constexpr std::string_view page_policy =\n{literal(policy)};\nconstexpr std::string_view page_content =\n")
        out.writelines(literal(line) for line in page.splitlines(keepends=True))
        out.write(";\n")


main()
