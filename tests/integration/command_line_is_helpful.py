"""Subcommands, --help, exit codes, `check`, `demo --once`, and a folder of services."""

import signal
import time

from harness import process
from harness.certificates import Pki
from harness.persona import BINARY, Persona, address_of, cli, config, environment, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo

SUBCOMMANDS = ("run", "check", "agent", "demo", "pki", "import", "service", "completion", "manual", "version")


def wait_for(condition, what, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        check(time.monotonic() < deadline, f"not within {timeout} s: {what}")
        time.sleep(0.02)


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
    text = cli("version")
    check(text.startswith("persona "), "the program's name", text)
    for option in ("--version", "-V"):
        equal(cli(option), text, option)


def with_environment(*arguments, expect=0, **variables):
    return cli(*arguments, expect=expect, prefix=("env", *(f"{name}={value}" for name, value in variables.items())))


@case("the file needs no --config, and may come from the environment; options win over that")
def places_of_a_file(case):
    pki = Pki(case)
    path = write_config(case, config(pki, gateway="db.example.com:5433"), "books")
    other = write_config(case, config(pki, gateway="db.example.com:5433"), "music")

    def summary(output):
        return output.split("\n  identity")[0] + output.splitlines()[-1]  # another second may be another day that is left

    whole = summary(cli("check", "--config", path))
    equal(summary(cli("check", path)), whole, "check FILE")
    equal(summary(cli("check", "-c", path)), whole, "check -c FILE")
    equal(summary(with_environment("check", PERSONA_CONFIG=path)), whole, "PERSONA_CONFIG")
    equal(summary(with_environment("check", path, PERSONA_CONFIG=other)), whole, "FILE and PERSONA_CONFIG")
    check("--config" in with_environment("run", expect=2, PERSONA_CONFIG=""), "an empty one counts as not set")
    check("[Unit]" in cli("service", "install", "--name", "books", path), "service install FILE")
    check("--config" in cli("run", path, "--config", other, expect=2), "two files are one too many")
    check("elsewhere" in with_environment("run", expect=2, PERSONA_CONFIG=case.folder / "elsewhere"), "a missing one")


@case("the log by options and by the environment: options, then the environment, then the file")
def overridden_log(case):
    pki = Pki(case)
    path = write_config(case, config(pki, gateway="127.0.0.1:1", log={"format": "text", "level": "error"}), "books")
    file = case.folder / "of-the-environment.log"
    running = process.Process(case, "env", f"PERSONA_LOG_FILE={file}", "PERSONA_LOG_LEVEL=warn", "PERSONA_LOG_FORMAT=text",
                              BINARY, "run", path, "--log-level", "info", "--log-format", "json", "--log-file", "",
                              env=environment())
    running.wait_line('"message":"ready"')  # to standard error, in JSON, at level info
    running.signal(signal.SIGTERM)
    equal(running.wait(), 0, "exit code")
    check(not file.exists(), "the option did not win over the variable")
    again = process.Process(case, "env", f"PERSONA_LOG_FILE={file}", "PERSONA_LOG_LEVEL=info", BINARY, "run", path,
                            env=environment())
    wait_for(lambda: file.exists() and " ready" in file.read_text(), "the file that the environment names has the lines")
    again.signal(signal.SIGHUP)  # what was said from outside holds on
    wait_for(lambda: " reloaded" in file.read_text(), "a line at level info after the reload")
    again.signal(signal.SIGTERM)
    equal(again.wait(), 0, "exit code")
    check(" stopped" in file.read_text(), "the last line", file.read_text())


@case("a bad variable is told by its name where it is ours, and nobody else's is looked at")
def bad_variables(case):
    path = write_config(case, config(Pki(case), gateway="db.example.com:5433"), "books")
    for variables, words in (({"PERSONA_LOG_LEVEL": "loud"}, 'PERSONA_LOG_LEVEL="loud", expected LEVEL:{debug,info,warn,error}'),
                             ({"PERSONA_LOG_FORMAT": "xml"}, 'PERSONA_LOG_FORMAT="xml"'),
                             ({"PERSONA_LOG_FILE": case.folder}, "PERSONA_LOG_FILE: "),
                             ({"PERSONA_LOG_FILE": "/no/such/file"}, "no such folder: /no/such"),
                             ({"PERSONA_LOGLEVEL": "warn"}, "did you mean PERSONA_LOG_LEVEL?"),
                             ({"PERSONA_CONFG": path}, "did you mean PERSONA_CONFIG?")):
        output = with_environment("check", path, expect=2, **variables)
        check(words in output, f"{variables}: {words!r}", output)
    # What Kubernetes sets beside a service of that name, and what scripts of ours use.
    with_environment("check", path, PERSONA_PORT="tcp://10.0.0.1:5432", PERSONA_SERVICE_HOST="10.0.0.1", PERSONA_TESTS="all",
                     PERSONA_CACHE="/x", PERSONA_DUMPABLE="1", PERSONA_BIN="/x")
    with_environment("version", PERSONA_LOG_LEVEL="loud")  # which has nothing to do with it


@case("--help names the variables and which wins")
def help_of_variables(case):
    for command in ("run", "check"):
        output = cli(command, "--help")
        for name in ("PERSONA_CONFIG", "PERSONA_LOG_LEVEL", "PERSONA_LOG_FORMAT", "PERSONA_LOG_FILE"):
            check(name in output, f"{command} --help does not name {name}", output)
            check(name in cli("--help"), f"--help does not name {name}")
    check("takes precedence" in " ".join(cli("--help").split()), "--help does not say which wins")


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
