"""Unix sockets where databases' clients look for them: psql and mariadb connect without options, as users of the system; the
socket's mode and group, and access.allow_users, decide which."""

import grp
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

from harness import process, servers
from harness.certificates import Pki
from harness.machine import enter_with_own_run_or_skip
from harness.persona import BINARY, CLEAN, Persona, cli, config, pair, write_config
from harness.runner import case, check, equal, main

POSTGRES, MYSQL, OTHER = "postgres", "mysql", process.UNPRIVILEGED  # the packages of the servers make the first two
PSQL = "/run/postgresql/.s.PGSQL.5432"
MARIADB = "/run/mysqld/mysqld.sock"

# Connects, sends, and prints what came back, or who refused: the kernel at connect(2), or persona afterwards.
CLIENT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as client:
    client.settimeout(20)
    try:
        client.connect(sys.argv[1])
    except PermissionError:
        sys.exit(print("the kernel refused"))
    try:
        client.sendall(b"let in")
        client.shutdown(socket.SHUT_WR)
        print(client.recv(100).decode() or "persona refused")
    except (ConnectionResetError, BrokenPipeError):
        print("persona refused")
"""


def as_user(user, program, *arguments, groups=()):
    """A process of this user's, with the groups that are named and no other; what it printed."""
    entry = pwd.getpwnam(user)
    ids = [str(grp.getgrnam(group).gr_gid) for group in groups]
    prefix = ["--reuid", entry.pw_uid, "--regid", entry.pw_gid, *(["--groups", ",".join(ids)] if ids else ["--clear-groups"])]
    done = subprocess.run(process.command("setpriv", *prefix, "--", program, *arguments), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, cwd="/",
                          env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "USER": user, "PERSONA_DUMPABLE": "1"})
    return done.stdout.decode().strip()


def got(user, path, groups=()):
    return as_user(user, sys.executable, "-B", "-c", CLIENT, path, groups=groups)


def as_root(path):
    """The same for root."""
    return process.run(sys.executable, "-B", "-c", CLIENT, path).strip()


def folder_of(path):
    pathlib.Path(path).parent.mkdir(mode=0o755, exist_ok=True)
    return f"unix:{path}"


def start(case, listen, users=None, **more):
    pki = Pki(case)
    gateway = servers.tls_gateway(case, pki.server_context())
    access = {"access": {"allow_users": users}} if users else {}
    return Persona(case, config(pki, gateway=gateway, listen=listen, **access, **more))


def mode_and_group(path):
    status = os.stat(path)
    check(stat.S_ISSOCK(status.st_mode), f"{path} is no socket")
    return f"{stat.S_IMODE(status.st_mode):04o} {grp.getgrgid(status.st_gid).gr_name}"


def expect_clean_end(persona):
    """Database and client both end by closing: who is first is a matter of timing."""
    line = persona.next_close()
    check(line["reason"] in CLEAN, "no clean end", line)


@case("psql without options, as the user who is listed; another one is refused, with the reason in the log", deadline=120)
def psql(case):
    database = servers.PostgreSql(case)
    process.run("psql", "-h", pathlib.Path(database.socket).parent, "-U", "persona", "-d", "postgres", "-Xqc",
                f"CREATE ROLE {POSTGRES} LOGIN; CREATE ROLE {OTHER} LOGIN")
    near, _ = pair(case, Pki(case), f"unix:{database.socket}",
                   persona={"listen": folder_of(PSQL), "access": {"allow_users": [POSTGRES]}})
    equal(mode_and_group(PSQL), "0666 root", "mode and group of the socket")
    equal(as_user(POSTGRES, "psql", "-XAtc", "select current_user, 6 * 7"), "postgres|42", "what psql printed")
    expect_clean_end(near)
    printed = as_user(OTHER, "psql", "-XAtc", "select 1", "postgres")
    check("server closed the connection unexpectedly" in printed, "somebody else came in", printed)
    near.next_close("access_denied", error=f"user {OTHER} (uid {pwd.getpwnam(OTHER).pw_uid}) is not in "
                                           f"access.allow_users ({POSTGRES})")


@case("mariadb without options, as a member of the socket's group", deadline=120)
def mariadb(case):
    database = servers.MariaDb(case)
    near, _ = pair(case, Pki(case), f"unix:{database.socket}",
                   persona={"listen": {"address": folder_of(MARIADB), "mode": "0660", "group": MYSQL}})
    equal(mode_and_group(MARIADB), f"0660 {MYSQL}", "mode and group of the socket")
    arguments = ("--batch", "--skip-column-names", "-e", "select 6 * 7")
    equal(as_user(MYSQL, "mariadb", *arguments), "42", "what mariadb printed")
    expect_clean_end(near)
    printed = as_user(OTHER, "mariadb", *arguments)
    check(f"'{MARIADB}' (13)" in printed, "somebody else came in", printed)  # EACCES


@case("with users and no mode the list decides, by name and by number, and root is no exception")
def users(case):
    path = "/run/users"
    persona = start(case, f"unix:{path}", [OTHER, pwd.getpwnam(MYSQL).pw_uid])
    for user in (OTHER, MYSQL):
        equal(got(user, path), "let in", user)
        line = persona.next_close("local_closed")
        equal(line["client"], f"unix:uid={pwd.getpwnam(user).pw_uid}", "the client in the log")
    equal(got(POSTGRES, path), "persona refused", POSTGRES)
    persona.next_close("access_denied", error=f"user {POSTGRES} ")
    equal(as_root(path), "persona refused", "root")
    persona.next_close("access_denied", error="user root (uid 0) is not in access.allow_users")


@case("with a mode and a group the kernel decides, by the groups that a process has")
def groups(case):
    path = "/run/groups"
    start(case, {"address": f"unix:{path}", "mode": "0660", "group": grp.getgrnam(POSTGRES).gr_gid})
    equal(mode_and_group(path), f"0660 {POSTGRES}", "mode and group of the socket")
    for user, of, result in ((POSTGRES, (), "let in"), (OTHER, (POSTGRES,), "let in"), (OTHER, (), "the kernel refused"),
                             (OTHER, (MYSQL,), "the kernel refused")):
        equal(got(user, path, of), result, f"{user} with the groups {of}")
    equal(as_root(path), "let in", "root")


@case("with a mode and users both decide")
def both(case):
    path = "/run/both"
    persona = start(case, {"address": f"unix:{path}", "mode": "0660", "group": POSTGRES}, [OTHER, MYSQL])
    equal(got(OTHER, path, [POSTGRES]), "let in", "a member who is listed")
    persona.next_close("local_closed")
    equal(got(MYSQL, path), "the kernel refused", "one who is listed and no member")
    equal(got(POSTGRES, path), "persona refused", "a member who is not listed")
    persona.next_close("access_denied")


@case("with neither, persona's own user and root come in, and whom else the umask says; administrators have sockets too")
def neither(case):
    path, admin, second = "/run/neither", "/run/admin", "/run/second"
    start(case, [f"unix:{path}", {"address": f"unix:{second}", "group": POSTGRES}],
          admin={"listen": {"address": f"unix:{admin}", "group": MYSQL}})
    equal(mode_and_group(path), "0755 root", "as the umask of this test says")
    equal(got(OTHER, path), "the kernel refused", OTHER)
    equal(as_root(path), "let in", "root")
    equal(mode_and_group(second), f"0660 {POSTGRES}", "a group alone")
    equal(mode_and_group(admin), f"0660 {MYSQL}", "the administrators' socket")
    equal(got(OTHER, admin), "the kernel refused", f"{OTHER} at the administrators' socket")


def traced(case, inject, listen):
    """persona under strace, which interferes with a system call."""
    path = write_config(case, config(Pki(case), gateway="127.0.0.1:1", listen=listen))
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")  # which needs to trace, as strace does
    strace = process.Process(case, "strace", "-f", "-o", case.folder / "trace", "-e",
                             "trace=bind,chmod,fchmodat,fchownat,listen", "-e", f"inject={inject}", BINARY, "run",
                             "--config", path, env=environment)
    case.defer(lambda: [os.kill(pid, signal.SIGKILL) for pid in children(strace)])
    return strace


def children(strace):
    """What it traces. strace's own end would only let go of it."""
    if not strace.running():
        return []
    return [int(pid) for pid in pathlib.Path(f"/proc/{strace.pid}/task/{strace.pid}/children").read_text().split()]


@case("nobody else is let in before the socket has its mode, whatever the umask; what a kill leaves is replaced")
def at_every_moment(case):
    path = "/run/moment"
    listen = {"address": f"unix:{path}", "mode": "0666", "group": POSTGRES}
    old = os.umask(0)
    try:
        traced(case, "chmod,fchmodat:signal=KILL", listen).wait(60)
    finally:
        os.umask(old)
    calls = (case.folder / "trace").read_text()
    check("chmod" in calls and "listen(" not in calls, "it listened before the mode was set", calls)
    equal(mode_and_group(path), f"0600 {POSTGRES}", "before the mode is set")
    equal(got(OTHER, path), "the kernel refused", OTHER)
    start(case, listen)
    equal(got(OTHER, path), "let in", OTHER)


@case("in a folder where others may write, no file but the socket is given a mode or a group")
def swapped(case):
    folder = pathlib.Path("/run/shared")
    folder.mkdir()
    folder.chmod(0o777)
    path, victim = folder / "socket", pathlib.Path("/run/victim")
    victim.touch(0o600)
    other = socket.socket(socket.AF_UNIX)
    case.defer(other.close)
    other.bind("/run/other")
    os.chown("/run/other", pwd.getpwnam(OTHER).pw_uid, 0)
    os.chmod("/run/other", 0o600)
    for swap in ("/run/victim", "/run/other"):
        before = os.stat(swap)
        persona = traced(case, "bind:signal=STOP", {"address": f"unix:{path}", "mode": "0666", "group": POSTGRES})
        wait_for(path, persona)
        os.symlink(swap, folder / "new") if swap == "/run/victim" else os.rename(swap, folder / "new")
        os.rename(folder / "new", path)
        for pid in children(persona):
            os.kill(pid, signal.SIGCONT)
        equal(persona.wait(60), 2, f"exit code where {swap} took the socket's place")
        after = os.stat(path)
        equal((after.st_ino, after.st_mode, after.st_gid), (before.st_ino, before.st_mode, before.st_gid), swap)
        path.unlink()


def wait_for(path, persona):
    """Until persona, which then stands still, has made it."""
    deadline = time.monotonic() + 60
    while not path.exists():
        check(time.monotonic() < deadline and persona.running(), f"{path} was not made", persona.tail())
        time.sleep(0.01)


@case("what keeps persona from making a socket is said, with what to do")
def refusals(case):
    pki = Pki(case)

    def words(listen, subcommand="run", **more):
        return cli(subcommand, "--config", write_config(case, config(pki, gateway="127.0.0.1:1", listen=listen)), **more)

    missing = "there is no folder /run/nowhere; let systemd make it at each start, by RuntimeDirectory=nowhere"
    check(missing in words("unix:/run/nowhere/s", expect=2), "a folder that is not there")
    output = words({"address": "unix:/run/nowhere/s", "mode": "0660", "group": POSTGRES}, "check")
    check(f"warning: listen: {missing}" in output, "check warns of it", output)
    check(f"unix:/run/nowhere/s, mode 0660, group {POSTGRES}" in output, "check shows mode and group", output)
    for subcommand in ("check", "run"):
        output = words({"address": "unix:/run/s", "group": "no-such-group"}, subcommand, expect=2)
        check('service.yaml:4:12: listen.group: there is no group "no-such-group"' in output, "an unknown group", output)

    program = shutil.copy(BINARY, case.folder / "persona")  # others may not reach the folder that it is built in
    folder = process.make_folder(case, "own")
    for path in (pki.client.key, pki.client.certificate, pki.ca.certificate):
        os.chmod(path, 0o644)

    def as_other(listen):
        path = write_config(case, config(pki, gateway="127.0.0.1:1", listen=listen))
        return as_user(OTHER, program, "run", "--config", path)

    output = as_other({"address": f"unix:{folder}/s", "mode": "0660", "group": POSTGRES})
    check(f"cannot be given to the group {POSTGRES} " in output and f"SupplementaryGroups={POSTGRES}" in output,
          "a group that it is not in", output)
    check(not (folder / "s").exists(), "a file is left")
    output = as_other({"address": "unix:/run/s"})
    check("permission denied" in output and "must be allowed to write in /run" in output and "1024" not in output,
          "a folder where it may not write", output)


@case("a socket whose mode changes on reload is another one, also when it follows from a list that is taken away")
def reloaded(case):
    path = "/run/reloaded"
    persona = start(case, f"unix:{path}", [MYSQL], reload={"watch": False})
    equal(mode_and_group(path), "0666 root", "mode and group by the list")
    content = json.loads((case.folder / "service.yaml").read_text())
    del content["access"]

    def reload(count, **more):
        write_config(case, content | more)
        persona.signal(signal.SIGHUP)
        persona.wait_log("reloaded", count=count, cause="asked")

    reload(1)
    mode = os.stat(path).st_mode
    check(stat.S_ISSOCK(mode) and not mode & stat.S_IWOTH, "others may still connect", mode_and_group(path))
    equal([got(OTHER, path), got(MYSQL, path), as_root(path)], ["the kernel refused"] * 2 + ["let in"], "without the list")
    reload(2, access={"allow_users": [OTHER]}, listen={"address": f"unix:{path}", "mode": "0660", "group": MYSQL})
    equal(mode_and_group(path), f"0660 {MYSQL}", "mode and group as written")
    equal([got(OTHER, path), got(MYSQL, path)], ["the kernel refused", "persona refused"], "with both")
    reload(3, access={"allow_users": [OTHER]})
    equal(mode_and_group(path), "0666 root", "mode and group by the list")
    equal([got(OTHER, path), got(MYSQL, path)], ["let in", "persona refused"], "with the list alone")
    equal([each.name for each in pathlib.Path("/run").glob("reloaded*")], ["reloaded"], "files")
    check(not [line for line in persona.log if "restart persona" in line.get("message", "")], "a restart is asked for")


enter_with_own_run_or_skip()
main()
