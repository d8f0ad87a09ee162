"""persona's image, and containers of it as a careful cluster runs them: crun, a user that is not root's, a read-only root, no
capability, no new privileges, and the system calls that engines forbid by default forbidden."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys

from . import machine, process
from .persona import BINARY, Persona, environment
from .runner import SANITIZED, check, need, shared_folder

ROOT = pathlib.Path(__file__).resolve().parents[3]
USER = 65534
# What engines forbid a container without capabilities (Docker Engine's documentation, "Seccomp security profiles").
FORBIDDEN = ("acct add_key bpf clock_adjtime clock_settime delete_module finit_module init_module ioperm iopl io_uring_setup kcmp "
             "kexec_load keyctl lookup_dcookie mount move_pages name_to_handle_at open_by_handle_at perf_event_open pivot_root "
             "process_vm_readv process_vm_writev quotactl reboot request_key setns settimeofday swapon swapoff umount2 unshare "
             "userfaultfd vhangup").split()
LANDLOCK = ["landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"]
NETWORK = ("hosts", "resolv.conf")
_INSIDE = "PERSONA_TEST_OWN_PROCESSES"


def enter_or_skip(hosts):
    """First of all: goes on in a machine of its own (harness.machine) with processes of its own, which all end with this one."""
    if SANITIZED:
        print("not tested: the image is made of the program as users run it, without sanitizers", flush=True)
        sys.exit(0)
    if not process.as_root():
        print("not tested: a container with users of its own takes root here", flush=True)
        sys.exit(0)
    apart = [need("unshare"), "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if _INSIDE not in os.environ:
        tried = subprocess.run([*apart, "true"], capture_output=True, text=True, timeout=60)
        if tried.returncode != 0:
            print(f"not tested: this system allows no process namespace of one's own ({tried.stderr.strip()})", flush=True)
            sys.exit(0)
        os.environ[_INSIDE] = "1"
        os.execv(need("setpriv"), ["setpriv", "--pdeathsig", "KILL", *apart, sys.executable, "-B", *sys.argv])
    machine.enter_or_skip(hosts)
    # crun does not start where it finds both versions of cgroups, and these containers have no limits.
    process.run("mount", "-t", "tmpfs", "tmpfs", "/sys/fs/cgroup")


def make_image(folder, **options):
    """The digest that scripts/make-image prints."""
    return process.run(ROOT / "scripts/make-image", "--persona", BINARY, "--output", folder, timeout=120, **options).strip()


@functools.cache
def image():
    """The folder that it is in: one for all cases."""
    make_image(shared_folder() / "image")
    return shared_folder() / "image"


def blob(digest):
    return image() / "oci/blobs" / digest.replace(":", "/")


def description():
    """What the layout says of it."""
    return json.loads((image() / "oci/index.json").read_text())["manifests"][0]


@functools.cache
def bundle():
    """The image as umoci unpacks it; what is mounted in its containers leaves empty files and folders in `rootfs`."""
    folder = shared_folder() / "bundle"
    name = description()["annotations"]["org.opencontainers.image.ref.name"]
    process.run("umoci", "unpack", "--image", f"{image() / 'oci'}:{name}", folder)
    return folder


def _bind(source, destination):
    return {"type": "bind", "source": str(source), "destination": str(destination), "options": ["rbind", "ro", "nosuid", "nodev"]}


def _specification(arguments, mounts, network, forbidden):
    of_image = json.loads((bundle() / "config.json").read_text())["process"]
    namespaces = [{"type": name} for name in ("pid", "mount", "ipc", "uts")]  # the network is the test's
    return {
        "ociVersion": "1.0.2",
        "process": {
            "args": [of_image["args"][0], *map(str, arguments)], "env": of_image["env"], "cwd": of_image["cwd"],
            "user": {"uid": USER, "gid": USER}, "noNewPrivileges": True,
            "capabilities": {kind: [] for kind in ("bounding", "effective", "permitted", "inheritable", "ambient")}},
        "root": {"path": str(bundle() / "rootfs"), "readonly": True},
        "mounts": [
            {"type": "proc", "source": "proc", "destination": "/proc"},
            {"type": "tmpfs", "source": "tmpfs", "destination": "/dev", "options": ["nosuid", "noexec", "mode=755"]},
            *(_bind(network / name, f"/etc/{name}") for name in NETWORK),
            *(_bind(source, destination) for source, destination in mounts)],
        "linux": {"namespaces": namespaces,
                  "seccomp": {"defaultAction": "SCMP_ACT_ALLOW",
                              "syscalls": [{"action": "SCMP_ACT_ERRNO", "errnoRet": 1, "names": list(forbidden)}]}}}


class _Engine:
    """One container: `arguments` are persona's."""

    def __init__(self, case, arguments, mounts, forbidden, name):
        self.name = f"{name}-{os.getpid()}-{len(list(case.folder.glob('*.container')))}"
        self.folder = case.folder / f"{self.name}.container"
        self.folder.mkdir()
        for name in NETWORK:  # as engines have it: files of this container
            (self.folder / name).write_bytes(pathlib.Path("/etc", name).read_bytes())
        (self.folder / "config.json").write_text(json.dumps(_specification(arguments, mounts, self.folder, forbidden)))
        self._common = ["--root", case.folder / "crun", "--cgroup-manager=disabled"]
        self.pid_file = self.folder / "pid"
        case.defer(lambda: process.run(*self.command("delete", "--force", self.name), expect=None))

    def command(self, verb, *arguments):
        return ["crun", *self._common, verb, *arguments]

    def start(self):
        return self.command("run", "--bundle", self.folder, "--pid-file", self.pid_file, self.name)


def run_to_end(case, *arguments, mounts=(), forbidden=FORBIDDEN, expect=0):
    """What persona wrote to both streams in a container, once it has ended."""
    engine = _Engine(case, arguments, mounts, forbidden, "once")
    done = subprocess.run(process.command(*engine.start()), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60)
    output = process.decoded(done.stdout)
    check(done.returncode == expect, f"persona {' '.join(map(str, arguments))} exited with {done.returncode} in its container",
          output[-1500:])
    return output


class Container(Persona):
    """`persona run --config PATH` as process 1 of a container, with PATH as it is called there. `mounts`: pairs of what is
    outside and where it is inside."""

    def __init__(self, case, path, mounts, forbidden=FORBIDDEN, **more):
        self._mounts, self._forbidden = mounts, forbidden
        super().__init__(case, pathlib.Path(path), "container", **more)
        self.pid = int(self._engine.pid_file.read_text())  # of process 1 in there

    def _start(self, case, path, name):
        self._engine = _Engine(case, ["run", "--config", path], self._mounts, self._forbidden, name)
        process.Process.__init__(self, case, *self._engine.start(), name=f"persona in {name}", env=environment())
        case.defer(self._stop_at_the_end, case)

    def signal(self, number):
        os.kill(int(self._engine.pid_file.read_text()), number)

    def execute(self, *arguments, expect=0):
        """What an exec probe does: another persona in this container."""
        return process.run(*self._engine.command("exec", self._engine.name, "/usr/bin/persona", *map(str, arguments)), expect=expect)


class Volume:
    """A folder of Kubernetes: what is in it is behind the link `..data`, which is turned to a new folder at each change."""

    def __init__(self, folder):
        self.folder = folder
        self._count = 0
        folder.mkdir()

    def put(self, **files):
        """All of them at once, readable by the group of the container alone (fsGroup); `tls_key` is the file `tls.key`."""
        self._count += 1
        new = self.folder / f"..2026_{self._count}"
        new.mkdir()
        for name, source in files.items():
            path = new / name.replace("_", ".")
            path.write_bytes(source if isinstance(source, bytes) else source.read_bytes())
            os.chown(path, 0, USER)
            path.chmod(0o440)
            link = self.folder / path.name
            if not link.is_symlink():
                link.symlink_to(f"..data/{path.name}")
        aside = self.folder / "..data_tmp"
        aside.symlink_to(new.name)
        os.replace(aside, self.folder / "..data")
        if self._count > 1:
            shutil.rmtree(self.folder / f"..2026_{self._count - 1}")
