"""`cmake --install` with DESTDIR: everything is where the FHS has it and nothing else is there, what is installed works from there,
documents lead to each other. (units_for_systemd.py has the units.)"""

import pathlib
import re

from harness import process
from harness.persona import BINARY
from harness.runner import case, check, equal, main, shared_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(BINARY).parents[1]
PREFIX = "usr/local"
DOCUMENTS = f"{PREFIX}/share/doc/persona"
# What there has to be besides documents.
FILES = {
    "bin/persona", "share/man/man1/persona.1", "share/man/man5/persona.yaml.5", "share/bash-completion/completions/persona",
    "share/zsh/site-functions/_persona", "share/fish/vendor_completions.d/persona.fish", "lib/systemd/system/persona@.service",
    "lib/systemd/system/persona-agent@.service", "lib/systemd/system/persona@.socket", "lib/sysusers.d/persona.conf",
    "lib/tmpfiles.d/persona.conf",
}
SPIFFE = "libexec/persona/persona-spiffe"  # where there was gRPC to build it with
# What is always compiled in, and words of its license; and what may be: by the name of a function of it besides.
LICENSES = {"mbedtls": "Mbed TLS", "libfmt-dev": "fmt", "nlohmann-json3-dev": "Niels Lohmann", "libcli11-dev": "CLI11",
            "libexpected-dev": "expected", "publicsuffix": "MPL-2.0"}
FUNCTIONS = {"everest": ("Hacl_Curve25519", "INRIA and Microsoft"), "libcrux": ("libcrux_", "Permission is hereby granted"),
             "aws-lc": ("persona_aws_lc_", "AWS-LC"), "libipsec-mb-dev": ("init_mb_mgr", "Intel")}


def installed():
    """The root that DESTDIR names. It is made once."""
    root = shared_folder() / "root"
    if not root.exists():
        process.run("cmake", "--install", BUILD, "--prefix", f"/{PREFIX}", env={"DESTDIR": str(root), "PATH": "/usr/bin:/bin"})
    return root


def names(folder):
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_symlink() or not each.is_dir()}


@case("program, manual, completions, units and users are there, and nothing unexpected")
def whole(case):
    root = installed()
    found = names(root)
    check(all(name.startswith(f"{PREFIX}/") for name in found), "all of it is below DESTDIR and the prefix", found)
    expected = FILES | ({SPIFFE} if (BUILD / SPIFFE).exists() else set())
    equal({name.removeprefix(f"{PREFIX}/") for name in found if not name.startswith(DOCUMENTS)}, expected, "files besides documents")
    for name in found:
        path = root / name
        check(path.is_symlink() or path.stat().st_size, f"{name} is empty")
        equal(oct(path.lstat().st_mode & 0o777), oct(0o777 if path.is_symlink() else 0o755 if name.endswith(("bin/persona", SPIFFE)) else 0o644),
              f"mode of {name}")


@case("the program runs from there")
def runs(case):
    program = installed() / PREFIX / "bin/persona"
    check(process.run(program, "version").startswith("persona "), "persona version")
    check("3 of 3 checks passed" in process.run(program, "demo", "--once"), "the demo did not pass")


@case("man(1) finds and formats both pages")
def manual(case):
    pages = installed() / PREFIX / "share/man"
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANWIDTH": "100"}
    for name, section in (("persona", "1"), ("persona.yaml", "5")):
        shown = process.run("man", f"--manpath={pages}", section, name, env=environment)
        check(shown.startswith(f"{name.upper()}({section})") and len(shown) > 5000, name, shown[:200])


@case("each shell loads its completions from where it looks for them")
def completions(case):
    share = installed() / PREFIX / "share"
    environment = {"PATH": f"{installed() / PREFIX}/bin:/usr/bin:/bin", "HOME": str(case.folder)}
    loaded = process.run("bash", "--norc", "-c", f". {share}/bash-completion/completions/persona && complete -p persona", env=environment)
    check(" persona" in loaded and "complete" in loaded, "bash", loaded)
    loaded = process.run("zsh", "-f", "-c", f"fpath=({share}/zsh/site-functions $fpath); autoload -U compinit; "
                         f"compinit -u -D; echo $_comps[persona]", env=environment)
    equal(loaded.strip(), "_persona", "zsh")
    loaded = process.run("fish", "--no-config", "-c", f"set fish_complete_path {share}/fish/vendor_completions.d; complete -C 'persona se'",
                         env=environment)
    check("service" in loaded and "sessions" in loaded, "fish", loaded)


@case("examples are the checkout's, and documents lead to files that are installed")
def documents(case):
    folder = installed() / DOCUMENTS
    equal({each.name for each in (folder / "examples").iterdir()}, {each.name for each in (ROOT / "conf").iterdir()}, "examples")
    links = 0
    for document in folder.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            if document.parent.name != "bench":  # its results name what a checkout has
                links += 1
                check((document.parent / link).exists(), f"{document.relative_to(folder)} leads to {link}, which is not installed")
    check(links > 40, "links that were found", links)


@case("the license of everything that is compiled in is there, and ours")
def licenses(case):
    folder = installed() / DOCUMENTS
    check("Apache License" in (folder / "LICENSE").read_text(), "ours")
    symbols = process.run("nm", "-C", BINARY)
    expected = LICENSES | {name: words for name, (function, words) in FUNCTIONS.items() if function in symbols}
    equal({each.name for each in (folder / "licenses").iterdir()}, set(expected), "licenses")
    for name, words in expected.items():
        check(words in (folder / "licenses" / name).read_text(errors="replace"), f"the license of {name} does not say {words!r}")


main()
