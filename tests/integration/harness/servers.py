"""Real servers from Debian's packages. Where it can be, a listening socket is made here and handed over, so that no
port can collide and a server is ready at once; what can listen on a Unix socket does."""

import pathlib
import signal
import socket
import tempfile

from . import process
from .certificates import accept_tls
from .process import Pipes, Process, make_folder
from .runner import Failure, shared_folder
from .sockets import Server, listen, reserve_port, text, wait_listening


class _Gateway:
    """A TLS gateway made of somebody else's program."""

    def __init__(self, address):
        self.address = address

    def __str__(self):
        return text(self.address)


def haproxy(case, pki, target, tls="1.3", listener=None, suite=None, credential=None):
    """HAProxy that requires a client certificate, in front of the Unix socket `target`. It writes one line for each
    connection that ended. `listener`: a socket that stays the caller's, for a restart."""
    listener = listener.dup() if listener else listen()
    gateway = _Gateway(listener.getsockname())
    path = case.folder / f"haproxy-{gateway.address[1]}.cfg"
    path.write_text(f"""
global
    maxconn 500
    nbthread 1
    tune.ssl.default-dh-param 2048
    log stdout format raw daemon
defaults
    mode tcp
    log global
    log-format "ended resumed=%[ssl_fc_is_resumed] %[ssl_fc_protocol] %[ssl_fc_cipher] CN=%[ssl_c_s_dn(cn)]"
    timeout connect 10s
    timeout client 5m
    timeout server 5m
frontend tls
    bind fd@{listener.fileno()} ssl crt "{(credential or pki.gateway).both}" ca-file {pki.ca.certificate} verify required \
ssl-min-ver TLSv{tls} ssl-max-ver TLSv{tls} {f"ciphersuites {suite}" if suite else ""}
    default_backend service
backend service
    server one unix@{target}
""")
    gateway.process = Process(case, "haproxy", "-db", "-f", path, pass_fds=[listener.fileno()])
    listener.close()
    return gateway


def nginx(case, pki, target, tls="1.3", suite=None, credential=None):
    """nginx stream that requires a client certificate, in front of the Unix socket `target`. It writes one line for
    each connection that ended."""
    # It crashes when it is handed a socket while being a single process, so its port is chosen here and free for a
    # moment; nginx itself tries again for two seconds when somebody else is quicker, then so do we.
    for attempt in range(3):
        with listen() as chosen:
            gateway = _Gateway(chosen.getsockname())
        folder = case.folder / f"nginx-{gateway.address[1]}"
        folder.mkdir(exist_ok=True)
        path = folder / "nginx.conf"
        path.write_text(f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 512; }}
stream {{
    log_format ended "ended resumed=$ssl_session_reused $ssl_protocol $ssl_cipher $ssl_client_s_dn";
    access_log /dev/stdout ended;
    server {{
        listen {gateway} ssl;
        ssl_certificate "{(credential or pki.gateway).certificate}";
        ssl_certificate_key "{(credential or pki.gateway).key}";
        ssl_client_certificate {pki.ca.certificate};
        ssl_verify_client on;
        ssl_protocols TLSv{tls};
        {f"ssl_conf_command Ciphersuites {suite};" if suite else ""}
        proxy_pass unix:{target};
    }}
}}
""")
        gateway.process = Process(case, "nginx", "-p", folder, "-c", path)
        # The last thing it says before it serves, and what it says when the port was taken.
        line = gateway.process.wait_until(
            lambda: next((line for line in gateway.process.lines
                          if "RLIMIT_NOFILE" in line or "could not bind" in line), None), "being ready")
        if "RLIMIT_NOFILE" in line:
            return gateway
    raise Failure("nginx found its port taken three times")


def stunnel(case, pki, target, tls="1.3", credential=None):
    """stunnel that requires a client certificate, in front of the Unix socket `target`."""
    holder, address = reserve_port()
    case.defer(holder.close)
    gateway = _Gateway(address)
    path = case.folder / f"stunnel-{address[1]}.conf"
    path.write_text(f"""
foreground = yes
syslog = no
debug = info
pid =
[gateway]
accept = {gateway}
connect = {target}
cert = {(credential or pki.gateway).certificate}
key = {(credential or pki.gateway).key}
CAfile = {pki.ca.certificate}
requireCert = yes
verifyChain = yes
sslVersion = TLSv{tls}
""")
    gateway.process = Process(case, "stunnel", path)
    wait_listening(address)
    return gateway


def unix_server(case, serve, **options):
    """The path of a Unix socket, whose connections `serve` gets: a service for HAProxy and nginx."""
    path = case.folder / "service"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    return path, Server(case, serve, listener, **options)


def echo_tls(connection):
    """Answers with what comes, and a clean end with a clean end."""
    while part := connection.recv(1 << 16):
        connection.sendall(part)
    connection.unwrap()


def tls_gateway(case, context, serve=echo_tls, failing=False, listener=None):
    """A gateway made of Python's ssl module. `failing`: its handshakes or connections are to fail."""
    return Server(case, lambda connection: serve(accept_tls(context, connection)), listener, failing)


def openssl_server(case, pki, *options, credential=None, mode="-rev", **process_options):
    """openssl s_server that answers every line with the line reversed, or does what another mode of its does."""
    credential = credential or pki.gateway
    server = Process(case, "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", credential.certificate,
                     "-key", credential.key, "-CAfile", pki.ca.certificate, mode, *options, **process_options)
    port = server.wait_line("ACCEPT").rsplit(":", 1)[1]
    gateway = _Gateway(("127.0.0.1", int(port)))
    gateway.process = server
    return gateway


def openssl_server_pipes(case, pki, suite):
    """openssl s_server for one connection, that passes on its standard input and writes to its standard output."""
    holder, address = reserve_port()
    case.defer(holder.close)
    server = Pipes(case, "openssl", "s_server", "-accept", text(address), "-cert", pki.gateway.certificate, "-key",
                   pki.gateway.key, "-CAfile", pki.ca.certificate, "-Verify", "1", "-verify_return_error",
                   "-ciphersuites", suite, "-quiet", "-naccept", "1")
    wait_listening(address)
    gateway = _Gateway(address)
    gateway.process = server
    return gateway


def gnutls_server(case, pki, *options, credential=None):
    """gnutls-serv that requires a client certificate and echoes lines. It cannot be told to listen on loopback only."""
    credential = credential or pki.gateway
    holder, address = reserve_port()
    case.defer(holder.close)
    gateway = _Gateway(address)
    gateway.process = Process(case, "gnutls-serv", "--port", address[1], "--echo", "--require-client-cert",
                              "--verify-client-cert", "--x509cafile", pki.ca.certificate, "--x509certfile",
                              credential.certificate, "--x509keyfile", credential.key, *options)
    gateway.process.wait_line("IPv4")
    return gateway


_PATIENCE = 120  # seconds that an installation has on a busy machine


def _installed(name, install):
    """A data folder as it is after an installation, made by `install(folder)` once for all cases of the file: that takes
    a second of both processors."""
    finished = shared_folder() / name
    if not finished.exists():
        # Aside, so that what a failure leaves half made is never copied.
        aside = pathlib.Path(tempfile.mkdtemp(dir=shared_folder()))
        process.give_away(aside)
        install(aside / "data")
        aside.rename(finished)
    return finished / "data"


def _files_of(folder, pki):
    """The paths of certificate, key and CA, where a server that runs as another user may read them and nobody else."""
    files = {"certificate": pki.gateway.certificate, "key": pki.gateway.key, "ca": pki.ca.certificate}
    for name, source in files.items():
        files[name] = folder / source.name
        files[name].touch(0o600)
        files[name].write_bytes(source.read_bytes())
        process.give_away(files[name])
    return files


class PostgreSql:
    """Superuser "persona" without a password on a Unix socket, and without `hba` everybody else as well. What `hba` (lines of
    pg_hba.conf) lets in otherwise comes to `address`; `settings` are lines of postgresql.conf, `ident` of pg_ident.conf.
    With `pki` it speaks TLS, and knows who issues certificates of clients. It need not survive a power cut."""

    TLS = "ssl = on\nssl_cert_file = '{certificate}'\nssl_key_file = '{key}'\nssl_ca_file = '{ca}'\n"

    def __init__(self, case, hba="", settings="", ident="", pki=None):
        folder = make_folder(case, "postgresql")
        data = folder / "data"
        process.run("cp", "-a", _installed("postgresql", self._install), data)
        self.folder, self.port = folder, 5432  # which nobody listens on but at a socket of this name
        if hba:
            holder, self.address = reserve_port()
            case.defer(holder.close)
            self.port = self.address[1]
        self.socket = folder / f".s.PGSQL.{self.port}"
        with open(data / "postgresql.conf", "a") as file:
            file.write("\n" + settings + (self.TLS.format(**_files_of(folder, pki)) if pki else ""))
        (data / "pg_hba.conf").write_text("local all persona trust\n" + hba if hba else "local all all trust\n")
        (data / "pg_ident.conf").write_text(ident)
        options = {"listen_addresses": self.address[0] if hba else "", "port": self.port,
                   "unix_socket_directories": folder, "fsync": "off", "max_connections": 100,
                   "full_page_writes": "off", "max_wal_size": "4GB", "synchronize_seqscans": "off"}
        server = Process(case, "postgres", "-D", data, *[f"--{key}={value}" for key, value in options.items()],
                         unprivileged=True)
        server.wait_line("ready to accept connections")
        # Backends hold the data folder: an immediate shutdown ends them before it is removed.
        case.defer(self._stop, server)

    def __str__(self):
        return text(self.address)

    def run(self, sql):
        """By the superuser; what psql printed."""
        return process.run("psql", "-h", self.folder, "-p", self.port, "-U", "persona", "-d", "postgres", "-XAtq",
                           "-v", "ON_ERROR_STOP=1", "-f", "-", input=sql.encode()).strip()

    @staticmethod
    def _install(data):
        process.run("initdb", "-D", data, "-U", "persona", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8",
                    unprivileged=True, timeout=_PATIENCE)

    @staticmethod
    def _stop(server):
        server.signal(signal.SIGQUIT)
        server.wait()


class MariaDb:
    """Account "persona" without a password and everything allowed, on a Unix socket only. With `accounts` (SQL) or
    `settings` (lines of my.cnf) there are grant tables, and it listens on `address` too; root comes in by the Unix socket.
    With `pki` it speaks TLS, and knows who issues certificates of clients."""

    TLS = "[mariadbd]\nssl_cert = {certificate}\nssl_key = {key}\nssl_ca = {ca}\n"

    def __init__(self, case, accounts="", settings="", pki=None):
        folder = make_folder(case, "mariadb")
        data = folder / "data"
        process.run("cp", "-a", _installed("mariadb", self._install), data)
        self.socket = folder / "socket"
        # A server that starts removes temporary tables of others from a folder that they share.
        options = [f"--datadir={data}", f"--tmpdir={folder}", f"--socket={self.socket}", f"--pid-file={folder}/pid",
                   "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=8M"]
        if accounts or settings:
            holder, self.address = reserve_port()
            case.defer(holder.close)
            defaults = folder / "my.cnf"
            defaults.write_text(settings + "\n" + (self.TLS.format(**_files_of(folder, pki)) if pki else ""))
            defaults.chmod(0o644)
            options = [f"--defaults-file={defaults}", *options, "--bind-address=127.0.0.1", f"--port={self.address[1]}",
                       "--plugin-load-add=auth_ed25519"]
        else:
            # Without grant tables nobody asks who the client is: authentication is not what is tested here.
            options = ["--no-defaults", *options, "--skip-networking", "--skip-grant-tables"]
        server = Process(case, "mariadbd", *options, unprivileged=True)
        server.wait_line("ready for connections", timeout=60)
        if accounts:
            self.run(accounts)

    def __str__(self):
        return text(self.address)

    def run(self, sql):
        """By root; what the client printed."""
        return process.run("mariadb", "--no-defaults", "-S", self.socket, "-u", "root", "-BN", input=sql.encode()).strip()

    @staticmethod
    def _install(data):
        process.run("mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--tmpdir={data.parent}",
                    "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=8M",
                    "--innodb-buffer-pool-size=16M", unprivileged=True, timeout=_PATIENCE)


class Redis:
    """On a Unix socket; with `settings` (lines of redis.conf) also on what these say."""

    def __init__(self, case, settings="port 0"):
        folder = make_folder(case, "redis")
        self.socket = folder / "socket"
        (folder / "redis.conf").write_text(settings + "\n")
        server = Process(case, "redis-server", folder / "redis.conf", "--unixsocket", self.socket, "--save", "", "--dir",
                         folder, unprivileged=True)
        server.wait_line("ready to accept connections")
