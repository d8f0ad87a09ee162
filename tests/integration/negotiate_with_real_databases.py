"""`gateway.negotiate:` with PostgreSQL and MariaDB that demand a client certificate: every way to log in that Debian's servers
have, and what clients do apart from queries."""

import hashlib
import select
import signal
import subprocess
import time

import psycopg2
import pymysql

from harness import process
from harness.certificates import Pki, accept_tls
from harness.persona import CLEAN, Persona, config
from harness.process import Process
from harness.runner import amount, case, check, equal, main
from harness.servers import MariaDb, PostgreSql, haproxy
from harness.sockets import TIMEOUT, Server, connect

PATIENT = {"timeouts": {"handshake": "60s"}}  # on a busy machine
HBA = """
hostssl all client all cert
hostssl all scram  all scram-sha-256 clientcert=verify-ca
hostssl all md5    all md5           clientcert=verify-ca
hostssl all clear  all password      clientcert=verify-ca
hostssl all trust  all trust         clientcert=verify-ca
"""
ROLES = """
CREATE ROLE client LOGIN SUPERUSER;
CREATE ROLE trust LOGIN;
SET password_encryption = 'scram-sha-256';
CREATE ROLE scram LOGIN PASSWORD 'secret';
CREATE ROLE clear LOGIN PASSWORD 'secret';
SET password_encryption = 'md5';
CREATE ROLE md5 LOGIN PASSWORD 'secret';
"""


def postgresql(case):
    pki = Pki(case)
    database = PostgreSql(case, hba=HBA, pki=pki)
    database.run(ROLES)
    return database, Persona(case, config(pki, gateway=database, negotiate="postgresql", **PATIENT))


def ended_well(persona):
    """A client that has said that it leaves, and a server, which was told, may be equally quick."""
    persona.stop()
    reasons = {line["reason"] for line in persona.find("connection closed")}
    check(reasons and reasons <= CLEAN, "connections that did not end as clients left them", reasons)


def psql(persona, words, *options, expect=0, sql="SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"):
    """What psql printed; what it says of errors, if it is expected to fail."""
    host, port = persona.address
    done = subprocess.run(process.command("psql", f"host={host} port={port} dbname=postgres {words}", "-XAtq", *options, "-c", sql),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    output = process.decoded(done.stdout).strip()
    equal(done.returncode, expect, f"exit code of psql {words} ({output})")
    return output


@case("PostgreSQL: cert, trust, SCRAM, md5 and a password in the clear, each over TLS with the client's certificate", deadline=200)
def postgresql_methods(case):
    _, persona = postgresql(case)
    for user in ("client", "trust"):
        equal(psql(persona, f"user={user}"), "/CN=client", f"the certificate that the database sees of {user}")
    for user in ("scram", "md5", "clear"):
        equal(psql(persona, f"user={user} password=secret"), "/CN=client", f"the certificate that the database sees of {user}")
        check("password authentication failed" in psql(persona, f"user={user} password=wrong", expect=2), "a wrong password")
    check("no pg_hba.conf entry" in psql(persona, "user=other", expect=2), "another account is let in")


@case("PostgreSQL: SCRAM and channel binding: without it, and not where the client insists", deadline=200)
def channel_binding(case):
    _, persona = postgresql(case)
    host, port = persona.address
    for binding in ("disable", "prefer"):
        equal(psql(persona, f"user=scram password=secret channel_binding={binding}"), "/CN=client", binding)
        with psycopg2.connect(host=host, port=port, user="scram", password="secret", dbname="postgres",
                              channel_binding=binding) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            equal(cursor.fetchone(), (True, "/CN=client"), f"what psycopg2 sees, {binding}")
        connection.close()
    output = psql(persona, "user=scram password=secret channel_binding=require", expect=2)
    check("channel binding" in output, "what psql says of channel_binding=require", output)
    output = psql(persona, "user=client sslmode=require", expect=2)
    check("server does not support SSL, but SSL was required" in output, "what psql says of sslmode=require", output)


def tls_at_once(case, pki, database):
    """PostgreSQL 17 and later take TLS without being asked for it, from who offers the ALPN protocol. Debian has 15: this is
    one, behind what asks it for TLS, with the same certificates on both sides."""
    context = pki.server_context()
    context.set_alpn_protocols(["postgresql"])
    # TLS 1.2: no record that is not data, for which a read would wait.
    ours = pki.client_context(pki.client, version="1.2")

    def serve(connection):
        near = accept_tls(context, connection)
        equal(near.selected_alpn_protocol(), "postgresql", "the ALPN protocol")
        with connect(database.address) as asked:
            asked.sendall(bytes.fromhex("0000000804d2162f"))
            equal(asked.recv(1), b"S", "PostgreSQL's consent")
            far = ours.wrap_socket(asked, server_hostname=pki.GATEWAY_NAME)
            while True:
                pending = [each for each in (near, far) if each.pending()]
                for each in pending or select.select([near, far], [], [], TIMEOUT)[0]:
                    if not (part := each.recv(1 << 16)):
                        return
                    (far if each is near else near).sendall(part)

    return Server(case, serve)


@case("PostgreSQL that takes TLS at once: tls.alpn and protocol will do, also with SCRAM", deadline=200)
def direct_tls(case):
    pki = Pki(case)
    database = PostgreSql(case, hba=HBA, pki=pki)
    database.run(ROLES)
    persona = Persona(case, config(pki, gateway=tls_at_once(case, pki, database), protocol="postgresql",
                                   tls={"alpn": ["postgresql"]}, **PATIENT))
    equal(psql(persona, "user=client"), "/CN=client", "the certificate that the database sees")
    equal(psql(persona, "user=scram password=secret"), "/CN=client", "the certificate that the database sees with SCRAM")


def cancels(case, database, persona, user):
    host, port = persona.address
    client = Process(case, "psql", "-h", host, "-p", port, "-U", user, "-d", "postgres", "-Xqc", "SELECT pg_sleep(600)")
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600)'"
    deadline = time.monotonic() + 20
    while database.run(sleeping) != "1":
        check(time.monotonic() < deadline, "the statement does not begin")
    client.signal(signal.SIGINT)
    client.wait_line("canceling statement due to user request")
    client.wait()


@case("psql through negotiate and protocol: Ctrl-C cancels a statement, and \\c is another session")
def interactive(case):
    pki = Pki(case)
    database = PostgreSql(case, hba=HBA, pki=pki)
    database.run(ROLES)
    plain = haproxy(case, pki, database.socket)
    for through, user, gateway in (("negotiate", "client", database), ("protocol", "persona", plain)):
        persona = Persona(case, config(pki, gateway=gateway, **{through: "postgresql"}, **PATIENT), through)
        cancels(case, database, persona, user)
        host, port = persona.address
        output = process.run("psql", "-h", host, "-p", port, "-U", user, "-d", "postgres", "-XAtq", input=(
            b"SELECT 'first', pg_backend_pid();\n\\c template1\nSELECT 'second', current_database(), pg_backend_pid();\n"))
        first, second = (line.split("|") for line in output.splitlines() if line.startswith(("first", "second")))
        check(second[1] == "template1" and first[1] != second[2], "the second session", output)
        persona.stop()
        equal(len(persona.find("connection closed")), 4, f"connections through {through}: a session, its cancellation, two")
        ended_well(persona)


@case("PostgreSQL: much is copied in and out again, byte for byte", deadline=200)
def copies(case):
    _, persona = postgresql(case)
    host, port = persona.address
    client = ["psql", "-h", host, "-p", port, "-U", "client", "-d", "postgres", "-Xq", "-c"]
    row = hashlib.sha512(b"row").hexdigest() * 8
    lines = "".join(f"{number} {row}\n" for number in range(amount(100, 100, 16) * 1024)).encode()
    process.run(*client, "CREATE UNLOGGED TABLE copied (line text)")
    process.run(*client, "COPY copied FROM STDIN", input=lines)
    output = process.run(*client, "COPY copied TO STDOUT")
    equal(hashlib.sha256(output.encode()).hexdigest(), hashlib.sha256(lines).hexdigest(), f"SHA-256 of {len(lines)} bytes")
    ended_well(persona)


ACCOUNTS = """
CREATE USER native IDENTIFIED VIA mysql_native_password USING PASSWORD('secret') REQUIRE SUBJECT '/CN=client';
CREATE USER ed25519 IDENTIFIED VIA ed25519 USING PASSWORD('secret') REQUIRE X509;
CREATE USER nobody IDENTIFIED VIA mysql_native_password USING PASSWORD('secret') REQUIRE SUBJECT '/CN=nobody';
CREATE USER issued IDENTIFIED VIA mysql_native_password USING PASSWORD('secret') REQUIRE ISSUER '/CN=Test CA';
"""


@case("MariaDB: mysql_native_password and ed25519, each over TLS with the client's certificate", deadline=200)
def mariadb_methods(case):
    pki = Pki(case)
    database = MariaDb(case, ACCOUNTS, pki=pki)
    persona = Persona(case, config(pki, gateway=database, negotiate="mysql", **PATIENT))
    host, port = persona.address

    def mariadb(user, *options, password="secret", expect=0, sql="SELECT CURRENT_USER(); SHOW STATUS LIKE 'Ssl_cipher'"):
        return process.run("mariadb", "--no-defaults", "--protocol=tcp", "-h", host, "-P", port, "-u", user, f"-p{password}", "-BN",
                           *options, "-e", sql, expect=expect)

    for user in ("native", "ed25519", "issued"):
        for options in ([], ["--compress"], ["-D", "information_schema"]):
            output = mariadb(user, *options)
            check(output.startswith(f"{user}@%\nSsl_cipher\tTLS_"), f"whom the database sees of {user} {options}", output)
        mariadb(user, password="wrong", expect=1)
    mariadb("nobody", expect=1)
    mariadb("native", "--ssl", "--ssl-verify-server-cert", expect=1)
    connection = pymysql.connect(host=host, port=port, user="native", password="secret")
    with connection, connection.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        check(cursor.fetchone()[1].startswith("TLS_"), "what PyMySQL sees")
        sent = "x" * 10_000_000
        cursor.execute("SELECT %s", [sent])
        check(cursor.fetchone() == (sent,), "a large value did not come back as it was sent")


main()
