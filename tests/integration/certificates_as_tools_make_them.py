"""Every recipe of tests/recipes: persona accepts most of what real tools make, says what to do where it does not, and accepts
nothing that is insecure; and docs/certificates.md tells it (`certificates_as_tools_make_them.py --write` writes it anew)."""

import collections
import concurrent.futures
import dataclasses
import functools
import os
import pathlib
import re
import sys
import tempfile

from harness import process
from harness.persona import verify_cases
from harness.runner import SMALLER, Failure, case, check, equal, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from chains import issue, openssl  # noqa: E402
from recipes import document, verdicts  # noqa: E402
from recipes.describe import Read  # noqa: E402
from recipes.groups import RECIPES  # noqa: E402
from recipes.recipe import Form, as_chain, build  # noqa: E402
from recipes.workshop import Failed, Missing, Workshop  # noqa: E402

DOCUMENT = ROOT / "docs" / "certificates.md"
ASKED = [recipe for recipe in RECIPES if not recipe.insecure]
# What a sentence has that says what to do: a command, a key of the configuration, or a pin.
REMEDIES = ["openssl ", "persona pki", "gateway.", "trust.", "sha256//"]
# What may be said of a chain that was made insecure.
WEAKENED = {"expired": ["expired"], "not valid yet": ["not_yet_valid"], "RSA 1024": ["weak_key"],
            "SHA-1": ["weak_signature"], "another name": ["name_mismatch"],
            "another CA of that name": ["untrusted_issuer", "bad_signature"]}


def at_once(function, items):
    """Their results in order; half of the waiting is for other processes."""
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        return list(pool.map(function, items))


def judged(questions):
    with tempfile.TemporaryDirectory() as folder:
        return verdicts.by_persona(verify_cases, pathlib.Path(folder), questions)


@functools.lru_cache(maxsize=None)
def chains():
    """Of every recipe, by its id."""
    # RSA keys cost the most: all at once, before anybody waits for one.
    shapes = {(shape.key, not shape.is_ca) for recipe in RECIPES for shape in recipe.shapes if shape.key.startswith("rsa")}
    at_once(lambda kind: issue.make_key(*kind), sorted(shapes, reverse=True))
    return {recipe.id: build(recipe) for recipe in RECIPES}


@functools.lru_cache(maxsize=None)
def persona():
    """Its verdict on every recipe, by its id."""
    return judged([verdicts.question(chain) for chain in chains().values()])


@functools.lru_cache(maxsize=None)
def pinned():
    """Its verdict with `gateway.verify: pins` where the name is in the way, by the recipes' ids."""
    return judged([verdicts.pinned(chains()[id]) for id, verdict in persona().items()
                   if verdict["reason"] == "name_mismatch"])


def report(problems, done):
    for problem in problems:
        print(f"  {problem}", flush=True)
    check(not problems, f"{len(problems)} problems")
    print(f"  {done}", flush=True)


@case("the table is long enough: 95 recipes of 40 tools, none twice")
def long_enough(case):
    equal([id for id, count in collections.Counter(recipe.id for recipe in RECIPES).items() if count > 1], [],
          "recipes of the same name")
    tools = {recipe.tool for recipe in ASKED}
    check(len(ASKED) >= 95 and len(tools) >= 40, f"{len(ASKED)} recipes of {len(tools)} tools are too few")


@case("two thirds of what tools make is accepted, the rest is told what to do, and what is insecure is refused", deadline=150)
def accepted(case):
    problems = []
    for recipe in RECIPES:
        verdict = persona()[recipe.id]
        if recipe.insecure and verdict["accepted"]:
            problems.append(f"{recipe.id} is accepted, and is insecure: {recipe.insecure}")
        elif recipe in ASKED and not verdict["accepted"] and not any(word in verdict["sentence"] for word in REMEDIES):
            problems.append(f"{recipe.id}: {verdict['reason']} does not say what to do: {verdict['sentence']}")
    good = sum(persona()[recipe.id]["accepted"] for recipe in ASKED)
    if 3 * good < 2 * len(ASKED):
        problems.append(f"{good} of {len(ASKED)} are accepted, less than two thirds")
    report(problems, f"{good} of {len(ASKED)} recipes are accepted")


@case("where the name is in the way, the pin of the gateway's key leads out", deadline=90)
def by_pin(case):
    report([f"{id}: {verdict['reason']}: {verdict['sentence']}" for id, verdict in pinned().items()
            if not verdict["accepted"]], f"{len(pinned())} recipes without the name are accepted by their pins")


def mended(folder, recipe, command):
    """The chain once the command of a sentence was run by whoever has the files that it names."""
    chain = chains()[recipe.id]
    leaf, issuer = chain.serve[0], [*chain.serve[1:], *chain.trust][0]
    for name, text in (("ca.crt", issuer.pem), ("ca.key", issuer.key_pem), ("gateway.key", leaf.key_pem)):
        (folder / name).write_text(text)
    process.run("openssl", "req", "-new", "-key", folder / "gateway.key", "-subj", "/CN=gateway", "-out", folder / "gateway.csr")
    process.run("bash", "-c", command, cwd=folder)
    made = {name: Read((folder / name).read_text()) for name in ("gateway.crt", "new-ca.crt") if (folder / name).is_file()}
    is_own_anchor = len(recipe.shapes) == 1 and "x509 -req" not in command
    serve = [made.get("gateway.crt", leaf), *chain.serve[1:]]
    trust = [made["new-ca.crt"]] if "new-ca.crt" in made else serve if is_own_anchor else chain.trust
    return dataclasses.replace(chain, serve=serve, trust=trust)


@case("the command of a sentence makes what is accepted", deadline=120)
def by_command(case):
    if SMALLER:
        print("  run where the release is tested: the sentences do not depend on the build")
        return
    commands = {}
    for recipe in ASKED:
        if found := re.search(r"openssl .*? -out (gateway|new-ca)\.crt", persona()[recipe.id]["sentence"]):
            commands[recipe.id] = (recipe, found[0])

    def mend(id):
        folder = case.folder / id
        folder.mkdir()
        try:
            return mended(folder, *commands[id])
        except Failure as failure:
            return failure

    results = dict(zip(commands, at_once(mend, commands)))
    problems = [f"{id}: {result}" for id, result in results.items() if isinstance(result, Failure)]
    said = judged([verdicts.question(chain) for chain in results.values() if not isinstance(chain, Failure)])
    problems += [f"{id}: {verdict['reason']}: {verdict['sentence']}" for id, verdict in said.items()
                 if not verdict["accepted"]]
    report(problems, f"{len(said)} chains that were refused are accepted afterwards")


def weakened(recipe):
    """The chain made insecure, in each way that it can be: (what is wrong with it, the question)."""
    chain = chains()[recipe.id]

    def with_leaf(**change):
        leaf = Form(dataclasses.replace(recipe.shapes[0], **change), chain.serve[0].by)
        return verdicts.question(dataclasses.replace(chain, serve=[leaf, *chain.serve[1:]],
                                                     trust=chain.trust if leaf.by else [leaf]))

    yield "expired", verdicts.question(chain, at="2999-01-01T00:00:00Z")
    yield "not valid yet", verdicts.question(chain, at="2001-01-01T00:00:00Z")
    yield "RSA 1024", with_leaf(key="rsa1024", digest=None)
    if recipe.role == "gateway":
        yield "another name", verdicts.question(chain, name="other.test")
    if chain.serve[0].by:
        yield "SHA-1", with_leaf(digest="sha1")
        stranger = Form(dataclasses.replace(recipe.shapes[-1], key="p384"))
        yield "another CA of that name", verdicts.question(dataclasses.replace(chain, trust=[stranger]))


@case("none of what is accepted still is once it is expired, weak, another host's or another CA's", deadline=90)
def insecure(case):
    questions = []
    for recipe in ASKED:
        if persona()[recipe.id]["accepted"]:
            questions += [question | {"id": f"{recipe.id}: {kind}"} for kind, question in weakened(recipe)]
    problems = [f"{id}: got {verdict['reason']}: {verdict['sentence']}" for id, verdict in judged(questions).items()
                if verdict["reason"] not in WEAKENED[id.split(": ", 1)[1]]]
    report(problems, f"{len(questions)} chains are refused")


def run(case, recipe):
    """The chain that the tool makes, or why there is none: Missing or Failed."""
    folder = case.folder / recipe.id
    folder.mkdir()
    try:
        return as_chain(recipe, recipe.run(Workshop(folder)))
    except (Missing, Failed) as reason:
        return reason


@case("the tools that are here make what the table says", deadline=300)
def really_run(case):
    if SMALLER:
        print("  run where the release is tested: the tools do not depend on the build")
        return
    persona()  # makes the keys that the tools are given
    chosen = [recipe for recipe in RECIPES if recipe.run]
    made = {recipe.id: chain for recipe, chain in zip(chosen, at_once(lambda one: run(case, one), chosen))}
    for id, reason in made.items():
        if isinstance(reason, Missing):
            print(f"  not run: {id}: {reason}", flush=True)
    problems = [f"{id}: {reason}" for id, reason in made.items() if isinstance(reason, Failed)]
    made = {id: chain for id, chain in made.items() if not isinstance(chain, Exception)}
    said = judged([verdicts.question(chain) for chain in made.values()])
    for id, chain in made.items():
        ours, theirs = (document.certificates_of(one) for one in (chains()[id], chain))
        if ours != theirs:
            problems.append("\n    ".join([f"{id} is not", *ours, "  but", *theirs]))
        if (said[id]["accepted"], said[id]["reason"]) != (persona()[id]["accepted"], persona()[id]["reason"]):
            problems.append(f"{id}: the tool's own is {said[id]['reason']} ({said[id]['sentence']}), the table's "
                            f"{persona()[id]['reason']} ({persona()[id]['sentence']})")
    done = f"{len(made)} of {len(RECIPES)} recipes are run with the tools themselves"
    if strangers := document.strangers():
        # Other versions may make other certificates: docs/certificates.md is about those of Debian 12.
        for problem in problems:
            print(f"  otherwise than in Debian 12: {problem}", flush=True)
        print(f"  {done}; {', '.join(strangers)}", flush=True)
    else:
        report(problems, done)


def by_others(folder):
    """What OpenSSL and GnuTLS say, by the recipes' ids. Other versions than those of the document, which might say other
    things, are not asked: it is taken from there."""
    if SMALLER or document.strangers():
        print(f"  not asked: {', '.join(document.strangers()) or 'OpenSSL and GnuTLS do not depend on the build'}", flush=True)
        return document.recorded(DOCUMENT.read_text())
    for chain in chains().values():
        openssl.write_files(folder, chain)
    answers = at_once(lambda chain: (verdicts.by_openssl(folder, chain), verdicts.by_gnutls(folder, chain)),
                      chains().values())
    return dict(zip(chains(), answers))


def text_of(folder):
    """What docs/certificates.md has to be."""
    others = by_others(folder)
    told = {id: (verdict, *others.get(id, ("unknown", "unknown"))) for id, verdict in persona().items()}
    return document.render(chains(), told, pinned())


@case("docs/certificates.md says the same", deadline=150)
def told(case):
    check(DOCUMENT.is_file() and DOCUMENT.read_text() == text_of(case.folder),
          "docs/certificates.md is not what this test would write: run certificates_as_tools_make_them.py --write")


if sys.argv[1:] == ["--write"]:
    with tempfile.TemporaryDirectory() as scratch:
        DOCUMENT.write_text(text_of(pathlib.Path(scratch)))
else:
    main()
