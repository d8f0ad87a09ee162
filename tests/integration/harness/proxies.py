"""Proxies on the way to a gateway: Debian's, unprivileged and on loopback, and one that a test makes itself."""

import platform
import threading

from . import process
from .process import Process, give_away, make_folder
from .relay import Port
from .sockets import Server, connect, reserve_port, text, wait_listening

USER, PASSWORD = "alice", "correct horse"


class _Proxy:
    def __init__(self, case, scheme):
        holder, self.address = reserve_port()
        case.defer(holder.close)
        self.url = f"{scheme}://{text(self.address)}"
        self.folder = make_folder(case, f"proxy-{self.address[1]}")

    def start(self, case, program, *arguments):
        self.process = Process(case, program, *arguments, unprivileged=True)
        wait_listening(self.address)
        return self

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content)
        give_away(path)
        return path

    def __str__(self):
        return text(self.address)


def squid(case, hosts="", rules="", password=False):
    """`hosts`: lines of its own hosts file; `rules`: come first. Its names for what it lets through: connect."""
    proxy = _Proxy(case, "http")
    names = proxy.write("hosts", f"127.0.0.1 localhost\n{hosts}\n")
    who = ""
    if password:
        users = proxy.write("users", f"{USER}:" + process.run("openssl", "passwd", "-apr1", PASSWORD))
        who = f"auth_param basic program /usr/lib/squid/basic_ncsa_auth {users}\n" \
              "auth_param basic children 1\nacl known proxy_auth REQUIRED\nhttp_access deny !known\n"
    config = proxy.write("squid.conf", f"""
http_port {proxy}
pid_filename none
hosts_file {names}
visible_hostname proxy.test
cache deny all
cache_mem 1 MB
memory_cache_shared off
pinger_enable off
access_log none
cache_log /dev/null
shutdown_lifetime 0 seconds
connect_timeout 5 seconds
acl connect method CONNECT
{rules}
{who}
http_access allow connect
http_access deny all
""")
    return proxy.start(case, "squid", "-N", "-f", config)


def tinyproxy(case, rules="", password=False):
    proxy = _Proxy(case, "http")
    config = proxy.write("tinyproxy.conf", f"""
Port {proxy.address[1]}
Listen {proxy.address[0]}
MaxClients 20
Timeout 60
{f'BasicAuth {USER} {PASSWORD.replace(" ", "-")}' if password else ""}
{rules}
""")
    return proxy.start(case, "tinyproxy", "-d", "-c", config)


def has_dante():
    if platform.freedesktop_os_release().get("VERSION_CODENAME") != "trixie":
        return True
    print("  not through dante, which Debian 13 does not have", flush=True)
    return False


def dante(case, rules=""):
    proxy = _Proxy(case, "socks5")
    config = proxy.write("danted.conf", f"""
logoutput: stdout
internal: {proxy.address[0]} port = {proxy.address[1]}
external: 127.0.0.1
clientmethod: none
socksmethod: none
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
{rules}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 command: connect }}
""")
    return proxy.start(case, "danted", "-f", config, "-N", 1, "-p", proxy.folder / "pid")


def microsocks(case, password=False):
    proxy = _Proxy(case, "socks5")
    who = ["-u", USER, "-P", PASSWORD] if password else []
    return proxy.start(case, "microsocks", "-i", proxy.address[0], "-p", proxy.address[1], *who)


class OwnProxy(Server):
    """HTTP's CONNECT. `answer(target)` returns what is sent, and whether the rest goes on to `gateway`, which is where every
    name leads. `asked` has the requests."""

    GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"

    def __init__(self, case, gateway, answer=None):
        self._gateway = gateway
        self._answer = answer or (lambda target: (self.GRANTED, True))
        self.asked = []
        super().__init__(case, self._serve, failing=True)
        self.url = f"http://{self}"

    def _serve(self, client):
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            part = client.recv(1)
            if not part:
                return
            request += part
        self.asked.append(request.decode())
        answer, passes = self._answer(request.split()[1].decode())
        if not passes:
            client.sendall(answer)
            while client.recv(1 << 16):
                pass
            return
        with connect(self._gateway) as server:
            client.sendall(answer)
            other = threading.Thread(target=Port._copy, args=(server, client), daemon=True)
            other.start()
            Port._copy(client, server)
            other.join()
