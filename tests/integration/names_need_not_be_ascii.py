"""Folders and files may be called as people write: in arguments, in configurations, in what is told, and when they change."""

from harness.certificates import Pki
from harness.persona import Persona, cli, config, native, write_config
from harness.rotation import Live, Witness, wait_reloaded
from harness.runner import case, check, main
from harness.sockets import Server, connect, expect_echo

FOLDER = "Schlüssel – ключи"


def start(case, **more):
    pki = Pki(case)
    live = Live(case, pki.client, [pki.ca], name=FOLDER)
    witness = Witness(pki.server_context())
    return pki, live, witness, config(pki, name="pg", gateway=Server(case, witness), **live.config(), **more)


@case("a tunnel with files in such a folder, which change")
def tunnel(case):
    pki, live, witness, content = start(case, reload={"interval": "0s"})
    persona = Persona(case, content, name="güter")
    new = pki.ca.issue("client2")
    live.put(new)
    wait_reloaded(persona, new)
    with connect(persona.address) as client:
        expect_echo(client)
    witness.saw_last(new)


@case("a configuration is told by its path, and so is a file that is missing")
def told(case):
    _, live, _, content = start(case)
    path = write_config(case, content, "güter")
    output = cli("check", "--config", path)
    check("güter.yaml: ok" in output, "check does not tell the path as it is", output)
    live.ca.unlink()
    output = cli("check", "--config", path, expect=2)
    check(f"{native(live.ca)}" in output, "check does not tell the missing file as it is", output)


@case("an authority in such a folder")
def authority(case):
    folder = case.folder / FOLDER
    cli("pki", "init", "--dir", folder, "--name", "Prüfstelle")
    cli("pki", "issue", "client", "app1", "--dir", folder)
    output = cli("pki", "show", folder / "issued" / "app1" / "certificate.pem")
    check("Schlüssel – ключи" in output, "the path is not told as it is", output)


main()
