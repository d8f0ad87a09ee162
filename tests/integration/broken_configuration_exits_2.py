"""What an administrator gets wrong ends in exit code 2 and a sentence that says where."""

import os
import socket

from harness.certificates import Pki
from harness.persona import Persona, cli, config, write_config
from harness.process import as_root
from harness.runner import case, check, main, need
from harness.servers import tls_gateway
from harness.sockets import connect, expect_echo, listen, text


def refused(case, content, *words, prefix=(), name="service"):
    path = write_config(case, content, name)
    output = ""
    for subcommand in ("check", "run"):
        output = cli(subcommand, "--config", path, expect=2, prefix=prefix)
        for expected in words:
            check(expected in output, f"{subcommand} does not say {expected!r}", output)
    return output


def good(pki, **more):
    return config(pki, gateway="127.0.0.1:1", **more)


@case("a port in use")
def port_in_use(case):
    with listen() as taken:
        address = text(taken.getsockname())
        output = cli("run", "--config", write_config(case, good(Pki(case), listen=address)), expect=2)
        check(address in output and "in use" in output, "the sentence names the address and the reason", output)


@case("a port in use, with a log file: it has the sentence too")
def port_in_use_is_logged(case):
    log = case.folder / "persona.log"
    with listen() as taken:
        content = good(Pki(case), listen=text(taken.getsockname()), log={"file": str(log)})
        output = cli("run", "--config", write_config(case, content), expect=2)
    check("in use" in output and "in use" in log.read_text(), "one of them has no reason", output, log.read_text())


@case("a port in use by another persona, which goes on")
def port_in_use_by_persona(case):
    pki = Pki(case)
    first = Persona(case, config(pki, gateway=tls_gateway(case, pki.server_context())))
    output = cli("run", "--config", write_config(case, good(pki, listen=str(first)), "second"), expect=2)
    check("in use" in output, "the sentence names the reason", output)
    with connect(first.address) as client:
        expect_echo(client)


@case("an unknown key: where, what, and what was meant")
def unknown_key(case):
    content = "listen: 127.0.0.1:0\ngatway: 127.0.0.1:1\n"
    refused(case, content, f'{case.folder}/service.yaml:2:1: unknown key "gatway"; did you mean "gateway"?',
            "gatway: 127.0.0.1:1", "^")


@case("all errors at once")
def all_errors(case):
    content = "listen: nonsense\ngatway: x\ntimeouts: {idle: 5}\n"
    refused(case, content, "service.yaml:1:9:", "service.yaml:2:1:", "service.yaml:3:18:")


@case("a file that is no YAML")
def no_yaml(case):
    refused(case, "listen: [127.0.0.1:0\n", "service.yaml:")


@case("a file that says nothing, or too little, or is too large: a place nevertheless")
def has_a_place(case):
    place = f"{case.folder}/service.yaml:1:1: "
    refused(case, "", place + "the file is empty")
    refused(case, "# nothing\n", place + "the file is empty")
    refused(case, "listen: 127.0.0.1:0\n", place + '"gateway" is missing', place + '"identity.certificate" is missing',
            place + '"trust.ca" is missing')
    refused(case, "#" * (1 << 20) + "\n", place + "the file is larger than 1 MiB")


@case("a log file that cannot be opened: where it is named")
def log_file(case):
    path = case.folder / "socket"
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(str(path))
        content = {**good(Pki(case)), "log": {"file": str(path)}}
        output = cli("run", "--config", write_config(case, content), expect=2)
    line = next(number for number, text in enumerate((case.folder / "service.yaml").read_text().splitlines(), 1)
                if str(path) in text)
    check(f"service.yaml:{line}:" in output and "cannot open log file" in output, "the sentence names the place", output)


@case("a configuration that is not there")
def missing_config(case):
    path = case.folder / "nothing.yaml"
    for subcommand in ("check", "run"):
        check(str(path) in cli(subcommand, "--config", path, expect=2), "the sentence names the file")


@case("a folder without configurations")
def empty_folder(case):
    empty = case.folder / "empty"
    empty.mkdir()
    for subcommand in ("check", "run"):
        check(str(empty) in cli(subcommand, "--config", empty, expect=2), "the sentence names the folder")


@case("a folder where a file is expected")
def folder_for_file(case):
    pki = Pki(case)
    folder = case.folder / "folder"
    folder.mkdir()
    for part, key in (("identity", "certificate"), ("identity", "private_key"), ("trust", "ca")):
        content = good(pki)
        content[part] = {**content[part], key: str(folder)}
        refused(case, content, "service.yaml:", str(folder), "folder")


@case("a file that is not there")
def missing_file(case):
    pki = Pki(case)
    for part, key in (("identity", "certificate"), ("identity", "private_key"), ("trust", "ca")):
        content = good(pki)
        content[part] = {**content[part], key: str(case.folder / "nothing.pem")}
        refused(case, content, "service.yaml:", "nothing.pem", "no such file")


@case("files that may not be read")
def unreadable(case):
    # Root reads everything, unless it has given up the right to.
    prefix = [need("setpriv"), "--bounding-set", "-dac_override,-dac_read_search", "--"] if as_root() else []
    pki = Pki(case)
    pki.client.key.chmod(0)
    refused(case, good(pki), "service.yaml:", str(pki.client.key), "ermission denied", prefix=prefix)
    os.chmod(pki.client.key, 0o600)
    path = write_config(case, good(pki), "secret")
    path.chmod(0)
    output = cli("run", "--config", path, expect=2, prefix=prefix)
    check(str(path) in output and "permission denied" in output.lower(), "the sentence names file and reason", output)


@case("a key of another certificate")
def mismatch(case):
    pki = Pki(case)
    content = good(pki)
    content["identity"]["private_key"] = str(pki.gateway.key)
    refused(case, content, "service.yaml:", "the private key does not match the certificate: CN=client")


@case("an expired certificate")
def expired(case):
    pki = Pki(case)
    pki.client = pki.ca.issue("old", expired=True)
    refused(case, good(pki), "service.yaml:", "certificate expired 3 days ago", "CN=old")


@case("an address that is not loopback, unless it is wanted")
def unsafe_listen(case):
    pki = Pki(case)
    refused(case, good(pki, listen="0.0.0.0:0"), "service.yaml:", "unsafe_listen")
    cli("check", "--config", write_config(case, good(pki, listen="0.0.0.0:0", unsafe_listen=True)))


@case("both gateway and service, or neither")
def both_or_neither(case):
    pki = Pki(case)
    content = good(pki)
    content["service"] = "127.0.0.1:2"
    refused(case, content, "service.yaml:", "gateway", "service")
    content = good(pki)
    del content["gateway"]
    refused(case, content, "service.yaml:", "gateway", "service")


@case("the admin endpoint is for this machine")
def admin_elsewhere(case):
    refused(case, good(Pki(case), admin={"listen": "0.0.0.0:0"}), "service.yaml:", "lets other machines read")


main()
