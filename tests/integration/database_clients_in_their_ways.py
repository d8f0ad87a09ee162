"""`protocol:`: what databases' clients print of a gateway that is down, in the ways in which they can be told to connect;
and of which ways they cannot be told, with what their users write instead."""

import functools

from harness.certificates import Pki
from harness.database_clients import CLIENTS, at_once, facades, mariadb, pgjdbc, printed, psql, told
from harness.persona import config
from harness.runner import case, check, main
from harness.sockets import refused_address, text


def with_gateway_down(function):
    """Calls it with a persona whose gateway is down, and what tells that to clients."""

    @functools.wraps(function)
    def run(case):
        pki = Pki(case)
        with refused_address() as address:
            persona = facades(case, lambda protocol: config(pki, gateway=text(address), protocol=protocol))
            function(case, persona, functools.partial(
                told, case, persona, "dial_failed",
                f"persona cannot reach the gateway {text(address)}: it cannot be connected to",
                "Is it running, and may persona's machine reach it?"))

    return run


def like(name, command, *shown):
    """A client of the table that is called otherwise."""
    return CLIENTS[name]._replace(command=command, **({"shown": shown} if shown else {}))


def says(case, ways):
    """Every command prints these words, and cannot be told more."""
    for name, output in at_once({name: functools.partial(printed, case, command)
                                 for name, (command, _) in ways.items()}).items():
        check(ways[name][1] in output, f"{name} printed {output!r} instead of {ways[name][1]!r}")
        check("persona cannot" not in output, f"{name} can be told after all", output)


@case("psql, by sslmode and gssencmode")
@with_gateway_down
def by_sslmode(case, persona, told):
    told(clients={f"psql {way}": like("psql", psql(way)) for way in (
        "sslmode=disable", "sslmode=allow", "sslmode=prefer", "gssencmode=disable", "target_session_attrs=read-write")})
    # Who requires TLS of what is between psql and persona ends with persona's N. They write sslmode=disable: persona has
    # the certificates of both sides, and encrypts.
    refusal = "server does not support SSL, but SSL was required"
    port = persona.ports["postgresql"]
    says(case, {"sslmode=require": (psql("sslmode=require")(port), refusal),
                "sslmode=verify-full": (psql("sslmode=verify-full sslrootcert=/etc/ssl/certs/ca-certificates.crt")(port),
                                        refusal),
                "gssencmode=require": (psql("gssencmode=require")(port), "GSSAPI encryption required but")})


@case("pg_isready does not say that a server whose gateway is down accepts connections")
@with_gateway_down
def pg_isready(case, persona, _told):
    port = persona.ports["postgresql"]
    output = printed(case, ["pg_isready", "-h", "127.0.0.1", "-p", port], expect=1)
    check(output == f"127.0.0.1:{port} - rejecting connections\n", "pg_isready says otherwise", output)


@case("pgjdbc, by sslmode and gssEncMode, and with several hosts")
@with_gateway_down
def by_jdbc_url(case, persona, told):
    def url(settings, host="127.0.0.1:{port}"):
        return lambda port: pgjdbc(f"jdbc:postgresql://{host.format(port=port)}/postgres?user=persona&{settings}")

    told(clients={f"pgjdbc {way}": like("pgjdbc", url(way)) for way in ("sslmode=disable", "gssEncMode=prefer")}
         | {"pgjdbc with several hosts": like("pgjdbc", url("", "localhost:{port},127.0.0.1:{port}"))})
    # Their users write sslmode=disable, as those of psql.
    port = persona.ports["postgresql"]
    says(case, {"sslmode=require": (url("sslmode=require")(port), "The server does not support SSL."),
                "gssEncMode=require": (url("gssEncMode=require")(port), "The server does not support GSS Encryption.")})


@case("mariadb and its family")
@with_gateway_down
def by_family(case, persona, told):
    # A client that has been told to do without TLS has no doubts about who says so.
    plain = "--skip-ssl"
    told(clients={
        "mariadb --skip-ssl": like("mariadb", mariadb(plain), "ERROR {number} ({state}): {both}\n"),
        "mariadb-dump": like("mariadb", mariadb(plain, program="mariadb-dump", do=["test"]),
                             "mariadb-dump: Got error: {number}: \"{both}\" when trying to connect\n"),
        "mariadb-admin": like("mariadb", mariadb(plain, program="mariadb-admin", do=["ping"]),
                              "mariadb-admin: connect to server at '127.0.0.1' failed\nerror: '{both}'\n")})
    # Any error of a server's is a sign of life to `mariadb-admin ping`: without TLS its exit code is 0. A health check
    # has to ask a question.
    printed(case, mariadb(plain, do=["-e", "select 1"])(persona.ports["mysql"]), expect=1)


@case("redis-cli with a password, in RESP3, with a database, for a cluster, and with several commands")
@with_gateway_down
def by_commands(case, persona, told):
    def cli(*options):
        return lambda port: ["redis-cli", "-h", "127.0.0.1", "-p", port, *options]

    told(clients={
        "redis-cli --user": like("redis-cli", cli("--user", "persona", "--pass", "secret", "PING"),
                                 "AUTH failed: ERR {both}\nERR {both}\n"),
        "redis-cli -3": like("redis-cli", cli("-3", "PING"), "HELLO 3 failed: ERR {both}\nERR {both}\n"),
        "redis-cli -n": like("redis-cli", cli("-n", "3", "PING"), "SELECT 3 failed: ERR {both}\nERR {both}\n"),
        "redis-cli -c": like("redis-cli", cli("-c", "GET", "key")),
        "redis-cli --scan": like("redis-cli", cli("--scan"), "SCAN error: ERR {both}\n")})
    commands = b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"
    output = printed(case, cli("--pipe")(persona.ports["redis"]), input=commands)
    check(output.count("ERR persona cannot reach the gateway") >= 2, "not every command was answered", output)
    output = printed(case, cli()(persona.ports["redis"]), input=b"GET a\nGET b\n")
    check("ERR persona cannot reach the gateway" in output, "who types commands is not told", output)


@case("tsql, by TDS version and encryption")
@with_gateway_down
def by_version(case, persona, told):
    def tsql(version, encryption="request"):
        settings = case.folder / f"{encryption}.conf"
        settings.write_text(f"[global]\nencryption = {encryption}\n")
        return lambda port: ["env", f"TDSVER={version}", f"FREETDSCONF={settings}", *CLIENTS["tsql"].command(port)]

    told(clients={f"tsql {way}": like("tsql", tsql(*way)) for way in (
        ("7.0",), ("7.1",), ("7.2",), ("7.3",), ("7.4",), ("7.4", "off"))})
    # Who requires encryption is not told, because that would take TLS with a certificate of the server's. Such a client
    # writes `encryption = off` (FreeTDS), `Encrypt=no` (ODBC), `encrypt=false` (JDBC), `Encrypt=False` (.NET). TDS 5.0
    # is Sybase's, and has another LOGIN.
    port = persona.ports["mssql"]
    failure = "Adaptive Server connection failed"
    says(case, {"encryption = require": (tsql("7.4", "require")(port), failure),
                "TDSVER=5.0": (tsql("5.0")(port), failure)})


main()
