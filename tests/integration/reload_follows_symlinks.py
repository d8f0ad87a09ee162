"""Files that are replaced by turning symbolic links are noticed without waiting for an interval; files that change
without notice are seen at the next one."""

import mmap
import os

from harness.certificates import Pki
from harness.persona import Persona, config
from harness.rotation import Witness, put, wait_reloaded
from harness.runner import case, main
from harness.sockets import Server, connect, expect_echo


def start(case, pki, folder, interval="0s"):
    """Notifications only, unless told otherwise."""
    witness = Witness(pki.server_context())
    paths = {"identity": {"certificate": str(folder / "tls.crt"), "private_key": str(folder / "tls.key")},
             "trust": {"ca": str(folder / "ca.crt")}}
    persona = Persona(case, config(pki, gateway=Server(case, witness), **paths, reload={"interval": interval}))
    return persona, witness


def uses(persona, witness, credential):
    wait_reloaded(persona, credential)
    with connect(persona.address) as client:
        expect_echo(client)
    witness.saw_last(credential)


def fill(folder, pki, credential):
    folder.mkdir(parents=True)
    for name, source in (("tls.crt", credential.certificate), ("tls.key", credential.key),
                         ("ca.crt", pki.ca.certificate)):
        (folder / name).touch(0o600)
        (folder / name).write_bytes(source.read_bytes())


def turn(link, target):
    """Atomically."""
    aside = link.with_name(link.name + "_tmp")
    aside.symlink_to(target)
    os.replace(aside, link)


@case("Kubernetes: ..data is turned, and the old folder goes")
def kubernetes(case):
    pki = Pki(case)
    volume = case.folder / "volume"
    fill(volume / "..2026_1", pki, pki.client)
    (volume / "..data").symlink_to("..2026_1")
    for name in ("tls.crt", "tls.key", "ca.crt"):
        (volume / name).symlink_to(f"..data/{name}")
    persona, witness = start(case, pki, volume)
    for count in range(2, 5):
        new = pki.ca.issue(f"client{count}")
        fill(volume / f"..2026_{count}", pki, new)
        turn(volume / "..data", f"..2026_{count}")
        for old in (volume / f"..2026_{count - 1}").iterdir():
            old.unlink()
        (volume / f"..2026_{count - 1}").rmdir()
        uses(persona, witness, new)


@case("certbot: links in live/ are turned to new files in archive/")
def certbot(case):
    pki = Pki(case)
    live, archive = case.folder / "live" / "x", case.folder / "archive" / "x"
    archive.mkdir(parents=True)
    live.mkdir(parents=True)

    def renew(count, credential):
        for name, source in (("tls.key", credential.key), ("tls.crt", credential.certificate),
                             ("ca.crt", pki.ca.certificate)):
            stored = archive / name.replace(".", f"{count}.")
            stored.touch(0o600)
            stored.write_bytes(source.read_bytes())
            (live / name).unlink(missing_ok=True)
            (live / name).symlink_to(f"../../archive/x/{stored.name}")

    renew(1, pki.client)
    persona, witness = start(case, pki, live)
    for count in (2, 3):
        new = pki.ca.issue(f"client{count}")
        renew(count, new)
        uses(persona, witness, new)
    # In place, where the links lead to.
    new = pki.ca.issue("client4")
    (archive / "tls3.key").write_bytes(new.key.read_bytes())
    (archive / "tls3.crt").write_bytes(new.certificate.read_bytes())
    uses(persona, witness, new)


@case("a link to a whole folder is turned")
def folder_link(case):
    pki = Pki(case)
    releases = case.folder / "releases"
    fill(releases / "1", pki, pki.client)
    (case.folder / "current").symlink_to(releases / "1")
    persona, witness = start(case, pki, case.folder / "current")
    for count in (2, 3):
        new = pki.ca.issue(f"client{count}")
        fill(releases / str(count), pki, new)
        turn(case.folder / "current", releases / str(count))
        uses(persona, witness, new)


@case("a folder that goes and comes back")
def folder_replaced(case):
    pki = Pki(case)
    folder = case.folder / "certificates"
    fill(folder, pki, pki.client)
    persona, witness = start(case, pki, folder)
    for count in (2, 3):
        new = pki.ca.issue(f"client{count}")
        os.rename(folder, case.folder / f"away{count}")
        fill(folder, pki, new)
        uses(persona, witness, new)


@case("the configuration, and files that it names only now")
def configuration(case):
    pki = Pki(case)
    first, second = case.folder / "first", case.folder / "second"
    fill(first, pki, pki.client)
    persona, witness = start(case, pki, first)
    new = pki.ca.issue("client2")
    fill(second, pki, new)
    path = case.folder / "service.yaml"
    put(path, path.read_bytes().replace(str(first).encode(), str(second).encode()))
    uses(persona, witness, new)
    newest = pki.ca.issue("client3")
    put(second / "tls.key", newest.key.read_bytes())
    put(second / "tls.crt", newest.certificate.read_bytes())
    uses(persona, witness, newest)


@case("what nobody is notified of is seen at the next interval")
def interval(case):
    pki = Pki(case)
    folder = case.folder / "certificates"
    fill(folder, pki, pki.client)
    persona, witness = start(case, pki, folder, "100ms")
    new = pki.ca.issue("client2")  # once with notice, so that it is known to watch
    put(folder / "tls.key", new.key.read_bytes())
    put(folder / "tls.crt", new.certificate.read_bytes())
    uses(persona, witness, new)
    # Memory that is mapped: the file gets another time, but inotify stays silent (inotify(7)).
    path = case.folder / "service.yaml"
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        at = memory.find(b'"format": "json"')
        memory[at:at + 16] = b'"format" :"json"'
        memory.flush()
    persona.wait_log("reloaded", count=2)


main()
