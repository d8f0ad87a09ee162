"""Measures of what a forwarder does with several loops, and with several connections on one: scripts/bench has the others.

They take a Bench and a forwarder, as those of measures.py do."""

import dataclasses
import os
import re

from load import Load
from process import BenchError

GB = 1e9
LOOPS = (1, 2)
BULK_CONNECTIONS = 8
ROUND_TRIP_CONNECTIONS = 64

# What says in each configuration how many workers there are.
_WORKERS = (re.compile(r"(nbthread )1$", re.MULTILINE), re.compile(r"(worker_processes )1(?=;)"),
            re.compile(r'("threads": )1(?=[,\n])'))


def beside(bench, forwarder):
    """Round trips of one connection while another one moves bulk data through the same loop."""
    gateway = bench.gateway_for(forwarder)
    figures = {}
    with bench.running(forwarder, gateway) as child:
        for direction in ("up", "down"):
            with Load(bench, child, gateway, "beside", direction=direction, seconds=2 * bench.sizes.seconds) as load:
                load.wait_ready()
                result = load.go()
            for name in ("p50", "p99", "p999"):
                figures[f"beside_{direction}_{name}"] = result[f"{name}_us"]
            figures[f"beside_{direction}_wall"] = result["bytes"] / GB / result["seconds"]
    return figures


def has_workers(forwarder):
    """Others have a thread for each connection, or as many as they like."""
    return (forwarder.kind != "relay" and not forwarder.big_buffers
            and forwarder.name.startswith(("persona", "haproxy", "nginx")))


def _with_workers(forwarder, count):
    def configure(program, ends):
        command = forwarder.configure(program, ends)
        path = next(part for part in reversed(command) if os.path.isfile(part) and str(part) != str(program))
        with open(path, encoding="utf-8") as file:
            text = file.read()
        changed = 0
        for pattern in _WORKERS:
            text, found = pattern.subn(rf"\g<1>{count}", text)
            changed += found
        if changed != 1:
            raise BenchError(f"{forwarder.name}: its configuration does not say how many workers it has")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return command
    return dataclasses.replace(forwarder, configure=configure)


def _spread(child, cores):
    """The forwarder's threads may use `cores`: they were started on one."""
    for pid in child.pids():
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), cores)


def loops(bench, forwarder):
    """With as many cores as loops. Where load and gateway have to share these, ratios of one row say something, and
    the step from one loop to two does not."""
    gateway = bench.gateway_for(forwarder)
    cores = sorted({bench.core, *bench.load_cores}, key=lambda core: core != bench.core)
    figures = {}
    for count in LOOPS:
        if count > len(cores):
            break
        with bench.running(_with_workers(forwarder, count), gateway) as child:
            _spread(child, set(cores[:count]))
            figures.update(_on_loops(bench, child, gateway, count))
    return figures


def _on_loops(bench, child, gateway, count):
    figures = {}

    def measured(what, **options):
        with Load(bench, child, gateway, what, **options) as load:
            load.wait_ready()
            before = child.settled_cpu()
            result = load.go()
            return result, child.settled_cpu() - before

    result, cpu = measured("rtt", connections=ROUND_TRIP_CONNECTIONS, seconds=bench.sizes.seconds)
    figures[f"loops{count}_rtt_cpu"] = cpu * 1e6 / result["round_trips"]
    figures[f"loops{count}_rtt_rate"] = result["round_trips"] / result["seconds"]
    figures[f"loops{count}_rtt_p99"] = result["p99_us"]
    result, cpu = measured("connect", warm_up=bench.sizes.connects_warm_up, count=bench.sizes.connects)
    figures[f"loops{count}_connect_cpu"] = cpu * 1e3 / bench.sizes.connects
    result, cpu = measured("bulk", direction="up", connections=BULK_CONNECTIONS, warm_up=bench.sizes.bulk_warm_up,
                           bytes=bench.sizes.bulk)
    figures[f"loops{count}_up_cpu"] = cpu / (bench.sizes.bulk / GB)
    figures[f"loops{count}_up_wall"] = bench.sizes.bulk / GB / result["seconds"]
    return figures
