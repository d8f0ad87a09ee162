"""How each forwarder is configured and started. bench/README.md says why it is configured like this."""

import dataclasses
import functools
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
from typing import Callable

from pki import GATEWAY_NAME
from process import BenchError, Child, free_port, poll

CONNECTIONS = 9500  # that a forwarder must be able to hold
DESCRIPTORS = 2 * CONNECTIONS + 500  # for which it needs these
PIPES = 200  # of HAProxy, for splicing: by default a quarter of the connections, for which 20,000 descriptors do not do
BIG_BUFFER = 256 * 1024
ATTEMPTS = 5  # to find a free port
PATIENCE = "2m"  # with thousands that connect at once, as HAProxy, nginx and persona all write it
CIPHER = "TLS_AES_256_GCM_SHA384"
OUR_HYBRID = "x25519mlkem768"


@dataclasses.dataclass(frozen=True)
class Ends:
    """What a forwarder connects."""
    listen: int
    gateway: int
    pki: object
    hybrid: bool  # X25519MLKEM768 is offered first, with X25519 beside it; else X25519 alone
    folder: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Way:
    """Where a forwarder is to go, and with which certificates and groups."""
    gateway: int
    pki: object = None
    hybrid: bool = False


@dataclasses.dataclass(frozen=True)
class Forwarder:
    name: str
    kind: str  # ours | variant (of ours) | before (an older persona) | tls | relay
    settings: str  # for the report
    program: str
    configure: Callable  # (program, Ends) -> command
    big_buffers: bool = False  # 256 KiB
    when_named: bool = False  # measured only if --only names it


def _write(path, text):
    path.write_text(text)
    return path


def run_persona(program, folder, config):
    common = {
        "timeouts": {"connect": PATIENCE, "handshake": PATIENCE, "shutdown": "1s"},
        "limits": {"connections": CONNECTIONS},
        "log": {"level": "warn"},
        "threads": 1,
    }
    path = _write(folder / "persona.yaml", json.dumps({**common, **config}, indent=1))
    return [program, "run", "--config", path]


def _persona_config(ends):
    client = ends.pki.client
    return {
        "listen": f"127.0.0.1:{ends.listen}",
        "gateway": {"address": f"127.0.0.1:{ends.gateway}", "server_name": GATEWAY_NAME},
        "identity": {"certificate": str(client.certificate), "private_key": str(client.key)},
        "trust": {"ca": str(ends.pki.ca)},
        "tls": {"min_version": "1.3", "ciphers": [CIPHER],
                "groups": [OUR_HYBRID, "x25519"] if ends.hybrid else ["x25519"]},
    }


def _persona(**more):
    return lambda program, ends: run_persona(program, ends.folder, {**_persona_config(ends), **more})


def persona_lacks_hybrid(program, pki, folder):
    """None, or why this persona cannot offer X25519MLKEM768, in its own words."""
    ends = Ends(1, 1, pki, True, folder)  # nothing is listened on or dialled
    path = _write(folder / "hybrid.yaml", json.dumps(_persona_config(ends)))
    done = subprocess.run([program, "check", "--config", path], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    told = [line for line in (done.stdout + done.stderr).splitlines() if OUR_HYBRID in line]
    return re.sub(r".*\.yaml:\d+:\d+: ", "", told[0]) if told else f"persona check ended with {done.returncode}"


def _groups(ends):
    """In OpenSSL's notation."""
    return "X25519MLKEM768:X25519" if ends.hybrid else "X25519"


def _stunnel(program, ends):
    return [program, _write(ends.folder / "stunnel.conf", f"""\
foreground = yes
debug = 3
syslog = no
pid =
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1

[bench]
client = yes
accept = 127.0.0.1:{ends.listen}
connect = 127.0.0.1:{ends.gateway}
cert = {ends.pki.client.certificate}
key = {ends.pki.client.key}
CAfile = {ends.pki.ca}
verifyChain = yes
checkHost = {GATEWAY_NAME}
sni = {GATEWAY_NAME}
sslVersionMin = TLSv1.3
ciphersuites = {CIPHER}
curves = {_groups(ends)}
TIMEOUTconnect = 120
TIMEOUTidle = 86400
""")]


@functools.cache
def _haproxy_takes_curves(program):
    """On a server's line: newer ones do. Older ones offer what their OpenSSL does by itself."""
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as config:
        config.write("backend b\n    server s 127.0.0.1:1 ssl verify none curves X25519\n")
        config.flush()
        done = subprocess.run([program, "-c", "-f", config.name], capture_output=True, text=True, check=False)
    return "unknown keyword 'curves'" not in done.stderr


def _haproxy(tls, buffer=None, splice=False):
    def configure(program, ends):
        server = f"server gateway 127.0.0.1:{ends.gateway}"
        if tls:
            server += (f" ssl crt {ends.pki.client.both} ca-file {ends.pki.ca} verify required"
                       f" verifyhost {GATEWAY_NAME} sni str({GATEWAY_NAME})"
                       f" ssl-min-ver TLSv1.3 ciphersuites {CIPHER}")
            if _haproxy_takes_curves(program):
                server += f" curves {_groups(ends)}"
        return [program, "-db", "-f", _write(ends.folder / "haproxy.cfg", f"""\
global
    nbthread 1
    maxconn {CONNECTIONS}
    {f"maxpipes {PIPES}" if splice else ""}
    {f"tune.bufsize {buffer}" if buffer else ""}

defaults
    mode tcp
    timeout connect {PATIENCE}
    timeout client 1d
    timeout server 1d
    {"option splice-auto" if splice else ""}

listen bench
    bind 127.0.0.1:{ends.listen} backlog 4096
    maxconn {CONNECTIONS}
    {server}
""")]
    return configure


def _nginx_modules(program):
    shown = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stderr
    found = re.search(r"--modules-path=(\S+)", shown)
    module = pathlib.Path(found.group(1) if found else "modules") / "ngx_stream_module.so"
    return f"load_module {module};" if module.exists() else ""


def _nginx(tls, buffer=None):
    def configure(program, ends):
        ssl = f"""\
        proxy_ssl on;
        proxy_ssl_certificate {ends.pki.client.certificate};
        proxy_ssl_certificate_key {ends.pki.client.key};
        proxy_ssl_trusted_certificate {ends.pki.ca};
        proxy_ssl_verify on;
        proxy_ssl_name {GATEWAY_NAME};
        proxy_ssl_server_name on;
        proxy_ssl_session_reuse on;
        proxy_ssl_protocols TLSv1.3;
        proxy_ssl_conf_command Ciphersuites {CIPHER};
        proxy_ssl_conf_command Groups {_groups(ends)};
""" if tls else ""
        config = _write(ends.folder / "nginx.conf", f"""\
{_nginx_modules(program)}
daemon off;
worker_processes 1;
worker_rlimit_nofile {DESCRIPTORS};
pid {ends.folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections {DESCRIPTORS}; }}
stream {{
    access_log off;
    server {{
        listen 127.0.0.1:{ends.listen} backlog=4096;
        tcp_nodelay on;
        proxy_pass 127.0.0.1:{ends.gateway};
        proxy_connect_timeout {PATIENCE};
        proxy_timeout 1d;
        {f"proxy_buffer_size {buffer};" if buffer else ""}
{ssl}    }}
}}
""")
        return [program, "-e", "stderr", "-p", ends.folder, "-c", config]
    return configure


def _ghostunnel(program, ends):
    return [program, "client", f"--listen=127.0.0.1:{ends.listen}", f"--target=127.0.0.1:{ends.gateway}",
            f"--override-server-name={GATEWAY_NAME}", f"--cert={ends.pki.client.certificate}",
            f"--key={ends.pki.client.key}", f"--cacert={ends.pki.ca}"]


def _all(persona, before, ghostunnel):
    big = BIG_BUFFER
    found = [
        Forwarder("persona", "ours", "one event loop", persona, _persona()),
        Forwarder("persona-protocol", "variant", "protocol: postgresql", persona, _persona(protocol="postgresql"),
                  when_named=True),
        Forwarder("persona-before", "before", "one event loop", before, _persona()),
        Forwarder("stunnel", "tls", "a thread per connection, 18 KiB buffers (fixed)", "stunnel4", _stunnel),
        Forwarder("haproxy", "tls", "16 KiB buffers (default)", "haproxy", _haproxy(True)),
        Forwarder("haproxy-256k", "tls", "256 KiB buffers", "haproxy", _haproxy(True, big), big_buffers=True),
        Forwarder("nginx", "tls", "16 KiB buffers (default)", "nginx", _nginx(True)),
        Forwarder("nginx-256k", "tls", "256 KiB buffers", "nginx", _nginx(True, big), big_buffers=True),
        Forwarder("ghostunnel", "tls", "a goroutine per direction, one core", ghostunnel, _ghostunnel),
        Forwarder("haproxy-tcp", "relay", "no TLS, 16 KiB buffers (default)", "haproxy", _haproxy(False)),
        Forwarder("haproxy-tcp-256k", "relay", "no TLS, 256 KiB buffers", "haproxy", _haproxy(False, big),
                  big_buffers=True),
        Forwarder("haproxy-tcp-splice", "relay", "no TLS, spliced in the kernel", "haproxy",
                  _haproxy(False, splice=True)),
        Forwarder("nginx-tcp", "relay", "no TLS, 16 KiB buffers (default)", "nginx", _nginx(False)),
        Forwarder("nginx-tcp-256k", "relay", "no TLS, 256 KiB buffers", "nginx", _nginx(False, big), big_buffers=True),
    ]
    return [forwarder for forwarder in found if forwarder.program]


def choose(only, persona, before=None, ghostunnel=None):
    """The forwarders named in `only` (a name, or a program for all its variants), or all."""
    chosen = _all(persona, before, ghostunnel)
    if only:
        unknown = [word for word in only if not any(word in (f.name, _short(f.name)) for f in chosen)]
        if unknown:
            raise BenchError(f"--only: no forwarder {', '.join(unknown)}; there are "
                             + ", ".join(f.name for f in chosen))
    chosen = [f for f in chosen if f.name in only or not f.when_named and (not only or _short(f.name) in only)]
    located = []
    for forwarder in chosen:
        path = shutil.which(forwarder.program) or shutil.which(forwarder.program, path="/usr/sbin")
        if not path and forwarder.program in (persona, before, ghostunnel):
            raise BenchError(f"{forwarder.program} is not a program")
        if not path:
            raise BenchError(f"{forwarder.program} is not installed: run scripts/setup --bench")
        located.append(dataclasses.replace(forwarder, program=str(pathlib.Path(path).resolve())))
    return located


def _short(name):
    return name.partition("-")[0]


def start(forwarder, way, folder, cores, new_port=free_port):
    """A child that listens on child.port. Others can take the port meanwhile, so there are some attempts."""
    for _ in range(ATTEMPTS):
        port = new_port()
        command = forwarder.configure(forwarder.program, Ends(port, way.gateway, way.pki, way.hybrid, folder))
        child = Child(forwarder.name, command, cores, folder / f"{forwarder.name}.log")
        try:
            if poll(lambda: not child.alive() or child.listens_on(port), 15) and child.alive():
                child.port = port
                return child
        except BaseException:
            child.stop()
            raise
        failure = child.failure("did not start")
        taken = "in use" in child.log_tail().lower()
        child.stop()
        if not taken:
            raise failure
    raise BenchError(f"{forwarder.name} did not start: {ATTEMPTS} ports in turn were taken; its last words:\n"
                     + child.log_tail())


def version(forwarder):
    """One line in the program's own words."""
    short = _short(forwarder.name)
    option = {"persona": "version", "stunnel": "-version", "haproxy": "-vv", "nginx": "-V"}.get(short, "--version")
    done = subprocess.run([forwarder.program, option], capture_output=True, text=True, check=False)
    lines = [" ".join(line.split()) for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    telling = {"stunnel": r"stunnel|Running", "haproxy": r"HAProxy version|Running on OpenSSL",
               "nginx": r"nginx version|built with OpenSSL"}.get(short, r"")
    return ", ".join(line for line in lines if re.match(telling, line)) or "?"
