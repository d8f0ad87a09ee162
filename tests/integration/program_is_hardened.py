"""What the build promises to make an error in memory harder to use is in the program; and its memory is kept out of swap where
the system allows that."""

import os
import pathlib
import platform
import re
import resource
import shutil

from harness import process
from harness.persona import BINARY
from harness.runner import SANITIZED, case, check, equal, main


def read(*options):
    return process.run("readelf", "--wide", *options, BINARY)


def disassembled(symbol):
    text = process.run("objdump", "--no-show-raw-insn", f"--disassemble={symbol}", BINARY)
    check(f"<{symbol}>:" in text, f"{symbol} is not in the program")
    return text


def skip_sanitized():
    if SANITIZED:
        print("  a sanitizer's build is not hardened: it ends at the first error itself", flush=True)
    return SANITIZED


@case("its address is random, its tables are read-only, its stack is not executable")
def layout(case):
    if skip_sanitized():
        return
    check("DYN (Position-Independent Executable file)" in read("-h") or "DYN (Shared object file)" in read("-h"), "no PIE")
    segments = read("-l")
    check("GNU_RELRO" in segments, "no RELRO")
    equal(re.search(r"GNU_STACK.*", segments).group().split()[6], "RW", "the stack's rights")
    check("NOW" in re.search(r"FLAGS_1.*", read("-d")).group(), "symbols are bound late, so RELRO is not full")


@case("stack protector, FORTIFY_SOURCE and the assertions of libstdc++, in persona and in mbedTLS")
def checks(case):
    if skip_sanitized():
        return
    symbols = read("--dyn-syms")
    for symbol in ("__stack_chk_fail", "__memcpy_chk", "__glibcxx_assert_fail"):
        check(symbol in symbols, f"{symbol} is not used")
    for symbol in ("mbedtls_x509_dn_gets", "_ZN7persona4x50913name_in_wordsB5cxx11ERK23mbedtls_asn1_named_data"):
        text = disassembled(symbol)
        check("__stack_chk_fail" in text, f"{symbol} has no stack protector")
        if platform.machine() == "x86_64":
            check("endbr64" in text, f"{symbol} is not marked as a target of jumps (CET)")


@case("stacks grow page by page")
def stack(case):
    if skip_sanitized():
        return
    if platform.machine() != "x86_64":
        print(f"  only known of x86-64, and this is {platform.machine()}", flush=True)
        return
    # A frame of more than a page: each page of it is touched.
    text = disassembled("_ZN7persona4x50913name_in_wordsB5cxx11ERK23mbedtls_asn1_named_data")
    check(re.search(r"or[ql] +\$0x0,\(%rsp\)", text), "a large frame is not touched page by page")


def locked_kilobytes(case, name, unprivileged):
    persona = process.Process(case, program_for_all(case), "demo", unprivileged=unprivileged,
                              cwd=process.make_folder(case, name), env=os.environ)
    persona.wait_line("The tunnel stays open", timeout=40)
    status = pathlib.Path(f"/proc/{persona.pid}/status").read_text()
    persona.kill()
    return int(re.search(r"VmLck:\s+(\d+)", status).group(1))


def program_for_all(case):
    """A copy that another user can read."""
    program = case.folder / "persona"
    if not program.exists():
        shutil.copy(BINARY, program)
        program.chmod(0o755)
    return program


@case("its memory is locked where there is no limit, and only there")
def locked(case):
    if skip_sanitized():
        return
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if limit != resource.RLIM_INFINITY:
        equal(locked_kilobytes(case, "limited", True), 0, "locked though there is a limit (kB)")
    if limit == resource.RLIM_INFINITY or may_lock_memory():
        check(locked_kilobytes(case, "unlimited", False) > 0, "nothing is locked")
    else:
        print("  nobody here may lock memory without a limit", flush=True)


def may_lock_memory():
    status = pathlib.Path("/proc/self/status").read_text()
    return bool(int(re.search(r"CapEff:\s+(\w+)", status).group(1), 16) >> 14 & 1)  # CAP_IPC_LOCK


main()
