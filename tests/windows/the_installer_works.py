"""The MSI that scripts/make-msi makes: the same bytes twice; Windows Installer puts the program where it belongs, replaces it by a newer
version, and removes it, while configurations stay. Wine's has no access lists, and does not know that a file is in use.

In a Wine prefix of its own, which ends after each step. In the one that the other tests run in, it once wanted a restart of the machine
(exit code 3010, seen as 194): probably its server took a file for one that another test had open."""

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
ENVIRONMENT = r"HKLM\System\CurrentControlSet\Control\Session Manager\Environment"


def made(case, version, name=None):
    msi = case.folder / f"{name or version}.msi"
    subprocess.run([TOP / "scripts" / "make-msi", case.folder / "persona-windows-x64.zip", msi, "--version", version], check=True,
                   timeout=60)
    return msi


def end_wine():
    subprocess.run([process.RUNNER, "--end"], check=True, timeout=60)


def msiexec(*arguments):
    end_wine()
    process.run(process.RUNNER, "msiexec.exe", *arguments, "/qn", timeout=120)


def path_of_machine():
    return process.run(process.RUNNER, "reg.exe", "query", ENVIRONMENT, "/v", "PATH")


def table(msi, name):
    return subprocess.run(["msiinfo", "export", msi, name], check=True, capture_output=True, text=True).stdout


@case("installed, upgraded and removed", deadline=240)
def lives(case):
    prefix = case.folder / "wine"
    os.environ["WINEPREFIX"] = str(prefix)
    case.defer(end_wine)
    program = prefix / "drive_c" / "Program Files" / "persona" / "persona.exe"
    data = prefix / "drive_c" / "ProgramData" / "persona"
    process.run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", case.folder, timeout=120)
    older, newer = made(case, "0.0.1"), made(case, "0.0.2")
    check(made(case, "0.0.1", "again").read_bytes() == older.read_bytes(), "made again, it has other bytes")
    check("D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" in table(older, "MsiLockPermissionsEx"), "no access list for ProgramData")
    equal(table(older, "ServiceInstall").count("\n"), 3, "services: none but the table's head")
    msiexec("/i", older)
    check("persona 0." in process.run(program, "version"), "the program does not say its version")
    for name in ("README.md", "LICENSE", "conf/postgres.yaml", "licenses/Apache-2.0"):
        check((program.parent / name).exists(), f"{name} is missing")
    check(r"\Program Files\persona" in path_of_machine(), "not on the PATH", path_of_machine())
    check(data.is_dir(), "no folder in ProgramData")
    (data / "postgres.yaml").write_text("listen: 127.0.0.1:5432\n")
    program.with_name("README.md").unlink()
    msiexec("/i", newer)
    check(program.with_name("README.md").exists(), "it was not installed again by the newer version")
    msiexec("/x", newer)
    check(not program.parent.exists(), "what is left of the program", list(program.parent.glob("*")))
    check(r"\Program Files\persona" not in path_of_machine(), "still on the PATH", path_of_machine())
    check((data / "postgres.yaml").exists(), "the configuration is gone")


main()
