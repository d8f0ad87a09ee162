"""Twenty connections at work, and ever new ones, through `protocol` and through `gateway.negotiate`: no error, and every
connection ends as its client left it. With `negotiate` the database sees the client's certificate."""

from harness import process, servers
from harness.certificates import Pki
from harness.persona import CLEAN, Persona, config
from harness.runner import amount, case, check, equal, main

PATIENT = {"timeouts": {"handshake": "60s"}}  # on a busy machine
CLIENTS = 20
SECONDS = amount(20, 2, 1)
TRANSACTIONS = amount(100, 5, 2)  # of a client that connects for each
QUERIES = amount(5_000, 1_000, 500)


def ended(persona, at_least):
    """A client that has said that it leaves, and a server, which was told, may be equally quick."""
    persona.stop()
    closes = persona.find("connection closed")
    check(len(closes) >= at_least, f"only {len(closes)} connections were logged")
    bad = [line for line in closes if line["reason"] not in CLEAN]
    check(not bad, f"{len(bad)} connections that did not end as their clients left them", bad[:3])


def pgbench(persona, account):
    host, port = persona.address
    where = ["-h", host, "-p", port, "-U", account]
    process.run("pgbench", *where, "-i", "-q", "postgres")
    for amount_of_work in (["-T", SECONDS], ["-C", "-t", TRANSACTIONS]):
        output = process.run("pgbench", *where, *amount_of_work, "-n", "-c", CLIENTS, "-j", 2, "postgres", timeout=160)
        check("number of failed transactions: 0 " in output, "pgbench had failed transactions", output)
    ended(persona, CLIENTS + CLIENTS * TRANSACTIONS)


def mariadb_slap(persona):
    host, port = persona.address
    process.run("mariadb-slap", "--no-defaults", "--protocol=tcp", "-h", host, "-P", port, "-u", "client", "-psecret",
                f"--concurrency={CLIENTS}", "--auto-generate-sql", f"--number-of-queries={QUERIES}", "--detach=20",
                timeout=240)
    ended(persona, QUERIES // 20)


@case("pgbench through protocol", deadline=200)
def pgbench_through_protocol(case):
    pki = Pki(case)
    gateway = servers.haproxy(case, pki, servers.PostgreSql(case).socket)
    pgbench(Persona(case, config(pki, gateway=gateway, protocol="postgresql", **PATIENT)), "persona")


@case("pgbench through negotiate", deadline=200)
def pgbench_through_negotiate(case):
    pki = Pki(case)
    database = servers.PostgreSql(case, hba="hostssl all all all cert", pki=pki)
    database.run("CREATE ROLE client LOGIN SUPERUSER")
    persona = Persona(case, config(pki, gateway=database, negotiate="postgresql", **PATIENT))
    seen = process.run("psql", "-h", persona.address[0], "-p", persona.address[1], "-U", "client", "-d", "postgres", "-XAtc",
                       "SELECT ssl, version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    equal(seen.strip(), "t|TLSv1.3|/CN=client", "whom the database sees")
    pgbench(persona, "client")


@case("mariadb-slap through protocol", deadline=240)
def mariadb_through_protocol(case):
    pki = Pki(case)
    database = servers.MariaDb(case, accounts="CREATE USER client IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO client;")
    gateway = servers.haproxy(case, pki, database.socket)
    mariadb_slap(Persona(case, config(pki, gateway=gateway, protocol="mysql", **PATIENT)))


@case("mariadb-slap through negotiate", deadline=240)
def mariadb_through_negotiate(case):
    pki = Pki(case)
    database = servers.MariaDb(case, pki=pki, accounts="""
        CREATE USER client IDENTIFIED BY 'secret' REQUIRE SUBJECT '/CN=client' AND ISSUER '/CN=Test CA';
        GRANT ALL ON *.* TO client;
        CREATE USER other IDENTIFIED BY 'secret' REQUIRE SUBJECT '/CN=other'""")
    persona = Persona(case, config(pki, gateway=database, negotiate="mysql", **PATIENT))
    client = ["mariadb", "--no-defaults", "--protocol=tcp", "-h", persona.address[0], "-P", persona.address[1], "-psecret", "-BN"]
    seen = process.run(*client, "-u", "client", "-e", "SELECT CURRENT_USER(); SHOW STATUS LIKE 'Ssl_cipher'")
    check(seen.startswith("client@%\nSsl_cipher\tTLS_"), "whom the database sees", seen)
    process.run(*client, "-u", "other", "-e", "SELECT 1", expect=1)
    mariadb_slap(persona)


main()
