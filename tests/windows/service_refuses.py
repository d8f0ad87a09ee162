"""What `persona service` refuses, and what a service that cannot run says: in words, by its exit code, and without harm."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from harness.certificates import Pki
from harness.persona import cli, config, write_config
from harness.runner import case, check, equal, main
from harness.servers import tls_gateway
from harness.service import Service, event_source, is_installed, registry, unused_name, windows
from harness.sockets import connect, expect_echo, listen, text

SPECIFIC_ERROR = 1066  # ERROR_SERVICE_SPECIFIC_ERROR


def exits_of(name):
    """What the Service Control Manager keeps of its end: the exit code, and the service's own."""
    fields = dict(line.split(":", 1) for line in windows("sc.exe", "query", name).splitlines() if ":" in line)
    return [int(next(value for key, value in fields.items() if key.strip() == name).split()[0])
            for name in ("WIN32_EXIT_CODE", "SERVICE_EXIT_CODE")]


@case("a broken configuration installs nothing")
def broken_configuration(case):
    pki = Pki(case)
    name = unused_name()
    path = write_config(case, config(pki, gateway="127.0.0.1:1", timeouts={"idle": 5}))
    output = cli("service", "install", "--name", name, "--config", path, expect=2)
    check("service.yaml:" in output and "nothing was installed" in output, "the reason", output)
    check(not is_installed(name) and not event_source(name), "something was installed")
    check(name not in cli("service", "list"), "it is listed")


@case("a configuration, or a folder of it, that strangers may write installs nothing")
def writable_by_strangers(case):
    pki = Pki(case)
    name = unused_name()
    path = write_config(case, config(pki, gateway="127.0.0.1:1"))
    for writable, mode in ((path, 0o644), (pki.ca.certificate, 0o644), (case.folder, 0o711)):
        writable.chmod(0o777)
        output = cli("service", "install", "--name", name, "--config", path, expect=2)
        check("can be changed by" in output and "icacls" in output and writable.name in output, "the reason", output)
        check(not is_installed(name) and not event_source(name), "something was installed")
        writable.chmod(mode)


@case("a configuration that broke since: start says so, with exit code 2 of its own; mended, it starts")
def broken_since(case):
    pki = Pki(case)
    service = Service(case, config(pki, gateway=tls_gateway(case, pki.server_context())))
    service.write("listen: nonsense\n")
    output = service.verb("start", expect=1)
    check("configuration" in output and "(2)" in output, "the reason", output)
    equal(exits_of(service.name), [SPECIFIC_ERROR, 2], "exit codes")
    status = service.verb("status", expect=3)
    check("configuration" in status and "(2)" in status, "the status", status)
    service.write(service.content)
    service.start()
    with connect(service.address) as client:
        expect_echo(client)


@case("a port in use: start says so, with exit code 3 of its own (and the Event Log, which Wine does not keep)")
def port_in_use(case):
    with listen() as taken:
        address = text(taken.getsockname())
        service = Service(case, config(Pki(case), gateway="127.0.0.1:1", listen=address))
        output = service.verb("start", expect=1)
        check("in use" in output and "(3)" in output, "the reason", output)
        equal(exits_of(service.name), [SPECIFIC_ERROR, 3], "exit codes")
        check(any("in use" in line["message"] for line in service.log()), "the log has no reason", service.log())
    service.start()


@case("a service of somebody else is never touched")
def foreign(case):
    name = unused_name()
    image = r"C:\windows\system32\cmd.exe /c rem"
    windows("sc.exe", "create", name, "binPath=", image, "start=", "demand")
    case.defer(windows, "sc.exe", "delete", name)
    key = rf"SYSTEM\CurrentControlSet\Services\{name}"
    before = registry(key)
    check("cmd.exe" in before, "the foreign service", before)
    path = write_config(case, config(Pki(case), gateway="127.0.0.1:1"))
    for arguments in (["install", "--config", path], ["uninstall"], ["start"], ["stop"], ["restart"], ["reload"], ["status"]):
        output = cli("service", arguments[0], "--name", name, *arguments[1:], expect=4 if arguments == ["status"] else 2)
        check("not a persona service" in output or "persona did not install" in output, f"{arguments[0]} does not say why", output)
    equal(registry(key), before, "the foreign service")
    check(name not in cli("service", "list") and not event_source(name), "it is taken for ours")


@case("a service that is not there, one that is there already, one that does not run")
def absent(case):
    for verb in ("uninstall", "start", "stop", "restart", "reload", "status"):
        output = cli("service", verb, "--name", unused_name(), expect=4 if verb == "status" else 2)
        check("no service" in output, f"{verb}: the reason", output)
    service = Service(case, config(Pki(case), gateway="127.0.0.1:1"))
    output = service.verb("install", "--config", service.config, expect=2)
    check("already installed" in output and "uninstall" in output, "the reason", output)
    check("not running" in service.verb("reload", expect=1), "reload does not say that it does not run")


@case("names that cannot be, accounts that must not be")
def bad_names(case):
    path = write_config(case, config(Pki(case), gateway="127.0.0.1:1"))
    for name in ("", "a b", 'a"b', r"a\b", "a/b", "..", "a'b", "ü", "a" * 81):
        for verb, options in (("install", ["--config", path]), ("uninstall", []), ("start", [])):
            output = cli("service", verb, "--name", name, *options, expect=2)
            check(output, f"{verb} says nothing about {name!r}")
    name = unused_name()
    for account in ("LocalSystem", r".\LocalSystem", r"NT AUTHORITY\SYSTEM"):
        output = cli("service", "install", "--name", name, "--config", path, "--account", account, expect=2)
        check("LocalSystem" in output, "the reason", output)
    check(not is_installed(name), "something was installed")


@case("run --service is for the Service Control Manager")
def by_hand(case):
    path = write_config(case, config(Pki(case), gateway="127.0.0.1:1"))
    output = cli("run", "--service", unused_name(), "--config", path, expect=2)
    check("service start" in output, "the sentence does not say what to do", output)


main()
