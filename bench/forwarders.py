"""How each forwarder is configured and started. bench/README.md says why it is configured like this."""

import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
from typing import Callable

from pki import GATEWAY_NAME
from process import BenchError, Child, free_port, poll

CONNECTIONS = 6000  # that a forwarder must be able to hold
BIG_BUFFER = 256 * 1024
ATTEMPTS = 5  # to find a free port
CIPHER = "TLS_AES_256_GCM_SHA384"


@dataclasses.dataclass(frozen=True)
class Ends:
    """What a forwarder connects."""
    listen: int
    gateway: int
    pki: object
    folder: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Forwarder:
    name: str
    kind: str  # ours | variant (of ours) | before (an older persona) | tls | relay
    settings: str  # for the report
    program: str
    configure: Callable  # (program, Ends) -> command
    single_threaded: bool = True


def _write(path, text):
    path.write_text(text)
    return path


def _persona(**more):
    def configure(program, ends):
        client = ends.pki.client
        config = {
            "listen": f"127.0.0.1:{ends.listen}",
            "gateway": {"address": f"127.0.0.1:{ends.gateway}", "server_name": GATEWAY_NAME},
            "identity": {"certificate": str(client.certificate), "private_key": str(client.key)},
            "trust": {"ca": str(ends.pki.ca)},
            "tls": {"min_version": "1.3", "ciphers": [CIPHER], "groups": ["x25519"]},
            "timeouts": {"shutdown": "1s"},
            "limits": {"connections": CONNECTIONS},
            "log": {"level": "warn"},
            "threads": 1,
            **more,
        }
        return [program, "run", "--config", _write(ends.folder / "persona.yaml", json.dumps(config, indent=1))]
    return configure


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
curves = X25519
TIMEOUTidle = 86400
""")]


def _haproxy(tls, buffer=None):
    def configure(program, ends):
        server = f"server gateway 127.0.0.1:{ends.gateway}"
        if tls:
            server += (f" ssl crt {ends.pki.client.both} ca-file {ends.pki.ca} verify required"
                       f" verifyhost {GATEWAY_NAME} sni str({GATEWAY_NAME})"
                       f" ssl-min-ver TLSv1.3 ciphersuites {CIPHER}")
        return [program, "-db", "-f", _write(ends.folder / "haproxy.cfg", f"""\
global
    nbthread 1
    maxconn {CONNECTIONS}
    {f"tune.bufsize {buffer}" if buffer else ""}

defaults
    mode tcp
    timeout connect 10s
    timeout client 1d
    timeout server 1d

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
        proxy_ssl_conf_command Groups X25519;
""" if tls else ""
        config = _write(ends.folder / "nginx.conf", f"""\
{_nginx_modules(program)}
daemon off;
worker_processes 1;
worker_rlimit_nofile {3 * CONNECTIONS};
pid {ends.folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections {3 * CONNECTIONS}; }}
stream {{
    access_log off;
    server {{
        listen 127.0.0.1:{ends.listen} backlog=4096;
        tcp_nodelay on;
        proxy_pass 127.0.0.1:{ends.gateway};
        proxy_timeout 1d;
        {f"proxy_buffer_size {buffer};" if buffer else ""}
{ssl}    }}
}}
""")
        return [program, "-e", "stderr", "-p", ends.folder, "-c", config]
    return configure


def _all(persona, before):
    big = BIG_BUFFER
    old = [Forwarder("persona-before", "before", "one event loop", before, _persona())] if before else []
    return [
        Forwarder("persona", "ours", "one event loop", persona, _persona()),
        Forwarder("persona-protocol", "variant", "protocol: postgresql", persona, _persona(protocol="postgresql")),
        *old,
        Forwarder("stunnel", "tls", "a thread per connection", "stunnel4", _stunnel, single_threaded=False),
        Forwarder("haproxy", "tls", "16 KiB buffers (default)", "haproxy", _haproxy(True)),
        Forwarder("haproxy-256k", "tls", "256 KiB buffers", "haproxy", _haproxy(True, big)),
        Forwarder("nginx", "tls", "16 KiB buffers (default)", "nginx", _nginx(True)),
        Forwarder("nginx-256k", "tls", "256 KiB buffers", "nginx", _nginx(True, big)),
        Forwarder("haproxy-tcp", "relay", "no TLS, 16 KiB buffers (default)", "haproxy", _haproxy(False)),
        Forwarder("haproxy-tcp-256k", "relay", "no TLS, 256 KiB buffers", "haproxy", _haproxy(False, big)),
        Forwarder("nginx-tcp", "relay", "no TLS, 16 KiB buffers (default)", "nginx", _nginx(False)),
        Forwarder("nginx-tcp-256k", "relay", "no TLS, 256 KiB buffers", "nginx", _nginx(False, big)),
    ]


def choose(persona, only, before=None):
    """The forwarders named in `only` (a name, or a program for all its variants), or all."""
    chosen = _all(persona, before)
    if only:
        unknown = [word for word in only if not any(word in (f.name, _short(f)) for f in chosen)]
        if unknown:
            raise BenchError(f"--only: no forwarder {', '.join(unknown)}; there are "
                             + ", ".join(f.name for f in chosen))
        chosen = [f for f in chosen if f.name in only or _short(f) in only]
    located = []
    for forwarder in chosen:
        path = shutil.which(forwarder.program) or shutil.which(forwarder.program, path="/usr/sbin")
        if not path and forwarder.kind in ("ours", "variant", "before"):
            raise BenchError(f"{forwarder.program} is not a program")
        if not path:
            raise BenchError(f"{forwarder.program} is not installed: run scripts/setup --bench")
        located.append(dataclasses.replace(forwarder, program=str(pathlib.Path(path).resolve())))
    return located


def _short(forwarder):
    return forwarder.name.removesuffix("-256k").removesuffix("-tcp").removesuffix("-before").removesuffix("-protocol")


def start(forwarder, gateway_port, pki, folder, core, new_port=free_port):
    """A child that listens on child.port. Others can take the port meanwhile, so there are some attempts."""
    for _ in range(ATTEMPTS):
        port = new_port()
        command = forwarder.configure(forwarder.program, Ends(port, gateway_port, pki, folder))
        child = Child(forwarder.name, command, {core}, folder / f"{forwarder.name}.log")
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
    short = _short(forwarder)
    option = {"persona": "version", "stunnel": "-version"}.get(short, "-vv" if short == "haproxy" else "-V")
    done = subprocess.run([forwarder.program, option], capture_output=True, text=True, check=False)
    lines = [" ".join(line.split()) for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    telling = {"stunnel": r"stunnel|Running", "haproxy": r"HAProxy version|Running on OpenSSL",
               "nginx": r"nginx version|built with OpenSSL"}.get(short, r"")
    return ", ".join(line for line in lines if re.match(telling, line)) or "?"
