"""Every link in the project's Markdown files leads to a file that is there, and to a heading in it; and so does every one in the site
that scripts/docs-site makes of them."""

import html.parser
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

from harness import documents, process
from harness.documents import ROOT, site
from harness.runner import case, check, equal, main


def written():
    """The Markdown files that belong to the project."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=30)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.decode().split() if (ROOT / name).exists()]
    return [path for path in ROOT.rglob("*.md") if not {"build", "node_modules"} & set(path.relative_to(ROOT).parts)]


@case("links in Markdown")
def links(case):
    paths = written()
    check(len(paths) > 25, "documents", paths)
    headings = {path: set(site.anchors(site.parser().parse(path.read_text()))) for path in paths}
    count = 0
    for path in paths:
        tokens = site.parser().parse(path.read_text())
        for link in site.links(tokens):
            target, anchor = site.meant(path, link.attrGet("href"))
            count += 1
            check(target.exists(), f"{path.relative_to(ROOT)}: there is no {link.attrGet('href')}")
            check(not anchor or anchor in headings.get(target, ()), f"{path.relative_to(ROOT)}: there is no heading {link.attrGet('href')}")
    check(count > 80, "links that were found", count)


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        self.links += [attributes["href"]] if tag == "a" and "href" in attributes else []
        check("src" not in attributes and tag != "script", "a page needs something from elsewhere", tag, attributes)


@case("links in the site, all of whose pages are reached from the first one")
def pages(case):
    folder = case.folder / "site"
    process.run(sys.executable, "-B", ROOT / "scripts" / "docs-site", folder)
    found = {path: Page(path) for path in folder.rglob("*.html")}
    check(len(found) > 25, "pages", len(found))
    reached, waiting = {folder / "index.html"}, [folder / "index.html"]
    for path in waiting:
        for href in found[path].links:
            link = urllib.parse.urlsplit(href)
            if link.scheme:
                continue
            target = pathlib.Path(os.path.normpath(path.parent / link.path)) if link.path else path
            check(target.is_file(), f"{path.relative_to(folder)}: there is no {href}")
            check(not link.fragment or link.fragment in found[target].ids, f"{path.relative_to(folder)}: there is no heading {href}")
            if target in found and target not in reached:
                reached.add(target)
                waiting.append(target)
    equal(set(found) - reached, set(), "pages that no link leads to")
    again = subprocess.run([sys.executable, "-B", ROOT / "scripts" / "docs-site", folder], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=60)
    check(again.returncode == 2 and b"is not an empty folder" in again.stdout, "a folder that has something", again.stdout)


@case("the contents name every document, in one order")
def contents(case):
    text = (ROOT / "docs" / "README.md").read_text()
    equal(re.findall(r"^## (.*)", text, re.MULTILINE), ["Start", "Configuration", "Recipes", "Operation", "Security", "Internals"], "parts")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    equal(numbers, list(range(1, len(numbers) + 1)), "numbers of its lines")
    tokens = site.parser().parse(text)
    named = {site.meant(ROOT / "docs" / "README.md", link.attrGet("href"))[0] for link in site.links(tokens)}
    missing = {path for path in (ROOT / "docs").rglob("*.md")} - named - {ROOT / "docs" / "README.md"}
    equal(missing, set(), "documents that docs/README.md does not name")


@case("blocks of code are told apart: commands, and what is none")
def told_apart(case):
    path = case.folder / "x.md"
    path.write_text("# A\n\n    persona check\n\nx\n\n    listen: 1\n\n```sh\nls\n```\n\n```yaml\na: 1\n```\n\n<!-- not run: why -->\n\n    scripts/test\n\n"
                    "    $ psql\n")
    documents.ROOT = case.folder
    try:
        found = [(block.line, block.not_run) for block in documents.blocks(path) if block.has_commands()]
    finally:
        documents.ROOT = ROOT
    equal(found, [(3, None), (9, None), (19, "why")], "blocks with commands")


main()
