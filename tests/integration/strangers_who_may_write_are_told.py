"""Who may write a file decides whom persona trusts: one warning, in check and in the log, for each file or folder on the way
that others may write, with the command that mends it; as sshd's StrictModes."""

import os
import pwd
import shlex
import shutil

from harness import process
from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.runner import case, check, equal, main

DECIDES = "and who changes it decides what persona does and whom it trusts"


class Scene:
    """A configuration with a file of every kind in a folder of its own, each as it should be."""

    def __init__(self, case):
        self.folder = case.folder / "conf"
        self.folder.mkdir(mode=0o755)
        pki = Pki(case)
        sources = {"client.crt": pki.client.certificate, "client.key": pki.client.key, "ca.crt": pki.ca.certificate}
        for name, source in sources.items():
            shutil.copy(source, self.folder / name)
        (self.folder / "client.key").chmod(0o600)
        (self.folder / "password").write_text("unused\n")
        cli("pki", "init", "--dir", case.folder / "pki")
        cli("pki", "crl", "--dir", case.folder / "pki")
        shutil.copy(next((case.folder / "pki").rglob("ca.crl")), self.folder / "ca.crl")
        self.files = [*sources, "password", "ca.crl", "service.yaml"]
        self.content = config(pki, gateway="127.0.0.1:1") | {
            "identity": {"certificate": "client.crt", "private_key": "client.key", "private_key_password_file": "password"},
            "trust": {"ca": "ca.crt", "crl": "ca.crl"}}
        self.config = write_config(case, self.content, "conf/service")
        for name in self.files:
            if name != "client.key":
                (self.folder / name).chmod(0o644)

    def warnings(self, path=None):
        """The sentences about writers, as check has them."""
        output = cli("check", "--config", path or self.config)
        return [line for line in output.splitlines() if DECIDES in line]

    def mended_by(self, line):
        """Runs the command at the end of the warning."""
        process.run(*shlex.split(line.split(f"{DECIDES}: ")[1]))
        equal(self.warnings(), [], "warnings after the command of the first")


@case("what others may not write is no warning")
def good(case):
    equal(Scene(case).warnings(), [], "warnings")


@case("each file that a configuration names, and itself: at its key, with the command that mends it")
def every_file(case):
    scene = Scene(case)
    for name in scene.files:
        path = scene.folder / name
        path.chmod(path.stat().st_mode | 0o022)
        found = scene.warnings()
        equal(len(found), 1, f"warnings about {name} ({found})")
        check("warning: " in found[0] and f"{path} can be changed by everyone" in found[0]
              and found[0].endswith(f": chmod go-w {path}"), "the sentence", found)
        place = found[0].removeprefix(f"{scene.config}:").split(":")[0]
        text = scene.config.read_text().splitlines()[int(place) - 1]
        check(name in text or name == "service.yaml", f"{name} is not named in line {place}", text)
        scene.mended_by(found[0])


@case("a folder is told once, not for every file in it, nor for every configuration")
def folder(case):
    scene = Scene(case)
    write_config(case, scene.content | {"name": "second"}, "conf/second")
    for path in (scene.folder, case.folder):
        mode = path.stat().st_mode
        path.chmod(0o777)
        for checked in (scene.config, scene.folder):
            found = scene.warnings(checked)
            equal(len(found), 1, f"warnings about {path} ({found})")
            check(f"{path} can be changed by everyone (mode 0777)" in found[0], "the sentence", found)
        path.chmod(0o1777)
        equal(scene.warnings(), [], "warnings about a sticky folder")
        path.chmod(mode)


@case("a file of another user, or of a group: but not of the user who has the key, nor of that user's own group")
def owners(case):
    if not process.as_root():
        print("  not as root: nothing can be given away")
        return
    scene = Scene(case)
    nobody = pwd.getpwnam("nobody")
    ca, key = scene.folder / "ca.crt", scene.folder / "client.key"
    os.chown(ca, nobody.pw_uid, nobody.pw_gid)
    found = scene.warnings()
    check(len(found) == 1 and f"{ca} belongs to nobody, {DECIDES}: chown root {ca}" in found[0], "the owner", found)
    os.chown(key, nobody.pw_uid, nobody.pw_gid)
    equal(scene.warnings(), [], "warnings where the service's user has files of its own")
    os.chown(ca, 0, nobody.pw_gid)
    ca.chmod(0o664)
    found = scene.warnings()
    check(len(found) == 1 and f"{ca} can be changed by the group nogroup (mode 0664)" in found[0], "the group", found)
    os.chown(ca, 0, 0)
    equal(scene.warnings(), [], "warnings about root's group")


@case("a link in a folder of everybody's that is somebody else's")
def link(case):
    scene = Scene(case)
    shared = case.folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "current").symlink_to(scene.folder)
    equal(scene.warnings(shared / "current" / "service.yaml"), [], "warnings about a link of ours")
    if process.as_root():
        os.lchown(shared / "current", 65534, 65534)
        found = scene.warnings(shared / "current" / "service.yaml")
        check(len(found) == 1 and f"{shared / 'current'} belongs to nobody" in found[0], "the link", found)


@case("run logs the same once, and starts")
def in_the_log(case):
    scene = Scene(case)
    scene.folder.chmod(0o775)
    if process.as_root():
        os.chown(scene.folder, 0, 65534)
    else:
        scene.folder.chmod(0o777)
    persona = Persona(case, scene.config)
    found = [line for line in persona.log if line["level"] == "warn" and DECIDES in line["message"]]
    equal(len(found), 1, f"warnings ({found})")


main()
