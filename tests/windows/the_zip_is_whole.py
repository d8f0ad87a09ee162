"""The zip that CPack makes has all that it should, and its program needs nothing else."""

import pathlib
import re
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import process
from harness.persona import BINARY
from harness.runner import case, check, equal, main

BUILD = pathlib.Path(BINARY).parents[1]
TOP = "persona-windows-x64"
# What every Windows 10 and Server 2016 has.
SYSTEM = {"advapi32", "bcrypt", "crypt32", "dbghelp", "iphlpapi", "kernel32", "msvcrt", "ncrypt", "ole32", "shell32", "user32",
          "userenv", "ws2_32"}


def unpacked(case):
    process.run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", case.folder, timeout=120)
    with zipfile.ZipFile(case.folder / f"{TOP}.zip") as archive:
        archive.extractall(case.folder)
    folder = case.folder / TOP
    (folder / "persona.exe").chmod(0o755)  # zipfile forgets modes, and the harness asks for them
    return folder


@case("program, configurations, README, licenses", deadline=180)
def whole(case):
    folder = unpacked(case)
    names = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    for wanted in ("persona.exe", "README.md", "LICENSE", "conf/postgres.yaml", "conf/full.yaml", "docs/windows.md",
                   "licenses/Apache-2.0", "licenses/libuv1"):
        check(wanted in names, f"{wanted} is missing", sorted(names))
    empty = [name for name in names if not (folder / name).stat().st_size]
    equal(empty, [], "empty files")


@case("its program needs the system's own DLLs only, and passes its demo", deadline=180)
def alone(case):
    program = unpacked(case) / "persona.exe"
    imports = re.findall(r"DLL Name: (\S+)\.dll", process.run("x86_64-w64-mingw32-objdump", "-p", program), re.IGNORECASE)
    check(imports, "nothing is imported, which cannot be")
    equal({each.lower() for each in imports} - SYSTEM, set(), "DLLs that a Windows may not have")
    check("3 of 3 checks passed" in process.run(program, "demo", "--once"), "the demo did not pass")
    provider = re.search(r"^AEAD provider: (.*)$", process.run(program, "version"), re.MULTILINE)
    check(provider and re.match(r"ipsec-mb \d|PSA", provider[1]), "version does not say what seals records", provider)


main()
