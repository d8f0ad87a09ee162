"""The MSI that scripts/make-msi makes: the same bytes twice; Windows Installer puts the program where it belongs, replaces it by a newer
version, and removes it, while configurations stay. Wine's has no access lists, and does not know that a file is in use."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness import process
from harness.persona import BINARY
from harness.runner import case, check, equal, main

BUILD = pathlib.Path(BINARY).parents[1]
TOP = pathlib.Path(__file__).resolve().parents[2]
DRIVE = pathlib.Path(os.environ.get("WINEPREFIX", TOP / "build" / "wine")) / "drive_c"
PROGRAM = DRIVE / "Program Files" / "persona" / "persona.exe"
DATA = DRIVE / "ProgramData" / "persona"
ENVIRONMENT = r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment"


def made(case, version, name=None):
    msi = case.folder / f"{name or version}.msi"
    subprocess.run([TOP / "scripts" / "make-msi", case.folder / "persona-windows-x64.zip", msi, "--version", version], check=True,
                   timeout=60)
    return msi


def msiexec(*arguments):
    process.run(process.RUNNER, "msiexec.exe", *arguments, "/qn", timeout=120)


def path_of_machine():
    return process.run(process.RUNNER, "reg.exe", "query", ENVIRONMENT, "/v", "PATH")


def table(msi, name):
    return subprocess.run(["msiinfo", "export", msi, name], check=True, capture_output=True, text=True).stdout


@case("installed, upgraded and removed", deadline=240)
def lives(case):
    process.run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", case.folder, timeout=120)
    older, newer = made(case, "0.0.1"), made(case, "0.0.2")
    check(made(case, "0.0.1", "again").read_bytes() == older.read_bytes(), "made again, it has other bytes")
    check("D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" in table(older, "MsiLockPermissionsEx"), "no access list for ProgramData")
    equal(table(older, "ServiceInstall").count("\n"), 3, "services: none but the table's head")
    case.defer(lambda: msiexec("/x", newer))
    msiexec("/i", older)
    check("persona 0." in process.run(PROGRAM, "version"), "the program does not say its version")
    for name in ("README.md", "LICENSE", "conf/postgres.yaml", "licenses/Apache-2.0"):
        check((PROGRAM.parent / name).exists(), f"{name} is missing")
    check(r"\Program Files\persona" in path_of_machine(), "not on the PATH", path_of_machine())
    check(DATA.is_dir(), "no folder in ProgramData")
    (DATA / "postgres.yaml").write_text("listen: 127.0.0.1:5432\n")
    PROGRAM.with_name("README.md").unlink()
    msiexec("/i", newer)
    check(PROGRAM.with_name("README.md").exists(), "it was not installed again by the newer version")
    msiexec("/x", newer)
    # Wine leaves a program that another process has just run.
    left = set(PROGRAM.parent.glob("*")) - {PROGRAM}
    check(not left, "what is left of the program", left)
    check(r"\Program Files\persona" not in path_of_machine(), "still on the PATH", path_of_machine())
    check((DATA / "postgres.yaml").exists(), "the configuration is gone")


main()
