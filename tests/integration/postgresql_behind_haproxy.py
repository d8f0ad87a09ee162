"""psql and pgbench reach PostgreSQL through persona and an HAProxy that requires a client certificate."""

import hashlib
import random
import subprocess

from harness import process, servers
from harness.certificates import Pki
from harness.persona import CLEAN, Persona, config
from harness.runner import amount, case, check, equal, main

LINE = 2048  # below PostgreSQL's TOAST threshold together with its header, so that rows cost little


def start(case, tls):
    pki = Pki(case)
    postgresql = servers.PostgreSql(case)
    persona = Persona(case, config(pki, gateway=servers.haproxy(case, pki, postgresql.socket, tls)))
    host, port = persona.address
    return persona, ["-h", host, "-p", port, "-U", "persona"]


def psql(where, sql):
    return process.run("psql", *where, "-d", "postgres", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql).strip()


def lines(count):
    """Rows that differ from each other, cheaply."""
    noise = random.Random(1).randbytes(1 << 20).hex().encode()
    width = LINE - 10
    for first in range(0, count, 256):
        yield b"".join(b"%08d %s\n" % (row, noise[(start := row * 7919 % (len(noise) - width)):start + width])
                       for row in range(first, min(first + 256, count)))


def copy_in(where, count):
    digest = hashlib.sha256()
    copying = subprocess.Popen(
        process.command("psql", *where, "-d", "postgres", "-X", "-q", "-c", "COPY copied FROM STDIN"),
        stdin=subprocess.PIPE)
    for block in lines(count):
        digest.update(block)
        copying.stdin.write(block)
    copying.stdin.close()
    equal(copying.wait(), 0, "exit code of psql while copying in")
    return digest.hexdigest()


def copy_out(where):
    digest = hashlib.sha256()
    copying = subprocess.Popen(
        process.command("psql", *where, "-d", "postgres", "-X", "-q", "-c", "COPY copied TO STDOUT"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    while block := copying.stdout.read(1 << 20):
        digest.update(block)
    equal(copying.wait(), 0, "exit code of psql while copying out")
    return digest.hexdigest()


def copy_compares_equal(where, mebibytes):
    psql(where, "CREATE UNLOGGED TABLE copied (line text)")
    sent = copy_in(where, mebibytes * (1 << 20) // LINE)
    equal(copy_out(where), sent, f"SHA-256 of {mebibytes} MiB copied in and out again")
    psql(where, "DROP TABLE copied")


def bench(where, seconds):
    process.run("pgbench", *where, "-i", "-q", "-s", 5, "postgres", timeout=120)
    output = process.run("pgbench", *where, "-c", 20, "-j", 2, "-T", seconds, "postgres", timeout=seconds + 60)
    check("number of failed transactions: 0 " in output, "pgbench had failed transactions", output)


def every_connection_ended_cleanly(persona):
    persona.stop()
    closes = persona.find("connection closed")
    check(closes, "no connection was logged")
    # psql and PostgreSQL both end by closing: who is first is a matter of timing.
    bad = [line for line in closes if line["reason"] not in CLEAN]
    check(not bad, "connections that did not end cleanly", bad[:3])
    return closes


@case("TLS 1.3: query, pgbench with 20 clients, much COPY in and out", deadline=240)
def tls13(case):
    persona, where = start(case, "1.3")
    equal(psql(where, "SELECT 6 * 7"), "42", "answer of the database")
    bench(where, amount(20, 5, 3))
    copy_compares_equal(where, amount(1024, 256, 32))
    closes = every_connection_ended_cleanly(persona)
    equal({line["tls_version"] for line in closes}, {"TLSv1.3"}, "TLS versions")


@case("TLS 1.2 only: query, pgbench, COPY in and out", deadline=120)
def tls12(case):
    persona, where = start(case, "1.2")
    equal(psql(where, "SELECT 6 * 7"), "42", "answer of the database")
    bench(where, 3)
    copy_compares_equal(where, amount(64, 64, 16))
    closes = every_connection_ended_cleanly(persona)
    equal({line["tls_version"] for line in closes}, {"TLSv1.2"}, "TLS versions")


main()
