"""docs/databases/, as it is written there: its commands are run, its files put where it says, its SQL given to real servers,
and what its clients are answered is looked at. What is not as written is in `Machine`: ports, folders, users, and where
db.example.com is."""

import contextlib
import os
import pathlib
import pwd
import re
import sys

import psycopg2
import pymysql

from harness import documents, process
from harness.persona import BINARY, CLEAN, Persona, cli
from harness.process import Process
from harness.runner import case, check, equal, main
from harness.servers import MariaDb, PostgreSql, Redis
from harness.sockets import reserve_port, text, wait_listening

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "databases"
NAME = "db.example.com"  # where nobody is
RAN = set()  # the blocks of commands that were run
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block:
    """A block of code: its language and, if the paragraph before it names one, the file that it is."""

    def __init__(self, found):
        self.language, self.content = found.groups()
        self.as_written = self.content
        paragraph = found.string[:found.start()].rstrip("\n").rsplit("\n\n", 1)[-1]
        named = re.findall(r"`(/etc/[\w./-]+\.\w+)`", paragraph)
        self.path = named[0] if named and self.language != "sh" else None


def blocks_of(document, heading=None):
    """Those of a section, or those before the first one, in order."""
    introduction, *sections = (FOLDER / document).read_text().split("\n## ")
    words = next((each for each in sections if each.startswith(heading + "\n")), None) if heading else introduction
    check(words, f"{document} has no section", heading)
    return [Block(each) for each in FENCE.finditer(words)]


def the(blocks, what):
    """The one block that is this file, or that is in this language."""
    found = [block for block in blocks if what in (block.path, block.language)]
    equal(len(found), 1, f"blocks that are {what}")
    return found[0]


def commands(blocks):
    return [block for block in blocks if block.language == "sh"]


def client_says(document, client):
    """The code in a row of the table "What the client says"."""
    found = re.search(rf"^\| {re.escape(client)}.*? \| `(.*?)`", (FOLDER / document).read_text(), re.MULTILINE)
    check(found, f"{document} has no row", client)
    return found.group(1)


class Machine:
    """All machines of a recipe in one folder, whose etc/ is their /etc. `places`: what is written (a pattern), and what
    that is here."""

    def __init__(self, case):
        self._case = case
        self._folder = case.folder
        self.etc = case.folder / "etc"
        for name in ("etc/persona", "etc/postgresql", "etc/mysql/mariadb.conf.d", "etc/redis", "etc/haproxy", "run/persona"):
            (case.folder / name).mkdir(parents=True)
        # Servers run as another user than theirs, or as us; persona as us.
        user, group = process.unprivileged_ids()
        us = pwd.getpwuid(os.geteuid()).pw_name
        self.places = {r"-o \w+ -g \w+ ": f"-o {user} -g {group} ", r"^gateway persona ": f"gateway {us} ",
                       r"allow_users: \[app1\]": f"allow_users: [{us}]", "/etc/": f"{self.etc}/",
                       "/run/persona": f"{case.folder}/run/persona"}
        for block in blocks_of("README.md", "Certificates"):
            self.sh(block)

    def at_hand(self, words):
        for written, here in self.places.items():
            words = re.sub(written, here, words, flags=re.MULTILINE)
        return words

    def sh(self, block, **environment):
        """Its commands; what they printed."""
        RAN.add(block.as_written)
        path = f"{pathlib.Path(BINARY).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        return process.run("bash", "-e", "-c", self.at_hand(block.content), cwd=self._folder,
                           env={"PATH": path, "HOME": str(self._folder), **environment})

    def write(self, block):
        path = self.etc / block.path.removeprefix("/etc/")
        path.write_text(self.at_hand(block.content))
        return path

    def persona(self, block, gateway=None, service=None):
        """It runs with this configuration, and dials these. Its port, which commands name, is the kernel's choice."""
        # The host dialled is another one than that whose name is verified, which only a map has a place for.
        self.places |= {r"^listen: [\d.]+:\d+$": "listen: 127.0.0.1:0",
                        rf"^gateway: {NAME}:\d+$": f"gateway: {{address: '{gateway}', server_name: {NAME}}}",
                        rf"^  address: {NAME}:\d+$": f"  address: {gateway}\n  server_name: {NAME}",
                        r"^service: .*$": f"service: {service}"}
        path = self.write(block)
        output = cli("check", "--config", path)
        check("warning" not in output, "the configuration causes a warning", output)
        with open(path, "a") as file:
            # What tests read, and patience on a busy machine.
            file.write("log: {format: json}\ntimeouts: {handshake: 60s}\n")
        persona = Persona(self._case, path, path.stem)
        port = re.search(r"^listen: .*\b(\d+)", block.content).group(1)
        self.places[rf"(127\.0\.0\.1\W*(?:-[pP] |[pP]ort=)?){port}\b"] = rf"\g<1>{persona.address[1]}"
        return persona


def ended(persona):
    """Every connection as its client left it: that, and a server, which was told, may be equally quick."""
    persona.stop()
    found = {line["reason"] for line in persona.find("connection closed")}
    check(found and found <= CLEAN, f"reasons in the log of {persona.name}", found)


def postgresql(case, machine, *files):
    """PostgreSQL with these blocks of the document's, and its account."""
    content = {block.path.rsplit("/", 1)[1]: machine.at_hand(block.content) for block in files}
    database = PostgreSql(case, hba=content.get("pg_hba.conf", ""), settings=content.get("postgresql.conf", ""),
                          ident=content.get("pg_ident.conf", ""))
    database.run(the(blocks_of("postgresql.md"), "sql").content)
    return database


def postgresql_directly(case, method):
    machine = Machine(case)
    blocks = blocks_of("postgresql.md", "Directly")
    install, client = commands(blocks)
    machine.sh(install)
    lines = the(blocks, "/etc/postgresql/pg_hba.conf")
    lines.content = "".join(line for line in lines.content.splitlines(keepends=True) if method in line)
    database = postgresql(case, machine, the(blocks, "/etc/postgresql/postgresql.conf"), lines)
    database.run("CREATE ROLE other LOGIN PASSWORD 'secret'")
    persona = machine.persona(the(blocks, "/etc/persona/postgres.yaml"), gateway=database)
    check("t   | /CN=app1" in machine.sh(client, PGPASSWORD="secret"), "whom the database sees")
    client.content = "! " + client.content.replace("-U app1", "-U other")
    equal(machine.sh(client, PGPASSWORD="secret"), "", "what the certificate shows to another account")


@case("PostgreSQL, directly: the certificate is the account's", deadline=200)
def postgresql_by_certificate(case):
    postgresql_directly(case, " cert\n")


@case("PostgreSQL, directly: the certificate is the account's, which has a password as well", deadline=200)
def postgresql_by_password(case):
    postgresql_directly(case, "scram-sha-256")


@case("PostgreSQL behind the gateway mode: the certificate is the account's", deadline=200)
def postgresql_behind_gateway(case):
    machine = Machine(case)
    blocks = blocks_of("postgresql.md", "Behind persona's gateway mode")
    database = postgresql(case, machine, the(blocks, "/etc/postgresql/pg_hba.conf"),
                          the(blocks, "/etc/postgresql/pg_ident.conf"))
    gateway = machine.persona(the(blocks, "/etc/persona/postgres-gateway.yaml"), service=f"unix:{database.socket}")
    persona = machine.persona(the(blocks, "/etc/persona/postgres.yaml"), gateway=gateway)
    string = machine.at_hand(client_says("postgresql.md", "psql, psycopg"))
    equal(process.run("psql", string, "-XAtc", "SELECT 6 * 7"), "42\n", "the answer to psql")
    with contextlib.closing(psycopg2.connect(string)) as connection:
        equal(connection.info.user, "app1", "as whom psycopg2 is in")
    client, = commands(blocks)
    check("\n app1\n" in machine.sh(client), "as whom the database sees the client")
    ended(persona)

    # The same application's machine, where only some may have its identity.
    application = the(blocks, "/etc/persona/postgres.yaml")
    fragment = the(blocks_of("README.md", "Who has the identity"), "yaml").content
    application.content = re.sub("^listen: .*\n", fragment, application.content)
    persona = machine.persona(application, gateway=gateway)
    command = machine.at_hand(re.search("# (psql .*)", fragment).group(1))
    equal(process.run(*command.split(), "-U", "app1", "-d", "app", "-XAtc", "SELECT current_user"), "app1\n", "over a Unix socket")
    ended(persona)
    ended(gateway)


@case("PostgreSQL behind HAProxy", deadline=200)
def postgresql_behind_haproxy(case):
    machine = Machine(case)
    blocks = blocks_of("postgresql.md", "Behind HAProxy")
    install, client = commands(blocks)
    machine.sh(install)
    database = postgresql(case, machine, the(blocks, "/etc/postgresql/pg_hba.conf"))
    holder, address = reserve_port()
    case.defer(holder.close)
    machine.places |= {r"bind :5433 ": f"bind {text(address)} ", r"(?<=server local )127.0.0.1:5432": str(database)}
    haproxy = Process(case, "haproxy", "-db", "-f", machine.write(the(blocks, "/etc/haproxy/haproxy.cfg")))
    wait_listening(address)
    application = the(blocks_of("postgresql.md", "Behind persona's gateway mode"), "/etc/persona/postgres.yaml")
    persona = machine.persona(application, gateway=text(address))
    check("\n 127.0.0.1\n" in machine.sh(client), "whom the database sees")
    ended(persona)


@case("MariaDB, directly: its own TLS, and the account is the certificate's subject", deadline=200)
def mariadb_directly(case):
    machine = Machine(case)
    blocks = blocks_of("mariadb.md", "Directly")
    install, client = commands(blocks)
    machine.sh(install)
    database = MariaDb(case, settings=machine.at_hand(the(blocks, "/etc/mysql/mariadb.conf.d/90-tls.cnf").content),
                       accounts=the(blocks, "sql").content)
    persona = machine.persona(the(blocks, "/etc/persona/mariadb.yaml"), gateway=database)
    output = machine.sh(client)
    check("app1@%" in output and re.search(r"Ssl_cipher\tTLS_", output), "whom the database sees", output)
    ended(persona)


@case("MariaDB behind the gateway mode", deadline=200)
def mariadb_behind_gateway(case):
    machine = Machine(case)
    blocks = blocks_of("mariadb.md", "Behind persona's gateway mode")
    database = MariaDb(case, accounts="CREATE DATABASE app;" + the(blocks, "sql").content)
    gateway = machine.persona(the(blocks, "/etc/persona/mariadb-gateway.yaml"), service=f"unix:{database.socket}")
    persona = machine.persona(the(blocks, "/etc/persona/mariadb.yaml"), gateway=gateway)
    output = machine.sh(commands(blocks_of("mariadb.md", "Directly"))[1])
    with contextlib.closing(eval(machine.at_hand(client_says("mariadb.md", "PyMySQL")), {"pymysql": pymysql})) as connection:
        equal(connection.db, b"app", "where PyMySQL is")
    check("app1@localhost" in output and "Ssl_cipher\t\n" in output, "whom the database sees", output)
    ended(persona)
    ended(gateway)


@case("Redis: its TLS port, with client certificates")
def redis(case):
    machine = Machine(case)
    blocks = blocks_of("redis.md", "Its TLS port")
    install, client = commands(blocks)
    machine.sh(install)
    holder, address = reserve_port()
    case.defer(holder.close)
    machine.places |= {r"^tls-port 6379$": f"tls-port {address[1]}", r"^bind 0.0.0.0$": "bind 127.0.0.1"}
    Redis(case, machine.at_hand(the(blocks, "/etc/redis/redis.conf").content))
    persona = machine.persona(the(blocks, "/etc/persona/redis.yaml"), gateway=text(address))
    check(machine.sh(client).endswith("OK\n"), "the answer")
    ca = machine.etc / "redis" / "tls" / "ca.pem"
    bare = process.run("redis-cli", "-p", address[1], "--tls", "--cacert", ca, "--sni", NAME, "PING", expect=None)
    check("PONG" not in bare, "who has no certificate is let in", bare)

    redis = ["redis-cli", "-p", persona.address[1]]
    denied = process.run(*redis, "--user", "app1", "--pass", "secret", "SET", "other", "x")
    check("NOPERM" in denied, "the account may do what it must not", denied)
    check("NOAUTH" in process.run(*redis, "GET", "x"), "nobody is asked for a password")
    ended(persona)


@case("Redis behind the gateway mode")
def redis_behind_gateway(case):
    machine = Machine(case)
    blocks = blocks_of("redis.md", "Behind persona's gateway mode")
    database = Redis(case, "port 0\nuser default off\nuser app1 on >secret ~app1:* +@all -@admin")
    gateway = machine.persona(the(blocks, "/etc/persona/redis-gateway.yaml"), service=f"unix:{database.socket}")
    direct = blocks_of("redis.md", "Its TLS port")
    persona = machine.persona(the(direct, "/etc/persona/redis.yaml"), gateway=gateway)
    check(machine.sh(commands(direct)[1]).endswith("OK\n"), "the answer")
    ended(persona)
    ended(gateway)


@case("SQL Server: what there is without one")
def sql_server(case):
    machine = Machine(case)
    blocks = blocks_of("sqlserver.md")
    gateway = machine.persona(the(blocks, "/etc/persona/sqlserver-gateway.yaml"), service="127.0.0.1:1433")
    machine.persona(the(blocks, "/etc/persona/sqlserver.yaml"), gateway=gateway)


if not sys.argv[1:]:  # all of the cases
    @case("no command of docs/databases is left")
    def all_commands(case):
        documents.check_all_ran(RAN, "docs/databases/*.md")


main()
