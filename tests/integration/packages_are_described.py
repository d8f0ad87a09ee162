"""What describes the packages is true: debian/ says what scripts/setup knows, its scripts restart nothing, and the SBOM has what is
linked, and has it as SPDX 2.3 wants it. (scripts/test-package builds one and lives with it.)"""

import json
import os
import pathlib
import re
import shutil
import subprocess

from harness import process
from harness.persona import BINARY
from harness.runner import SANITIZED, case, check, equal, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARCHITECTURE = subprocess.run(["dpkg", "--print-architecture"], stdout=subprocess.PIPE, text=True).stdout.strip()


def list_of(option):
    return set(process.run(ROOT / "scripts/setup", option).split())


@case("debian/control needs what scripts/setup installs, and nothing else")
def build_dependencies(case):
    field = re.search(r"^Build-Depends:(.*?)^(?=\S)", (ROOT / "debian/control").read_text(), re.MULTILINE | re.DOTALL)[1]
    needed = {entry.split()[0] for entry in field.split(",") if "[" not in entry or f"[{ARCHITECTURE}]" in entry}
    of_packaging = {"debhelper-compat", "dh-sequence-installsysusers"}
    always_there = {"g++", "dpkg-dev", "bzip2", "xz-utils"}  # build-essential, and what dpkg-dev needs
    for_fetching = {"ca-certificates", "debian-archive-keyring"}  # a source package has its sources
    for_tests = {"doctest-dev"}
    equal(needed - of_packaging, (list_of("--print-build") - always_there - for_fetching - for_tests) | list_of("--print-libraries") | list_of("--print-spiffe"),
          "Build-Depends")


@case("the maintainer scripts are valid, and an upgrade restarts nothing")
def maintainer_scripts(case):
    for name in ("postinst", "prerm", "postrm"):
        script = ROOT / f"debian/persona.{name}"
        process.run("sh", "-n", script)
        commands = re.sub(r"^ *(#|echo).*$", "", script.read_text(), flags=re.MULTILINE)
        check(not re.search(r"systemctl (\S+ )*(restart|try-restart|start|enable)", commands), f"{name} starts nothing")
    check("systemctl kill -s USR2 --kill-whom=main" in (ROOT / "debian/persona.postinst").read_text(), "an upgrade hands over")


def prefix():
    return pathlib.Path(process.run(ROOT / "scripts/setup", "--print-mbedtls-prefix").strip())


def sbom(records):
    return subprocess.run([ROOT / "scripts/make-sbom", BINARY, records], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60, env={**os.environ, "SOURCE_DATE_EPOCH": "1764201600"})


@case("the SBOM has what the program loads and what is compiled in, each once")
def linked(case):
    if SANITIZED:
        print("  not with sanitizers, whose programs nobody is given", flush=True)
        return
    made = sbom(prefix())
    equal(made.stderr, "", "what make-sbom says")
    document = json.loads(made.stdout)
    equal([document[key] for key in ("spdxVersion", "dataLicense", "SPDXID")], ["SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"], "what it is")
    equal(document["creationInfo"]["created"], "2025-11-27T00:00:00Z", "SOURCE_DATE_EPOCH")
    identifiers = [package["SPDXID"] for package in document["packages"]]
    equal(len(set(identifiers)), len(identifiers), "identifiers that differ")
    related = {}
    for relation in document["relationships"]:
        related.setdefault(relation["relationshipType"], set()).add(relation["relatedSpdxElement"].removeprefix("SPDXRef-"))
        check(relation["relatedSpdxElement"] in identifiers, "it is related to what is there", relation)
    equal(sum(map(len, related.values())), len(identifiers), "each is related once")
    for package in document["packages"]:
        check(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"]) and package["versionInfo"] and package["filesAnalyzed"] is False,
              "identifier and version", package)
    check({"libssl3", "libuv1", "libc6"} <= {name.removesuffix("t64") for name in related["DYNAMIC_LINK"]}, "what it loads", related)
    asked = re.findall(r"NEEDED.*\[(.*)\]", process.run("readelf", "-d", BINARY))
    check(len(related["DYNAMIC_LINK"]) >= len(asked) - 2, "libc and libm are of one package, the others of one each", (asked, related))
    functions = process.run("nm", "-C", BINARY)
    for name, function in {"mbedtls": "mbedtls_ssl_handshake", "everest": "Hacl_Curve25519", "libcrux": "libcrux_ml_kem",
                           "aws-lc": "persona_aws_lc_start", "libipsec-mb-dev": "init_mb_mgr_"}.items():
        equal(name in related["STATIC_LINK"], function in functions, f"{name} is listed if its functions are there")
    mbedtls = next(package for package in document["packages"] if package["name"] == "mbedtls")
    check("patches of persona: " in mbedtls["comment"] and mbedtls["versionInfo"].startswith("3.6."), "version and patches", mbedtls)


@case("no SBOM is made of a program that is stripped, or that has what the build does not know of")
def refusals(case):
    if SANITIZED:
        print("  not with sanitizers, whose programs nobody is given", flush=True)
        return
    records = case.folder / "prefix"
    shutil.copytree(prefix() / "share", records / "share")
    (records / "share/persona/mbedtls").unlink()
    made = sbom(records)
    check(made.returncode != 0 and "mbedtls is in" in made.stderr, "a record that is missing", made.stderr)
    stripped = case.folder / "persona"
    process.run("strip", "-o", stripped, BINARY)
    made = subprocess.run([ROOT / "scripts/make-sbom", stripped, prefix()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    check(made.returncode != 0 and "is stripped" in made.stderr, "a stripped program", made.stderr)


main()
