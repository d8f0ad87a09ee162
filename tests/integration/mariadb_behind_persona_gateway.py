"""The mariadb client reaches MariaDB, whose server speaks first, through persona on both sides."""

import hashlib

from harness import process, servers
from harness.certificates import Pki
from harness.persona import CLEAN, pair
from harness.runner import SANITIZED, case, equal, main

ROWS = 20_000 if SANITIZED else 200_000


def query(persona, sql):
    host, port = persona.address
    return process.run("mariadb", "--no-defaults", "--protocol=tcp", "-h", host, "-P", port, "-u", "persona",
                       "--skip-ssl", "-D", "mysql", "--batch", "--skip-column-names", "-e", sql)


def queries_compare_equal(case, tls):
    pki = Pki(case)
    database = servers.MariaDb(case)
    near, far = pair(case, pki, f"unix:{database.socket}", gateway={"tls": {"max_version": tls}})
    equal(query(near, "SELECT 6 * 7").strip(), "42", "answer of the database")
    expected = "".join(f"{number}\t{hashlib.md5(str(number).encode()).hexdigest()}\n" for number in range(1, ROWS + 1))
    result = query(near, f"SELECT seq, MD5(seq) FROM seq_1_to_{ROWS}")
    equal(hashlib.sha256(result.encode()).hexdigest(), hashlib.sha256(expected.encode()).hexdigest(),
          f"SHA-256 of {ROWS} rows ({len(result)} bytes came)")
    for side in (near, far):
        for _ in range(2):
            line = side.next_close(CLEAN)
            equal(line["tls_version"], f"TLSv{tls}", "TLS version")
    equal(far.find("connection open")[0]["peer"], "CN=client", "who the gateway says its client is")
    equal(near.find("connection open")[0]["peer"], "CN=gateway", "who persona says its gateway is")


@case("TLS 1.3: query and a large result")
def tls13(case):
    queries_compare_equal(case, "1.3")


@case("TLS 1.2: query and a large result")
def tls12(case):
    queries_compare_equal(case, "1.2")


main()
