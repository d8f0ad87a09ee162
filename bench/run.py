"""scripts/bench: persona beside its peers, in rounds. scripts/bench builds what this needs and starts it."""

import argparse
import os
import pathlib
import platform
import shlex
import signal
import sys
import tempfile
import time

import forwarders
import report
from load import Gateway
from measures import FULL, MEASURES, QUICK, Bench
from pki import Pki
from process import BenchError

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILT = TOP / "build" / "bench" / "bin"
DESCRIPTION = """Runs persona, stunnel, HAProxy and nginx as mTLS forwarders, and plain relays, side by side,
and writes a report with ratios and targets. bench/README.md says what is measured and how."""


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=DESCRIPTION)
    add = parser.add_argument
    add("--rounds", type=int, default=3, metavar="N", help="figures are medians of these (default: 3)")
    add("--quick", action="store_true", help="small sizes: shows that everything works; figures are noise")
    add("--only", type=_words, default=[], metavar="NAMES",
        help="forwarders, by comma: persona, stunnel, haproxy, nginx (both with their variants), or one "
        "variant such as haproxy-256k, nginx-tcp, nginx-tcp-256k")
    add("--measures", type=_words, default=list(MEASURES), metavar="NAMES",
        help=f"by comma (default: {','.join(MEASURES)})")
    add("--output", type=pathlib.Path, default=TOP / "bench" / "RESULTS.md", metavar="FILE",
        help="the report (default: bench/RESULTS.md)")
    add("--persona", type=pathlib.Path, default=BUILT / "persona", metavar="PATH",
        help="the program to measure (default: what scripts/bench builds)")
    add("--before", type=pathlib.Path, metavar="PATH",
        help="an older persona, measured beside it: what has a change cost?")
    arguments = parser.parse_args()
    unknown = [word for word in arguments.measures if word not in MEASURES]
    if unknown:
        parser.error(f"--measures: no {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    if arguments.rounds < 1:
        parser.error("--rounds: at least 1")
    return arguments


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


def brief(figures):
    texts = {key: "never" if value is None else f"{value:.3g}" for key, value in figures.items()}
    return "  ".join(f"{key} {text}" for key, text in texts.items())


def run_rounds(bench, chosen, arguments, results):
    for turn in range(arguments.rounds):
        # Every round begins with another forwarder, so that none is always measured after the same one.
        first = turn % len(chosen)
        for name in arguments.measures:
            measure = MEASURES[name]
            for forwarder in chosen[first:] + chosen[:first]:
                if forwarder.kind == "relay" and not measure.relays:
                    continue
                figures = measure.run(bench, forwarder)
                results.add(forwarder, figures)
                say(f"round {turn + 1}/{arguments.rounds}  {name:8}{forwarder.name:18}{brief(figures)}")


def measure_all(arguments, chosen, sizes):
    core, load_cores = cores()
    program = BUILT / "bench_load"
    results = report.Results(chosen)
    with tempfile.TemporaryDirectory(prefix="persona-bench-") as name:
        folder = pathlib.Path(name)
        pki = Pki(folder)
        kinds = {"plain": {}, "tickets": {"pki": pki, "tickets": 2}, "no-tickets": {"pki": pki},
                 "storm": {"pki": pki, "live_first": True}}
        gateways = {}
        try:
            for kind, options in kinds.items():
                gateways[kind] = Gateway(program, load_cores, folder, kind, **options)
            bench = Bench(program, folder, pki, gateways, core, load_cores, sizes)
            run_rounds(bench, chosen, arguments, results)
        finally:
            for gateway in gateways.values():
                gateway.stop()
    return results


def head(arguments, chosen, seconds):
    command = ["scripts/bench", "--rounds", str(arguments.rounds)]
    command += ["--quick"] if arguments.quick else []
    command += ["--only", ",".join(arguments.only)] if arguments.only else []
    command += ["--before", arguments.before.name] if arguments.before else []
    command += ["--measures", ",".join(arguments.measures)] if arguments.measures != list(MEASURES) else []
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        models = [line.partition(":")[2].strip() for line in info if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    lines = ["**A smoke run (`--quick`): the figures are noise.**", ""] if arguments.quick else []
    lines += [
        f"- Command: `{shlex.join(command)}`, {seconds / 60:.0f} minutes",
        f"- Machine: {model}, {os.cpu_count()} cores, Linux {platform.release()}",
        "- Everywhere: TLS 1.3, TLS_AES_256_GCM_SHA384, X25519, ECDSA P-256 certificates on both sides, both "
        "verified; one worker on one core of its own, load generator and gateway on the others; loopback", ""]
    body = [[forwarder.name, forwarder.settings, forwarders.version(forwarder)] for forwarder in chosen]
    return lines + report.rows(["forwarder", "settings", "version"], body)


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("scripts/bench: told to stop"))
    begun = time.monotonic()
    sizes = QUICK if arguments.quick else FULL
    chosen = forwarders.choose(str(arguments.persona), arguments.only, arguments.before and str(arguments.before))
    results = measure_all(arguments, chosen, sizes)
    text = report.render(results, sizes, head(arguments, chosen, time.monotonic() - begun))
    arguments.output.write_text(text, encoding="utf-8")
    say(f"written: {arguments.output}")


if __name__ == "__main__":
    try:
        main()
    except BenchError as problem:
        sys.exit(f"scripts/bench: {problem}")
    except KeyboardInterrupt:
        sys.exit("scripts/bench: interrupted")
