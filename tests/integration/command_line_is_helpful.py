"""Subcommands, --help, exit codes, `check`, `demo --once`, and a folder of services."""

import signal

from harness import process
from harness.certificates import Pki
from harness.persona import BINARY, Persona, address_of, cli, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

SUBCOMMANDS = ("run", "check", "demo", "pki", "service", "version")


@case("--help of the program and of every subcommand")
def help_texts(case):
    overview = cli("--help")
    for name in SUBCOMMANDS:
        check(name in overview, f"--help does not name {name}", overview)
        check("--help" in cli(name, "--help"), f"{name} --help has no usage")


@case("usage errors exit with 2 and say what is wrong")
def usage(case):
    for arguments, words in (([], "subcommand"), (["fly"], "fly"), (["run"], "--config"), (["check"], "--config"),
                             (["run", "--config"], "--config"), (["run", "--config", "x", "--konfig"], "--konfig")):
        output = cli(*arguments, expect=2)
        check(words in output, f"persona {' '.join(arguments)} does not mention {words!r}", output)


@case("version")
def version(case):
    check("persona" in cli("version").lower(), "the program's name")


@case("check: a good file, its summary")
def check_good(case):
    pki = Pki(case)
    path = write_config(case, config(pki, gateway="db.example.com:5433"), "books")
    output = cli("check", "--config", path)
    for words in ("books", "127.0.0.1:0", "db.example.com:5433", pki.GATEWAY_NAME, "CN=client", "CN=Test CA",
                  "days left", "sha256//"):
        check(words in output, f"the summary does not contain {words!r}", output)


@case("check: a broken file exits with 2")
def check_broken(case):
    path = write_config(case, "listen: 127.0.0.1:0\n", "broken")
    check(str(path) in cli("check", "--config", path, expect=2), "the file is not named")


@case("demo --once passes its own check")
def demo(case):
    output = cli("demo", "--once")
    for words in ("TLSv1.3", "certificate", "refused"):
        check(words in output, f"the demo does not mention {words!r}", output)


@case("the demo ends when told to, during its check and after it")
def demo_ends(case):
    for words, code in (("1. Traffic", 1), ("2. A persona", 1), ("connect a plain TCP client", 0)):
        running = process.Process(case, BINARY, "demo")
        running.wait_line(words)
        running.signal(signal.SIGTERM)
        # During the check there is no verdict. A signal that comes a little later finds the check passed.
        actual = running.wait()
        check(actual in (0, code), f"exit code after {words!r}", actual, running.tail())


@case("a folder of services in one process")
def folder(case):
    pki = Pki(case)
    services = case.folder / "services"
    services.mkdir()
    gateways = {}
    for name in ("books", "music"):
        gateways[name] = tls_gateway(case, pki.server_context())
        content = config(pki, gateway=gateways[name])
        write_config(case, content, f"services/{name}")
    (services / "README.txt").write_text("not a service")
    persona = Persona(case, services)
    addresses = {line["service"]: address_of(line["address"]) for line in persona.listening()}
    equal(addresses.keys(), gateways.keys(), "services")
    for name, gateway in gateways.items():
        with connect(addresses[name]) as client:
            expect_echo(client)
        line = persona.next_close("local_closed")
        equal((line["service"], line["target"]), (name, str(gateway)), "service and target")
    equal(len(persona.find("ready")), 1, "ready lines")


@case("several listen addresses of one service")
def several(case):
    pki = Pki(case)
    persona = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context()),
                                   listen=["127.0.0.1:0", "127.0.0.2:0"]))
    equal(len(persona.listening()), 2, "listen addresses")
    for line in persona.listening():
        with connect(address_of(line["address"])) as client:
            expect_echo(client)
        persona.next_close("local_closed")


@case("the smallest useful file, with paths relative to it")
def smallest(case):
    pki = Pki(case)
    gateway = tls_gateway(case, pki.server_context(pki.ca.issue("numeric", ["127.0.0.1"])))
    path = write_config(case, f"""# the smallest useful file
listen: 127.0.0.1:0
gateway: {gateway}
identity:
  certificate: {pki.client.certificate.name}
  private_key: {pki.client.key.name}
trust:
  ca: {pki.ca.certificate.name}
""", "smallest")
    persona = Persona(case, path, is_ready=False)
    listening = persona.wait_line("listening")
    persona.wait_line("ready")
    with connect(address_of(listening.rsplit("address=", 1)[1].split()[0])) as client:
        expect_echo(client)
    check("smallest" in persona.wait_line("connection closed"), "the file's stem is the service's name")


main()
