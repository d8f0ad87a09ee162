"""What the build does to mbedTLS's source: Debian's security patches are applied and its others are not; of persona's, those are
left out that a release or Debian has by then, and one that does not fit stops the build."""

import pathlib
import shutil
import subprocess

from harness.runner import case, check, equal, main

TOP = pathlib.Path(__file__).resolve().parents[2]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def patch(path, before, after, header=""):
    """A patch of one line of hello.c."""
    return write(path, f"{header}\n---\n--- a/library/hello.c\n+++ b/library/hello.c\n@@ -1,3 +1,3 @@\n first\n-{before}\n+{after}\n last\n")


def source(case, version="3.6.7", line="wrong"):
    folder = case.folder / "source"
    shutil.rmtree(folder, ignore_errors=True)
    write(folder / "include/mbedtls/build_info.h", f'#define MBEDTLS_VERSION_STRING         "{version}"\n')
    write(folder / "library/hello.c", f"first\n{line}\nlast\n")
    return folder


def line_of(folder):
    return (folder / "library/hello.c").read_text().splitlines()[1]


def patched(case, folder, status=0):
    """Runs patch-mbedtls beside the case's own patches, and returns what it noted or said."""
    tool = case.folder / "tool" / "patch-mbedtls"
    tool.parent.mkdir(exist_ok=True)
    shutil.copy(TOP / "cmake/patch-mbedtls", tool)
    ended = subprocess.run([tool, folder], capture_output=True, text=True, timeout=60)
    equal(ended.returncode, status, f"exit code ({ended.stderr})")
    return (folder / ".persona-patched").read_text().strip() if status == 0 else ended.stderr


def ours(case, header="Fixes: CVE-2026-1\nApplied-Upstream: 3.6.8"):
    return patch(case.folder / "tool" / "mbedtls-hello.patch", "wrong", "right", header)


@case("a patch that is needed is applied, once")
def applied(case):
    ours(case)
    folder = source(case)
    equal(patched(case, folder), "applied hello", "first run")
    equal(line_of(folder), "right", "the source")
    equal(patched(case, folder), "applied hello", "second run")


@case("a patch that this release has upstream is left out, whatever its text is there")
def upstream(case):
    ours(case)
    for version in ("3.6.8", "3.6.10", "3.7.0"):
        folder = source(case, version, "right, in other words")
        equal(patched(case, folder), "left out hello: upstream since 3.6.8", version)
        equal(line_of(folder), "right, in other words", "the source")


@case("a patch that the source has already is left out")
def already(case):
    ours(case, header="")
    equal(patched(case, source(case, line="right")), "left out hello: in this source already", "patches")


@case("a patch whose CVE Debian's own patch mends is left out")
def mended_by_debian(case):
    ours(case)
    folder = source(case)
    patch(folder / "debian/patches/hello.patch", "wrong", "right, as Debian has it", "Bug: CVE-2026-1")
    write(folder / "debian/patches/series", "hello.patch\n")
    subprocess.run([TOP / "scripts/apply-security-patches", folder], check=True, timeout=60)
    equal(patched(case, folder), "left out hello: Debian's hello.patch", "patches")
    equal(line_of(folder), "right, as Debian has it", "the source")


@case("a patch whose CVE none of Debian's patches names is applied beside them")
def another_cve(case):
    ours(case)
    folder = source(case)
    write(folder / "debian/patches/other.patch", "Bug: CVE-2026-115\n")
    write(folder / "debian/applied-security-patches", "other.patch\n")
    equal(patched(case, folder), "applied hello", "patches")


@case("a patch that does not fit stops the build, and says which")
def does_not_fit(case):
    ours(case)
    folder = source(case, line="something else")
    said = patched(case, folder, status=3)
    check("mbedtls-hello.patch does not apply to mbedTLS 3.6.7" in said, "the patch and the release are named", said)
    check(not (folder / ".persona-patched").exists(), "a build would go on")


@case("a patch that fits only nearly does not fit")
def fits_nearly(case):
    ours(case)
    folder = source(case)
    write(folder / "library/hello.c", "first\nwrong\nlast, but changed\n")
    patched(case, folder, status=3)
    equal(line_of(folder), "wrong", "the source")


@case("of Debian's patches only those that name a CVE are applied")
def security_patches(case):
    folder = source(case)
    patch(folder / "debian/patches/fit-debian.patch", "wrong", "fit for Debian", "Description: removes 3rdparty")
    # A name counts as well as a header; what a hunk changes does not.
    patch(folder / "debian/patches/CVE-2026-2.patch", "wrong", "CVE-2026-3")
    patch(folder / "debian/patches/words.patch", "CVE-2026-3", "nothing")
    write(folder / "debian/patches/series", "# comment\nfit-debian.patch\n\nCVE-2026-2.patch -p1\nwords.patch\n")
    subprocess.run([TOP / "scripts/apply-security-patches", folder], check=True, timeout=60)
    equal(line_of(folder), "CVE-2026-3", "the source")
    equal((folder / "debian/applied-security-patches").read_text(), "CVE-2026-2.patch\n", "the list")


@case("a package without patches is left as it is")
def no_patches(case):
    folder = source(case)
    subprocess.run([TOP / "scripts/apply-security-patches", folder], check=True, timeout=60)
    check(not (folder / "debian").exists(), "something was written")


main()
