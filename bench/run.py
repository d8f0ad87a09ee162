"""scripts/bench: persona beside its peers, in rounds. scripts/bench builds what this needs and starts it."""

import argparse
import dataclasses
import hashlib
import os
import pathlib
import platform
import shlex
import shutil
import signal
import sys
import tempfile
import time

import forwarders
import report
from gateways import Gateways
from measures import FULL, MEASURES, QUICK, Bench, LeftOut, Sizes
from pki import Pki, p256, rsa2048
from process import BenchError
from results import Results
from store import Entrant, Store

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILT = TOP / "build" / "bench" / "bin"
UNFINISHED = 3  # exit status
DESCRIPTION = """Runs persona, stunnel, HAProxy and nginx as mTLS forwarders, and plain relays, side by side,
and writes a report with ratios and targets. bench/README.md says what is measured and how."""


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=DESCRIPTION)
    add = parser.add_argument
    add("--rounds", type=int, default=3, metavar="N", help="figures are medians of these (default: 3)")
    add("--quick", action="store_true", help="small sizes: shows that everything works; figures are noise")
    add("--only", type=_words, default=[], metavar="NAMES",
        help="forwarders, by comma: persona, stunnel, haproxy, nginx, ghostunnel (each with its variants), or one "
        "variant such as haproxy-256k, nginx-tcp, persona-protocol")
    add("--measures", type=_words, default=list(MEASURES), metavar="NAMES",
        help=f"by comma (default: {','.join(MEASURES)})")
    add("--output", type=pathlib.Path, default=TOP / "bench" / "RESULTS.md", metavar="FILE",
        help="the report (default: bench/RESULTS.md)")
    add("--results", type=pathlib.Path, default=TOP / "build" / "bench" / "results", metavar="FOLDER",
        help="where each part of the run is kept (default: build/bench/results)")
    add("--resume", action="store_true", help="go on with the parts that are in the folder of results")
    add("--minutes", type=float, default=float("inf"), metavar="N",
        help="begin no part after these; the exit status is then 3, and --resume goes on")
    add("--report", action="store_true", help="measure nothing: write the report of what is in the folder of results")
    add("--persona", type=_program, default=BUILT / "persona", metavar="PATH",
        help="the program to measure (default: what scripts/bench builds)")
    add("--before", type=_program, metavar="PATH",
        help="an older persona, measured beside it: what has a change cost?")
    add("--ghostunnel", type=_program, metavar="PATH", help="also this peer, which has no package")
    arguments = parser.parse_args()
    unknown = [word for word in arguments.measures if word not in MEASURES]
    if unknown:
        parser.error(f"--measures: no {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    if arguments.rounds < 1:
        parser.error("--rounds: at least 1")
    return arguments


def _program(text):
    return pathlib.Path(shutil.which(text) or text).resolve()


def _words(text):
    return [word for word in text.split(",") if word]


def cores():
    """The forwarder's core, and those of the load generator and the gateway."""
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        raise BenchError("two cores are needed: one for the forwarder, one for the load and the gateway")
    return available[-1], set(available[:-1])


def say(text):
    print(text, file=sys.stderr, flush=True)


def brief(entry):
    if "left_out" in entry:
        return f"left out: {entry['left_out']}"
    texts = {key: "never" if value is None else f"{value:.3g}" for key, value in entry["figures"].items()}
    return "  ".join(f"{key} {text}" for key, text in texts.items())


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"


def describe(forwarder):
    digest = hashlib.sha256(pathlib.Path(forwarder.program).read_bytes()).hexdigest()
    return dataclasses.asdict(Entrant(forwarder.name, forwarder.kind, forwarder.settings, forwarders.version(forwarder),
                                      digest, forwarder.big_buffers))


def plan(rounds, names):
    """The parts of a run, in their order: a round, and a measure."""
    return [(turn, name) for turn in range(rounds) for name in names if turn == 0 or not MEASURES[name].once]


def measure_part(bench, chosen, turn, name, rounds):
    measure = MEASURES[name]
    entries = {}
    # Every round begins with another forwarder, so that none is always measured after the same one.
    first = turn % len(chosen)
    for forwarder in chosen[first:] + chosen[:first]:
        if not measure.concerns(forwarder):
            continue
        try:
            entry = {"figures": measure.run(bench, forwarder)}
        except LeftOut as reason:
            entry = {"left_out": str(reason)}
        entries[forwarder.name] = entry
        say(f"round {turn + 1}/{rounds}  {name:8}{forwarder.name:20}{brief(entry)}")
    return entries


def measure_all(arguments, chosen, sizes, store):
    missing = [part for part in plan(arguments.rounds, arguments.measures) if not store.has(*part)]
    if not missing:
        return
    core, load_cores = cores()
    program = BUILT / "bench_load"
    with tempfile.TemporaryDirectory(prefix="persona-bench-") as name:
        folder = pathlib.Path(name)
        pki, rsa = Pki(folder / "p256", p256), Pki(folder / "rsa2048", rsa2048)
        with Gateways(program, str(arguments.persona), load_cores, folder, pki, rsa) as gateways:
            bench = Bench(program, folder, gateways, core, load_cores, sizes)
            until = time.monotonic() + arguments.minutes * 60
            for turn, measure in missing:
                if time.monotonic() >= until:
                    return
                begun = time.monotonic()
                entries = measure_part(bench, chosen, turn, measure, arguments.rounds)
                store.put(turn, measure, time.monotonic() - begun, entries)


def head(run, parts, command):
    lines = ["**A smoke run (`--quick`): the figures are noise.**", ""] if run["quick"] else []
    return lines + [
        f"- Command: `{command}`, {sum(part['seconds'] for part in parts) / 60:.0f} minutes",
        f"- Machine: {run['machine']}",
        "- Everywhere: TLS 1.3, TLS_AES_256_GCM_SHA384, certificates on both sides, both verified; X25519 and P-256 where "
        "nothing else is said; one worker on one core of its own, load generator and gateway on the others; loopback"]


def options_of(arguments):
    """What all parts of a run have in common."""
    options = ["--quick"] if arguments.quick else []
    options += ["--only", ",".join(arguments.only)] if arguments.only else []
    options += ["--before", arguments.before.name] if arguments.before else []
    return options + (["--ghostunnel", arguments.ghostunnel.name] if arguments.ghostunnel else [])


def command_of(run, arguments):
    """What makes such a run in one go."""
    measures = ["--measures", ",".join(arguments.measures)] if arguments.measures != list(MEASURES) else []
    return shlex.join(["scripts/bench", "--rounds", str(arguments.rounds), *run["options"], *measures])


def write_report(store, arguments):
    parts = store.parts()
    run = store.run
    sizes = Sizes(**{key: tuple(value) if isinstance(value, list) else value for key, value in run["sizes"].items()})
    missing = [f"{name} of round {turn + 1}" for turn, name in plan(arguments.rounds, arguments.measures)
               if not store.has(turn, name)]
    results = Results([Entrant(**entrant) for entrant in run["entrants"]], parts)
    words = f"there is no {', '.join(missing)} yet" if missing else ""
    text = report.render(results, sizes, head(run, parts, command_of(run, arguments)), words)
    arguments.output.write_text(text, encoding="utf-8")
    say(f"written: {arguments.output}")
    if missing:
        say(f"{len(missing)} parts are missing: scripts/bench --resume goes on")
    return UNFINISHED if missing else 0


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("scripts/bench: told to stop"))
    store = Store(arguments.results)
    if arguments.report:
        store.load()
        return write_report(store, arguments)
    paths = [path and str(path) for path in (arguments.persona, arguments.before, arguments.ghostunnel)]
    chosen = forwarders.choose(arguments.only, *paths)
    sizes = QUICK if arguments.quick else FULL
    run = {"machine": machine(), "quick": arguments.quick, "options": options_of(arguments),
           "sizes": {key: list(value) if isinstance(value, tuple) else value
                     for key, value in dataclasses.asdict(sizes).items()},
           "entrants": [describe(forwarder) for forwarder in chosen]}
    (store.go_on if arguments.resume else store.begin)(run)
    measure_all(arguments, chosen, sizes, store)
    return write_report(store, arguments)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as problem:
        sys.exit(f"scripts/bench: {problem}")
    except KeyboardInterrupt:
        sys.exit("scripts/bench: interrupted")
