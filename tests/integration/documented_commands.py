"""Every block of commands in README.md and docs/ is run by a test as it is written, or says before it that it is not:

    <!-- not run: why -->

Which test it is, is below; those that are cheap are run here. What is not as written is in `at_hand`: folders, ports, and who
db.example.com is."""

import base64
import os
import pathlib
import pwd
import re
import shutil
import sys

from harness import documents, process
from harness.certificates import Pki
from harness.documents import ROOT
from harness.persona import BINARY, Persona, environment
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, text

# Whose sections (all of them: None) another test runs. It reads them itself, by their headings, and says if one is left.
ELSEWHERE = {
    ("README.md", "A tunnel from nothing"): "integration/readme_tunnel_works.py",
    ("docs/windows.md", "From the zip to PostgreSQL in eleven commands"): "windows/the_document_is_true.py",
    ("docs/windows.md", "Reload"): "windows/the_document_is_true.py",
    ("docs/windows.md", "Upgrade"): "windows/the_document_is_true.py",
    ("docs/windows.md", "Uninstall"): "windows/the_document_is_true.py",
    ("docs/databases/README.md", None): "integration/database_recipes.py",
    ("docs/databases/mariadb.md", None): "integration/database_recipes.py",
    ("docs/databases/postgresql.md", None): "integration/database_recipes.py",
    ("docs/databases/redis.md", None): "integration/database_recipes.py",
}
RAN = set()


def elsewhere(block):
    return ELSEWHERE.get((block.document, block.heading)) or ELSEWHERE.get((block.document, None))


def the_block(document, heading):
    """The one block of commands in a section."""
    found = [block for block in documents.commands(document) if block.heading == heading and not block.not_run]
    equal(len(found), 1, f"blocks of commands in {document}, {heading}")
    return found[0]


def yaml_in(document, heading):
    """The first block of YAML in a section."""
    return next(block.content for block in documents.blocks(ROOT / document) if block.heading == heading and block.language == "yaml")


def at_hand(words, places):
    for written, here in places.items():
        check(written in words, "is not in the document any more", written)
        words = words.replace(written, str(here))
    return words


def lines_of(block):
    """The commands, one a line; a session has them behind $."""
    RAN.add(block.content)
    lines = [re.sub(r"\s+#.*", "", line) for line in block.content.splitlines()]
    return [line for line in lines if line]


def sh(command, folder):
    """What a command prints to both streams; it has to succeed."""
    path = f"{pathlib.Path(BINARY).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    return process.run("bash", "-c", f"({command}) 2>&1", cwd=folder, env={**environment(), "PATH": path, "HOME": str(folder)})


@case("README: six lines to a tunnel")
def six_lines(case):
    check_it, doctor, run = lines_of(the_block("README.md", "Six lines to a tunnel"))
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(), failing=True)  # the doctor leaves without a word
    names = {"postgres-client.crt": pki.client.certificate, "postgres-client.key": pki.client.key, "gateway-ca.crt": pki.ca.certificate}
    for name, source in names.items():
        shutil.copy(source, case.folder / name)
        (case.folder / name).chmod(0o600)
    configuration = yaml_in("README.md", "Six lines to a tunnel")
    equal(len([line for line in configuration.splitlines() if not line.startswith("#")]), 6, "lines")
    path = case.folder / "postgres.yaml"
    path.write_text(at_hand(configuration, {"127.0.0.1:5432": "127.0.0.1:0",
                                            "db.example.com:5433": f"{{address: '{gateway}', server_name: {Pki.GATEWAY_NAME}}}"}))
    check(sh(check_it, case.folder).endswith("postgres.yaml: ok\n"), "persona check")
    check("  ok    accept" in sh(doctor, case.folder), "persona doctor")
    equal(run, "persona run --config postgres.yaml", "the last one, which goes on")
    path.write_text(path.read_text() + "log: {format: json}\n")  # for the harness
    persona = Persona(case, path, "postgres")
    with connect(persona.address) as client:
        expect_echo(client)


@case("docs/agent.md: an agent with a key")
def agent(case):
    check_it, run = lines_of(the_block("docs/agent.md", "Configuration"))
    pki = Pki(case)
    for name, source in (("client.crt", pki.client.certificate), ("client.key", pki.client.key)):
        shutil.copy(source, case.folder / name)
        (case.folder / name).chmod(0o600)
    socket = case.folder / "agent.sock"
    (case.folder / "agent.yaml").write_text(at_hand(yaml_in("docs/agent.md", "Configuration"), {
        "/run/persona/agent.sock": socket, "[persona]": f"[{pwd.getpwuid(os.geteuid()).pw_name}]"}))
    said = sh(check_it, case.folder)
    check("CN=" in said and "ok" in said, "whose key it has", said)
    words = run.split()
    equal(words[0], "persona", "the last one, which goes on")
    running = Process(case, BINARY, *words[1:], cwd=case.folder, env=environment())
    running.wait_line('"message":"agent ready"')
    check(socket.is_socket(), "its socket")


@case("docs/migrating.md: stunnel's configuration")
def migrating(case):
    command, = lines_of(the_block("docs/migrating.md", "stunnel"))
    shutil.copy(ROOT / "tests" / "import" / "stunnel" / "pki.conf", case.folder / "stunnel.conf")
    sh(at_hand(command, {"/etc/stunnel": case.folder, "/etc/persona": case.folder / "persona"}), case.folder)
    equal(sorted(path.name for path in (case.folder / "persona").iterdir()), ["pki-client.yaml", "pki-server.yaml"], "what was written")


@case("docs/scaling.md: keys that gateways share")
def ticket_keys(case):
    block = the_block("docs/scaling.md", "Tickets that every gateway opens")
    RAN.add(block.content)
    sh(block.content, case.folder)
    made = case.folder / "tickets.keys"
    equal((made.stat().st_mode & 0o777, len(base64.b64decode(made.read_text()))), (0o600, 48), "the file")


if not sys.argv[1:]:  # all of the cases, whose blocks count
    @case("every block of commands is run, or says why not")
    def every_block(case):
        blocks = documents.commands("README.md", "docs/**/*.md")
        check(len(blocks) > 30, "blocks of commands", len(blocks))
        for block in blocks:
            ways = [bool(elsewhere(block)), block.content in RAN, bool(block.not_run)]
            check(any(ways), f"{block} ({block.heading}): no test runs these commands: let one, or write <!-- not run: why --> before them",
                  block.content.splitlines()[0])
            check(not (ways[1] and ways[2]), f"{block}: it says that it is not run, but it is")
            check(block.not_run is None or len(block.not_run) > 10, f"{block}: why is it not run?")
        for (document, heading), test in ELSEWHERE.items():
            check(any((block.document, block.heading) in ((document, heading), (document, heading or block.heading)) for block in blocks),
                  f"{document} has no commands in", heading)
            source = (ROOT / "tests" / test).read_text()
            check(heading in source if heading else "check_all_ran" in source, f"{test} does not read", document, heading)


main()
