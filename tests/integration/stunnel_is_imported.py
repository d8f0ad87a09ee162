"""persona import stunnel: configurations as stunnel's manual, its sample and how-tos have them become what is expected, with what
is said of them; persona check takes each but for files that are not there; and nothing is ever overwritten. `--write` makes the
expectations anew, to be read before they are committed."""

import pathlib
import re
import shutil
import signal
import subprocess
import sys

from harness import process
from harness.certificates import Pki
from harness.persona import BINARY, SANITIZER_REPORT, Persona
from harness.process import Process
from harness.runner import case, check, equal, main, sample
from harness.sockets import Server, connect, echo, expect_echo, reserve_port, text, wait_listening

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "import" / "stunnel"
CASES = sorted(FOLDER.glob("*.conf"))
# What `persona check` may find wrong in a result: what is not there on this machine.
ABSENT = re.compile(r"no such file|no (group|user) .* on this machine|token")


def run(*arguments, cwd=FOLDER):
    """Exit code, standard output, standard error."""
    done = subprocess.run(process.command(BINARY, *map(str, arguments)), cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    out, err = (stream.decode().replace("\r\n", "\n") for stream in (done.stdout, done.stderr))
    check(not SANITIZER_REPORT.search(err), "a sanitizer found something", err)
    return done.returncode, out, err


def imported(conf):
    code, out, err = run("import", "stunnel", conf.name)
    return out, f"{err}exit code {code}\n"


@case("configurations from manuals and how-tos become what is expected", deadline=120)
def expectations(case):
    check(len(CASES) >= 20, "configurations", len(CASES))
    for conf in CASES:
        out, remarks = imported(conf)
        for suffix, found in ((".yaml", out), (".remarks", remarks)):
            equal(found, conf.with_suffix(suffix).read_text(), f"{conf.name}: {suffix[1:]}")
    fates = {line.split(": ")[1] for conf in CASES for line in conf.with_suffix(".remarks").read_text().splitlines()[:-1]}
    equal(fates, {"left out", "to do", "changed", "not needed"}, "all that can be said is said somewhere")


@case("persona check takes all of them, but for files that are not there", deadline=200)
def they_load(case):
    for conf in sample(CASES, 4):
        folder = case.folder / conf.stem
        folder.mkdir()
        code, out, err = run("import", "stunnel", conf.name, "--to", folder)
        equal(out, "".join(f"wrote {folder}/{name}\n" for name in re.findall(r"^# file: (.*)$", conf.with_suffix(".yaml").read_text(), re.MULTILINE)),
              f"{conf.name}: what was written")
        for file in sorted(folder.glob("*.yaml")):
            code, said, wrong = run("check", "--config", file)
            said += wrong
            errors = re.findall(rf"^{re.escape(str(file))}:\d+:\d+: (?!warning: )(.*)$", said, re.MULTILINE)
            counted = re.search(r": (\d+) errors?\b", said)
            equal(len(errors), int(counted[1]) if counted else 0, f"{conf.name}: errors that persona check counts in {file.name}")
            check(counted, f"{conf.name}: the files that {file.name} names are here?", said)
            for line in errors:
                check(ABSENT.search(line), f"{conf.name}: persona check of {file.name}", line)


def is_written(path):
    return path.read_bytes() if path.exists() else None


@case("what exists is not overwritten, and then nothing is written")
def overwriting(case):
    folder = case.folder / "there"
    folder.mkdir()
    (folder / "pki-server.yaml").write_text("mine")
    code, out, err = run("import", "stunnel", "pki.conf", "--to", folder)
    equal((code, out), (2, ""), "exit code and output")
    check("pki-server.yaml exists, so nothing was written" in err, "the sentence", err)
    equal((folder / "pki-server.yaml").read_text(), "mine", "the file that was there")
    equal(is_written(folder / "pki-client.yaml"), None, "the other one")
    (folder / "pki-server.yaml").unlink()
    (folder / "pki-server.yaml").symlink_to("nowhere")
    equal(run("import", "stunnel", "pki.conf", "--to", folder)[0], 2, "a link that leads nowhere counts too")
    equal(run("import", "stunnel", "pki.conf", "--to", case.folder / "new")[0], 0, "a folder that is not there is made")


@case("pins of verifyPeer are those of the certificates in CAfile")
def pins(case):
    pki = Pki(case)
    shutil.copy(pki.gateway.certificate, case.folder / "server.pem")
    (case.folder / "a.conf").write_text("[a]\nclient = yes\naccept = 127.0.0.1:1\nconnect = db.example.com:2\ncert = a.pem\n"
                                        "CAfile = server.pem\nverify = 4\n")
    code, out, err = run("import", "stunnel", "a.conf", cwd=case.folder)
    shown = re.findall(r"sha256//[\w+/]+=", run("pki", "show", pki.gateway.certificate)[1])
    equal(re.findall(r"sha256//[\w+/]+=", out), shown[:1], "pins")
    equal((code, "TODO" in out, "verify: pins" in out), (0, False, True), "nothing is left to do")


@case("hashed CA certificates of a folder are named one by one")
def hashed(case):
    folder = case.folder / "cas"
    folder.mkdir()
    for name in ("0123abcd.0", "0123abcd.1", "ca.pem", "0123abcd.r0", "README"):
        (folder / name).write_text("")
    (case.folder / "a.conf").write_text("[a]\naccept = 1\nconnect = 2\ncert = a.pem\nCApath = cas\nverify = 2\n")
    code, out, err = run("import", "stunnel", "a.conf", cwd=case.folder)
    check("\n  ca: [cas/0123abcd.0, cas/0123abcd.1]\n" in out, "trust.ca", out, err)


GOOD = "[a]\nclient = yes\naccept = 127.0.0.1:1\nconnect = db.example.com:2\ncert = a.pem\nCAfile = ca.pem\nverify = 2\n"
BAD = {
    "": "a.conf has no [SERVICE]: this is for inetd",
    "exec = /usr/sbin/imapd\n": "a.conf has no [SERVICE]",
    "[a\n": "a.conf:1: the name of a service ends with a bracket",
    "[a]\naccept 443\n": "a.conf:2: expected OPTION = VALUE or [SERVICE], found \"accept 443\"",
    "[a]\n= 443\n": "a.conf:2: expected OPTION = VALUE",
    "[a]\naccept = 65536\n": "a.conf:2: accept: \"65536\" is not a port",
    "[a]\naccept = 0\n": "a.conf:2: accept: \"0\" is not a port",
    "[a]\naccept = host name:1\n": "a.conf:2: accept: \"host name\" is not a host name",
    "[a]\naccept =\n": "a.conf:2: accept: expected [HOST:]PORT",
    "[a]\nclient = maybe\n": "a.conf:2: client: expected yes or no",
    "[a]\nverify = 5\n": "a.conf:2: verify: expected a level from 0 to 4",
    "[a]\nTIMEOUTidle = soon\n": "a.conf:2: TIMEOUTidle: expected seconds",
    "[a]\nTIMEOUTidle = -1\n": "a.conf:2: TIMEOUTidle: expected seconds",
    "[a]\nTIMEOUTidle = 99999999999999999999\n": "a.conf:2: TIMEOUTidle: expected seconds",
    "[a]\nverifyChain = 1\n": "a.conf:2: verifyChain: expected yes or no",
    "[a]\nsslVersion = TLSv9\n": "a.conf:2: sslVersion: expected all or a version",
    "[a]\ndebug = loud\n": "a.conf:2: debug: expected a level",
    "[a]\nsocket = TCP_NODELAY=1\n": "a.conf:2: socket: expected a:, l: or r:",
    "[a]\ncheckIP = db.example.com\n": "a.conf:2: checkIP: \"db.example.com\" is not an address",
    "include = nowhere\n": "a.conf:1: cannot read the folder nowhere",
    "include = .\n": "include each other more than 8 deep",
    "[a]\ncert = \0\n": "a.conf:2: this is not text",
    "[a]\ncert = \xff\n": "a.conf:2: this is not text in UTF-8",
    "[a]\n" + "delay = yes\n" * 6000: "a.conf:5001: there are more than 5000 options",
    "".join(f"[{i}]\n" for i in range(300)): "a.conf:201: there are more than 200 services",
    "; " + "x" * (1 << 20) + "\n" + GOOD: "a.conf",
    "[" + "x" * 300 + "]\n": "a.conf:1: a name of more than 256 bytes",
}


@case("what cannot be read is an error with its line", deadline=120)
def broken(case):
    for content, sentence in BAD.items():
        (case.folder / "a.conf").write_bytes(content.encode("latin-1"))
        code, out, err = run("import", "stunnel", "a.conf", cwd=case.folder)
        equal((code, out), (2, ""), f"{content[:40]!r}: exit code and output ({err})")
        check(sentence in err and err.startswith("persona: ") and err.count("\n") == 1, f"{content[:40]!r}: the sentence", err)
    for name in ("nowhere.conf", "."):
        code, out, err = run("import", "stunnel", name, cwd=case.folder)
        check(code == 2 and err.startswith("persona: cannot read"), name, err)
    (case.folder / "a.conf").write_text(GOOD)
    equal(run("import", "stunnel", "a.conf", cwd=case.folder)[0], 0, "and what can be read is")


@case("every option that stunnel prints is in the table")
def table(case):
    listed = {row.lower() for row in re.findall(r"^\| `(\w+)` \|", run("import", "stunnel", "--options")[1], re.MULTILINE)}
    help_text = subprocess.run(["stunnel", "-help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30).stdout.decode()
    options = {option.lower() for option in re.findall(r"^(\w+) +=", help_text, re.MULTILINE)}
    check(len(options) > 70, "options that stunnel has", len(options))
    equal(options - listed, set(), "options that are not in the table")
    tls = subprocess.run(["stunnel", "-options"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30).stdout.decode()
    listed = re.findall(r"^options = (\w+)", tls, re.MULTILINE)
    check(len(listed) > 30, "options for TLS that stunnel has", len(listed))
    (case.folder / "a.conf").write_text(GOOD + "".join(f"options = {option}\noptions = -{option}\n" for option in listed))
    code, out, err = run("import", "stunnel", "a.conf", cwd=case.folder)
    equal((code, len(re.findall("^# file", out, re.MULTILINE))), (1, 1), f"exit code and files: {err}")


class Ends:
    """A tunnel by two configurations of stunnel's, of which each end is stunnel or what it was imported as."""

    def __init__(self, case, credentials, client="", server=""):
        self._case = case
        self._service = Server(case, echo)
        self.ports = {}
        for end in ("client", "server"):
            holder, self.ports[end] = reserve_port()
            case.defer(holder.close)
        ours, theirs, ca_of = credentials
        common = "foreground = yes\nsyslog = no\npid =\ndebug = info\n"
        self._confs = {
            "server": f"{common}[server]\naccept = {text(self.ports['server'])}\nconnect = {text(self._service.address)}\n"
                      f"cert = {theirs[0]}\nkey = {theirs[1]}\nCAfile = {ca_of['server']}\n{server}",
            "client": f"{common}client = yes\n[client]\naccept = {text(self.ports['client'])}\nconnect = {text(self.ports['server'])}\n"
                      f"cert = {ours[0]}\nkey = {ours[1]}\nCAfile = {ca_of['client']}\n{client}",
        }

    def start(self, end, is_ours):
        conf = self._case.folder / f"{end}.conf"
        conf.write_text(self._confs[end])
        if not is_ours:
            process = Process(self._case, "stunnel", conf)
            wait_listening(self.ports[end])
            return process
        folder = self._case.folder / f"from-{end}"
        code, out, err = run("import", "stunnel", conf, "--to", folder)
        equal(code, 0, f"exit code for the {end}: {err}")
        path = folder / f"{end}.yaml"
        with open(path, "a") as file:
            file.write("  format: json\n")  # below log:, for the test to read
        return Persona(self._case, path, end)


def replaced(case, credentials, **more):
    """Each end, and both, by persona where stunnel was: bytes go through."""
    for ours in (("client",), ("server",), ("client", "server")):
        ends = Ends(case, credentials, **more)
        running = [ends.start(end, end in ours) for end in ("server", "client")]
        with connect(ends.ports["client"]) as client:
            expect_echo(client, b"through " + " and ".join(ours).encode())
        for each in running:
            each.signal(signal.SIGTERM)
            each.wait_stopped() if isinstance(each, Persona) else each.wait()
        for end in ours:
            shutil.rmtree(case.folder / f"from-{end}")


@case("in place of stunnel, at either end: certificates of one CA", deadline=120)
def replaced_with_ca(case):
    pki = Pki(case)
    replaced(case, ((pki.client.certificate, pki.client.key), (pki.gateway.certificate, pki.gateway.key),
                    {"client": pki.ca.certificate, "server": pki.ca.certificate}),
             client=f"verifyChain = yes\ncheckHost = {Pki.GATEWAY_NAME}\nsslVersion = TLSv1.3\n",
             server="verifyChain = yes\nrequireCert = yes\nTIMEOUTidle = 600\n")


@case("in place of stunnel, at either end: the other's own certificate", deadline=120)
def replaced_with_pins(case):
    pairs = []
    for name in ("client.example.com", "server.example.com"):
        pair = (case.folder / f"{name}.pem", case.folder / f"{name}.key")
        process.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", pair[1], "-out", pair[0])
        pairs.append(pair)
    ours, theirs = pairs
    replaced(case, (ours, theirs, {"client": theirs[0], "server": ours[0]}), client="verifyPeer = yes\n", server="verify = 4\n")


def write():
    for conf in CASES:
        out, remarks = imported(conf)
        conf.with_suffix(".yaml").write_text(out)
        conf.with_suffix(".remarks").write_text(remarks)


if sys.argv[1:] == ["--write"]:
    write()
else:
    main()
