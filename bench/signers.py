"""What 1,000 handshakes at once cost the process that forwards, and live connections, by who has the key.

    python3 bench/signers.py [--persona FILE] [--connections N] [--rounds N]

The key is in memory, with an agent that takes 50 ms for each signature (a relay before `persona agent` waits as long), or in the
process of --separate-key. All connections are opened at once, without resumption, each for one round trip; meanwhile 64 bytes go there
and back on four live connections in turn. CPU is that of the forwarding process alone, from /proc. Median of the rounds; each round has
fresh processes. Needs what the tests need.
"""

import argparse
import asyncio
import multiprocessing
import os
import pathlib
import resource
import selectors
import socket
import statistics
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "integration"))

from harness import persona as program  # noqa: E402
from harness.certificates import KEY_KINDS, Pki  # noqa: E402
from harness.process import Process  # noqa: E402
from harness.runner import Case  # noqa: E402
from harness.sockets import Server, connect, echo, expect_echo  # noqa: E402

LIVE = 4
PAYLOAD = b"x" * 64
DELAY = 0.05  # seconds that the slow agent takes for each signature
SIGNERS = ("memory", "agent of 50 ms", "--separate-key")


def relay(place, agent, listens):
    """In a process of its own: passes on each question after the delay, all at once."""
    async def serve(reader, writer):
        question = await reader.readline()
        if b'"message"' in question:
            await asyncio.sleep(DELAY)
        try:
            its_reader, its_writer = await asyncio.open_unix_connection(agent)
            its_writer.write(question)
            writer.write(await its_reader.readline())
            await writer.drain()
            its_writer.close()
        except OSError:
            pass
        writer.close()

    async def run():
        server = await asyncio.start_unix_server(serve, place, backlog=4096)
        listens.set()
        await server.serve_forever()

    asyncio.run(run())


def start_agent(case, credential):
    agent, slow = str(case.folder / "agent.sock"), str(case.folder / "slow.sock")
    file = program.write_config(case, {"listen": f"unix:{agent}", "keys": [credential.config()], "tls12": True,
                                       "signatures_per_second": 100_000, "log": {"format": "json"}}, "agent")
    process = Process(case, program.BINARY, "agent", "--config", file, name="persona agent", env=program.environment())
    process.wait_line("agent ready")
    listens = multiprocessing.Event()
    child = multiprocessing.Process(target=relay, args=(slow, agent, listens), daemon=True)
    child.start()
    case.defer(child.kill)
    listens.wait(20) or sys.exit("the relay does not listen")
    return slow


def cpu_of(pid):
    """Seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_all(address, count):
    """All at once, one round trip each. The seconds that it took."""
    begun = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for _ in range(count):
            client = socket.create_connection(address)
            client.sendall(PAYLOAD)
            selector.register(client, selectors.EVENT_READ, [])
        waiting = count
        while waiting:
            for key, _ in selector.select(60) or sys.exit("a connection was not served within 60 s"):
                part = key.fileobj.recv(4096)
                if not part:
                    sys.exit("a connection was refused")
                key.data.append(part)
                if sum(map(len, key.data)) == len(PAYLOAD):
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
                    waiting -= 1
    return time.monotonic() - begun


def round_trips(address, seconds, stop):
    """Milliseconds of each, one every 4 ms, until it is told to stop or the time is over."""
    live = [connect(address, timeout=60) for _ in range(LIVE)]
    for client in live * 20:
        expect_echo(client, PAYLOAD)
    times, until = [], time.monotonic() + seconds
    while time.monotonic() < until and not stop():
        for client in live:
            begun = time.perf_counter()
            expect_echo(client, PAYLOAD)
            times.append((time.perf_counter() - begun) * 1e3)
            time.sleep(0.004)
    return times


def burst(address, count, told):
    told.recv()
    told.send(open_all(address, count))


def measure(kind, signer, count):
    """CPU in ms for each handshake, seconds for all, and round trips in ms before and meanwhile."""
    case = Case("signers")
    case.failed = True  # how it ends is not what is measured
    try:
        pki = Pki(case)
        client = pki.ca.issue("client", key=KEY_KINDS[kind]())
        far = program.Persona(case, program.config(pki, service=Server(case, echo, failing=True)), "gateway")
        content = program.config(pki, gateway=far, tls={"resumption": False}) | {"identity": client.config()}
        if signer.startswith("agent"):
            content["identity"] = {"certificate": str(client.certificate), "private_key": f"agent:{start_agent(case, client)}"}
        persona = program.Persona(case, content, options=("--separate-key",) if signer == "--separate-key" else ())
        before = round_trips(persona.address, 1, lambda: False)
        here, there = multiprocessing.Pipe()
        opener = multiprocessing.Process(target=burst, args=(persona.address, count, there), daemon=True)
        opener.start()
        case.defer(opener.kill)
        used = cpu_of(persona.pid)
        here.send("go")
        meanwhile = round_trips(persona.address, 120, here.poll)
        return (cpu_of(persona.pid) - used) / count * 1e3, here.recv(), before, meanwhile
    finally:
        case.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persona", type=pathlib.Path, default=TOP / "build" / "release" / "bin" / "persona")
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    program.BINARY = str(options.persona.resolve())
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print("| key | who has it | CPU of the forwarder, each | all of them | round trip before, p50, p99 | meanwhile, p50, p99 |\n"
          "|---|---|---|---|---|---|")
    for kind in ("RSA-2048", "P-256"):
        for signer in SIGNERS:
            rounds = [measure(kind, signer, options.connections) for _ in range(options.rounds)]
            cpu, seconds = (statistics.median(each[at] for each in rounds) for at in (0, 1))
            shown = []
            for at in (2, 3):
                halves = [statistics.quantiles(each[at], n=100) for each in rounds]
                shown.append(", ".join(f"{statistics.median(each[share] for each in halves):.2f} ms" for share in (49, 98)))
            print(f"| {kind} | {signer} | {cpu:.2f} ms | {seconds:.2f} s | " + " | ".join(shown) + " |", flush=True)


if __name__ == "__main__":
    main()
