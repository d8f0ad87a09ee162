"""Clients of databases from Debian's packages, run as their users run them: all that they print is what a user sees."""

import concurrent.futures
import pathlib
import re
import subprocess
import sys
from typing import Callable, NamedTuple

from . import process
from .persona import Persona, address_of, write_config
from .runner import check, equal

_JARS = "/usr/share/java/bsh.jar:/usr/share/java/postgresql.jar"
_PGJDBC = pathlib.Path(__file__).with_name("pgjdbc.bsh")


class Client(NamedTuple):
    protocol: str
    command: Callable  # of the port
    shown: tuple  # what it prints around a sentence that it is sent: any of these


def pgjdbc(url):
    """Java as short-lived programs want it: what is not compiled costs the least."""
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", _JARS, "bsh.Interpreter",
            _PGJDBC, url]


def mariadb(*options, program="mariadb", do=("-e", "select 1")):
    return lambda port: [program, "--no-defaults", *options, "--protocol=tcp", "-h127.0.0.1", f"-P{port}", "-upersona", *do]


def psql(*more):
    """With these settings in its connection string."""
    return lambda port: ["psql", " ".join([f"host=127.0.0.1 port={port} user=persona dbname=postgres", *more]), "-XAtc",
                         "select 1"]


def python(module, what):
    return lambda port: [sys.executable, "-c", f"import {module}; {module}.connect(host='127.0.0.1', port={port}, "
                         f"user='persona', connect_timeout=60).cursor().execute('{what}')"]


_LIBPQ = 'connection to server at "127.0.0.1", port {port} failed: FATAL:  {sentence}\nHINT:  {hint}\n'
CLIENTS = {
    "psql": Client("postgresql", psql(), ("psql: error: " + _LIBPQ,)),
    "pgbench": Client("postgresql", lambda port: ["pgbench", "-h", "127.0.0.1", "-p", port, "-U", "persona", "-n", "-S",
                                                  "-t1", "postgres"], ("pgbench: error: " + _LIBPQ,)),
    "psycopg2": Client("postgresql", python("psycopg2", "select 1"), ("\npsycopg2.OperationalError: " + _LIBPQ,)),
    "pgjdbc": Client("postgresql", lambda port: pgjdbc(f"jdbc:postgresql://127.0.0.1:{port}/postgres?user=persona"),
                     ("SQLSTATE {sqlstate}\norg.postgresql.util.PSQLException: FATAL: {sentence}\n  Hint: {hint}\n",)),
    # Newer ones ask for TLS unless they are told otherwise, and say that this came before it.
    "mariadb": Client("mysql", mariadb(), ("ERROR {number} ({state}): {both}\n",
                                           "ERROR 2002 (HY000): Received error packet before completion of TLS handshake. The "
                                           "authenticity of the following error cannot be verified: {number} - {both}\n")),
    "PyMySQL": Client("mysql", python("pymysql", "select 1"), ("\npymysql.err.OperationalError: ({number}, \"{both}\")\n",
                                                               "\npymysql.err.OperationalError: ({number}, '{both}')\n")),
    "redis-cli": Client("redis", lambda port: ["redis-cli", "-h", "127.0.0.1", "-p", port, "PING"], ("ERR {both}\n",)),
    "tsql": Client("mssql", lambda port: ["tsql", "-H", "127.0.0.1", "-p", port, "-U", "persona", "-P", "secret"],
                   ("Msg 17 (severity 20, state 1) from persona Line 1:\n\t\"{both}\"\n",)),
}
PROTOCOLS = sorted({client.protocol for client in CLIENTS.values()})


def printed(case, command, expect=None, timeout=120, **options):
    """All that a program prints, on both streams, to somebody who has no settings of their own. `expect`: its exit code,
    where it matters."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(case.folder), "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "60"}
    options = {"stdin": subprocess.DEVNULL, "env": environment, **options}
    if "input" in options:
        del options["stdin"]
    done = subprocess.run(process.command(*command), timeout=timeout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **options)
    output = process.decoded(done.stdout)
    if expect is not None:
        equal(done.returncode, expect, f"exit code of {command[0]} ({output.strip()})")
    return output


def at_once(functions):
    """What all these functions return, which wait for others rather than compute: a dict by the same keys."""
    with concurrent.futures.ThreadPoolExecutor(len(functions)) as pool:
        running = {key: pool.submit(function) for key, function in functions.items()}
        return {key: future.result() for key, future in running.items()}


def facades(case, configuration, name="facades"):
    """One persona with a service for every protocol, each configured by `configuration(protocol)`. Its `ports` are by
    protocol."""
    folder = case.folder / name
    folder.mkdir()
    for protocol in PROTOCOLS:
        # Eight clients that start at once keep a busy machine from anything else for a while.
        write_config(case, {"timeouts": {"handshake": "60s"}, **configuration(protocol)}, f"{name}/{protocol}")
    persona = Persona(case, folder, name)
    persona.ports = {line["service"]: address_of(line["address"])[1] for line in persona.listening()}
    return persona


# What the dialects say besides: MySQL's number and SQLSTATE, PostgreSQL's SQLSTATE.
_CODES = {
    "unreachable": {"number": 1218, "state": "08S01", "sqlstate": "57P03"},
    "lost": {"number": 1158, "state": "08S01", "sqlstate": "57P03"},
    "limit": {"number": 1040, "state": "08004", "sqlstate": "53300"},
    "stopping": {"number": 1053, "state": "08S01", "sqlstate": "57P03"},
}


def told(case, persona, reason, sentence, hint, kind="unreachable", clients=CLIENTS, logged="its", logging=None,
         meanwhile=None):
    """Every client prints the sentence and the hint, with the id of a connection that ended for this reason: its own.
    `logged`: in whose log, and `logging`: who that is, if it is not `persona`."""
    running = {name: lambda client=client: printed(case, client.command(persona.ports[client.protocol]))
               for name, client in clients.items()}
    output = at_once(running | ({"meanwhile": meanwhile} if meanwhile else {}))
    ids = set()
    for name, client in clients.items():
        seen = output[name]
        quoted = re.search(rf"\(connection (\d+) in {logged} log\)", seen)
        check(quoted, f"{name} does not quote a connection's id", repr(seen))
        number = int(quoted[1])
        whole = f"{sentence.format(protocol=client.protocol)} (connection {number} in {logged} log)"
        words = _CODES[kind] | {"sentence": whole, "hint": hint, "both": f"{whole}. {hint}",
                                "port": persona.ports[client.protocol]}
        wanted = [shown.format(**words) for shown in client.shown]
        check(any(each in seen for each in wanted), f"{name} printed {seen!r} instead of {wanted[-1]!r}")
        ids.add(number)
        (logging or persona).wait_log("connection closed", id=number, service=client.protocol, reason=reason)
    equal(len(ids), len(clients), "different ids")
