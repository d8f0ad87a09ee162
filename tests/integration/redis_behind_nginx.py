"""redis-cli and redis-benchmark reach Redis through persona and an nginx stream that requires a client certificate."""

import hashlib
import random

from harness import process, servers
from harness.certificates import Pki
from harness.persona import Persona, config
from harness.runner import SMALLER, case, check, equal, main


def commands_work(case, tls):
    pki = Pki(case)
    redis = servers.Redis(case)
    persona = Persona(case, config(pki, gateway=servers.nginx(case, pki, redis.socket, tls)))
    host, port = persona.address
    where = ["-h", host, "-p", port]
    equal(process.run("redis-cli", *where, "ping").strip(), "PONG", "answer to ping")

    value = random.Random(2).randbytes(1 << 19).hex()
    equal(process.run("redis-cli", *where, "-x", "set", "key", input=value.encode()).strip(), "OK", "answer to set")
    answer = process.run("redis-cli", *where, "--raw", "get", "key").removesuffix("\n")
    equal(hashlib.sha256(answer.encode()).hexdigest(), hashlib.sha256(value.encode()).hexdigest(), "SHA-256 of 1 MiB")

    count = 2_000 if SMALLER else 20_000
    output = process.run("redis-benchmark", *where, "-n", count, "-c", 20, "-t", "set,get", "-d", 1000, "-P", 4,
                         "--csv")
    check('"SET"' in output and '"GET"' in output, "redis-benchmark did not measure both", output)
    check("error" not in output.lower(), "redis-benchmark had errors", output)

    persona.stop()
    closes = persona.find("connection closed")
    equal({line["tls_version"] for line in closes}, {f"TLSv{tls}"}, "TLS versions")
    # redis-benchmark ends without reading its last answers, which the kernel turns into a reset. And nginx answers a
    # close_notify with a mere FIN, so that persona cannot tell whether there was more to come.
    reasons = {line["reason"] for line in closes}
    check(reasons <= {"local_closed", "gateway_closed", "local_reset", "truncated"}, "connections ended badly", reasons)


@case("TLS 1.3: ping, 1 MiB value, benchmark")
def tls13(case):
    commands_work(case, "1.3")


@case("TLS 1.2 only: ping, 1 MiB value, benchmark")
def tls12(case):
    commands_work(case, "1.2")


main()
