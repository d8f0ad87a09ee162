"""The commands of README.md's "A tunnel from nothing", as they are written there."""

import pathlib
import re
import subprocess

from harness import process
from harness.persona import BINARY, SANITIZER_REPORT
from harness.runner import case, check, equal, main
from harness.sockets import reserve_port

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
HEADING = "## A tunnel from nothing"


def commands():
    section = README.read_text().split(HEADING + "\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    equal(len(blocks), 1, f"blocks of commands in {HEADING!r}")
    return blocks[0]


def namespace():
    """What to run the commands with so that they have a loopback of their own, where the README's ports are free."""
    probe = subprocess.run(["unshare", "--map-root-user", "--net", "ip", "link", "set", "lo", "up"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return ["unshare", "--map-root-user", "--net"] if probe.returncode == 0 else None


def with_free_ports(case, script):
    """Where no network namespace is to be had, the one thing that is not as written: each port is one that the kernel
    has chosen. It could be taken before it is used, but hardly is."""
    for port in sorted(set(re.findall(r"\b8\d{3}\b", script))):
        holder, address = reserve_port()
        case.defer(holder.close)
        script = re.sub(rf"\b{port}\b", str(address[1]), script)
        holder.close()
    return script


@case("a request goes through the tunnel that the README builds", deadline=100)
def tunnel(case):
    script = commands()
    prefix = namespace()
    if prefix:
        script = "ip link set lo up\n" + script
    else:
        prefix, script = [], with_free_ports(case, script)
    folder = case.folder / "empty"
    folder.mkdir()
    # -e: a command that fails ends it. The programs in the background are ended by the last line, or with the shell.
    done = subprocess.run(
        process.command(*(prefix or ["env"]), "bash", "-e", "-c", "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT\n" + script + "\nwait\n"),
        cwd=folder, timeout=90, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={"PATH": f"{pathlib.Path(BINARY).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(folder)})
    output = done.stdout.decode(errors="replace")
    check("\nhello through the tunnel\n" in output, "the request did not go through", output[-3000:])
    check(not SANITIZER_REPORT.search(output), "a sanitizer found something", output[-4000:])
    equal(output.count("message=stopped") or output.count("stopped"), 2, "personas that drained")
    equal(done.returncode in (0, 143), True, f"exit code of the commands ({done.returncode}: {output[-500:]})")
    check("warning: " not in output, "the commands cause a warning", output)
    check("PRIVATE KEY" not in output, "a key was printed")


@case("what the README says of files and keys is there")
def layout(case):
    text = README.read_text().split(HEADING + "\n", 1)[1].split("\n## ", 1)[0]
    folder = case.folder / "pki"
    for arguments in (["init"], ["issue", "client", "laptop"]):
        process.run(BINARY, "pki", *arguments, "--dir", folder)
    for name in ("ca.crt", "ca.key", "ca.crl", "issued.json"):
        check(name in text and (folder / "ca" / name).exists(), f"ca/{name}")
    for name in ("certificate.pem", "private_key.pem", "ca.pem"):
        check(name in text and (folder / "issued" / "laptop" / name).exists(), f"issued/laptop/{name}")


main()
