"""What is measured. Each measure starts fresh processes of a forwarder and returns figures by name."""

import contextlib
import dataclasses
import pathlib
import resource
from typing import Callable

import forwarders
import scale
from load import Load
from process import BenchError

GB = 1e9
RESUMED_AT_LEAST = 0.95  # of the connections; below, a forwarder does not resume


class LeftOut(Exception):
    """A forwarder cannot do what a measure is about; its text says why."""


@dataclasses.dataclass(frozen=True)
class Sizes:
    bulk: int = 1536 * 10**6
    bulk_warm_up: int = 256 * 10**6
    bulk_connections: tuple = (1, 8)
    seconds: float = 2
    round_trip_connections: tuple = (1, 64)
    connects: int = 300
    connects_warm_up: int = 10
    paced_seconds: float = 2.5
    paced_megabits: tuple = (10, 100, 1000)
    paced_connections: tuple = (1, 50)
    idle: tuple = (1000, 5000, 9000)
    burst: int = 5000
    storm_seconds: float = 4
    storm_live: int = 4
    storm_openers: int = 16


FULL = Sizes()
QUICK = Sizes(bulk=200 * 10**6, bulk_warm_up=20 * 10**6, seconds=0.4, connects=40, connects_warm_up=3,
              paced_seconds=0.3, idle=(100, 300, 500), burst=200, storm_seconds=0.6)


@dataclasses.dataclass(frozen=True)
class Bench:
    """What every measure needs."""
    program: pathlib.Path  # bench_load
    folder: pathlib.Path
    gateways: object
    core: int  # of the forwarder
    load_cores: set
    sizes: Sizes

    def gateway_for(self, forwarder, kind="tickets"):
        return self.gateways["plain" if forwarder.kind == "relay" else kind]

    @contextlib.contextmanager
    def running(self, forwarder, gateway, hybrid=False):
        way = forwarders.Way(gateway.port, gateway.pki, hybrid)
        child = forwarders.start(forwarder, way, self.folder, {self.core})
        try:
            yield child
        finally:
            child.stop()
        gateway.wait_until_empty()


def _cpu_of(load, child):
    """The result of a prepared load, and what it cost the forwarder."""
    load.wait_ready()
    before = child.settled_cpu()
    result = load.go()
    return result, child.cpu() - before


def bulk(bench, forwarder):
    """One direction at a time."""
    gateway = bench.gateway_for(forwarder)
    sizes = bench.sizes
    figures = {}
    with bench.running(forwarder, gateway) as child:
        for connections in sizes.bulk_connections:
            for direction in ("up", "down"):
                with Load(bench, child, gateway, "bulk", direction=direction, connections=connections,
                          warm_up=sizes.bulk_warm_up, bytes=sizes.bulk) as load:
                    result, cpu = _cpu_of(load, child)
                prefix = f"{direction}{connections}"
                figures[f"{prefix}_cpu"] = cpu / (sizes.bulk / GB)
                figures[f"{prefix}_wall"] = sizes.bulk / GB / result["seconds"]
                figures[f"{prefix}_busy"] = 100 * cpu / result["seconds"]
    return figures


def round_trips(bench, forwarder):
    gateway = bench.gateway_for(forwarder)
    figures = {}
    with bench.running(forwarder, gateway) as child:
        for connections in bench.sizes.round_trip_connections:
            with Load(bench, child, gateway, "rtt", connections=connections,
                      seconds=bench.sizes.seconds) as load:
                result, cpu = _cpu_of(load, child)
            figures[f"rtt{connections}_cpu"] = cpu * 1e6 / result["round_trips"]
            figures[f"rtt{connections}_p50"] = result["p50_us"]
            figures[f"rtt{connections}_p99"] = result["p99_us"]
            figures[f"rtt{connections}_busy"] = 100 * cpu / result["seconds"]
    return figures


def paced(bench, forwarder):
    """A steady rate in small pieces, both ways."""
    gateway = bench.gateway_for(forwarder)
    figures = {}
    with bench.running(forwarder, gateway) as child:
        for connections in bench.sizes.paced_connections:
            for megabits in bench.sizes.paced_megabits:
                with Load(bench, child, gateway, "paced", connections=connections, megabits=megabits,
                          seconds=bench.sizes.paced_seconds) as load:
                    result, cpu = _cpu_of(load, child)
                prefix = f"paced{connections}at{megabits}"
                figures[f"{prefix}_cpu"] = 100 * cpu / result["seconds"]
                figures[f"{prefix}_p50"] = result["p50_us"]
                figures[f"{prefix}_p99"] = result["p99_us"]
                figures[f"{prefix}_reached"] = 100 * result["megabits"] / megabits
    return figures


@dataclasses.dataclass(frozen=True)
class _Opened:
    cpu: float  # CPU ms of each connection
    wall: float  # ms of each
    resumed: float  # share


def _open_one_by_one(bench, forwarder, gateway, count, hybrid=False):
    """A connection is opened, does one round trip and is closed; then the next one."""
    with bench.running(forwarder, gateway, hybrid) as child:
        with Load(bench, child, gateway, "connect", warm_up=bench.sizes.connects_warm_up, count=count) as load:
            load.wait_ready()
            gateway.wait_until_empty()
            resumed = gateway.stats()["resumed"]
            before = child.settled_cpu()
            result = load.go()
            gateway.wait_until_empty()
            cpu = child.settled_cpu() - before
            resumed = gateway.stats()["resumed"] - resumed
    return _Opened(cpu * 1e3 / count, result["seconds"] * 1e3 / count, resumed / count)


def connects(bench, forwarder):
    figures = {}
    for kind, gateway_kind in (("full", "no-tickets"), ("rsa", "rsa"), ("resumed", "tickets")):
        opened = _open_one_by_one(bench, forwarder, bench.gateway_for(forwarder, gateway_kind), bench.sizes.connects)
        if kind != "resumed" and opened.resumed:
            raise BenchError(f"{forwarder.name} resumed sessions that nobody offered")
        never = kind == "resumed" and opened.resumed < RESUMED_AT_LEAST
        figures[f"{kind}_cpu"] = None if never else opened.cpu
        figures[f"{kind}_wall"] = None if never else opened.wall
        figures["resumed_share"] = 100 * opened.resumed
    return figures


def hybrid(bench, forwarder):
    """Full handshakes that agree on X25519MLKEM768, beside the same with X25519 alone. The two take turns, there and
    back, so that whatever else drifts is in both."""
    if bench.gateways.no_hybrid:
        raise LeftOut(bench.gateways.no_hybrid)
    gateways = {offered: bench.gateways["hybrid" if offered else "classical"] for offered in (True, False)}
    _need_hybrid(bench, forwarder, gateways[True])
    half = max(bench.sizes.connects // 2, 1)
    opened = {True: [], False: []}
    for offered in (False, True, True, False):
        opened[offered].append(_open_one_by_one(bench, forwarder, gateways[offered], half, offered))

    def mean(offered, what):
        return sum(getattr(one, what) for one in opened[offered]) / len(opened[offered])

    return {"hybrid_cpu": mean(True, "cpu"), "classical_cpu": mean(False, "cpu"),
            "hybrid_times": mean(True, "cpu") / mean(False, "cpu"),
            "hybrid_wall": mean(True, "wall"), "classical_wall": mean(False, "wall")}


def _need_hybrid(bench, forwarder, gateway):
    """Ours say whether they know the group, and then have to agree on it; peers are tried."""
    if forwarder.kind != "tls":
        unknown = forwarders.persona_lacks_hybrid(forwarder.program, gateway.pki, bench.folder)
        if unknown:
            raise LeftOut(f"{forwarder.name}: {unknown}")
        return
    try:
        _open_one_by_one(bench, forwarder, gateway, 1, hybrid=True)
    except BenchError as refused:
        raise LeftOut(f"{forwarder.name} does not agree on X25519MLKEM768: "
                      f"{forwarders.version(forwarder)}") from refused


def idle(bench, forwarder):
    """Memory of connections that have echoed once and wait."""
    need = 2 * max(bench.sizes.idle) + 500
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if allowed != resource.RLIM_INFINITY and allowed < need:
        raise LeftOut(f"{need} descriptors are needed (ulimit -Hn), and {allowed} allowed")
    gateway = bench.gateway_for(forwarder)
    figures = {}
    with bench.running(forwarder, gateway) as child:
        child.settled_cpu()
        before = child.pss()
        with Load(bench, child, gateway, "idle") as load:
            for rank, connections in enumerate(bench.sizes.idle):
                load.hold(connections)
                child.settled_cpu()
                figures[f"idle{rank}_pss"] = (child.pss() - before) / connections / 1000
    return figures


def burst(bench, forwarder):
    """Thousands connect at once."""
    gateway = bench.gateway_for(forwarder, "no-tickets")
    count = bench.sizes.burst
    with bench.running(forwarder, gateway) as child:
        with Load(bench, child, gateway, "burst", connections=count) as load:
            result, cpu = _cpu_of(load, child)
    return {"burst_wall": result["seconds"], "burst_cpu": cpu * 1e3 / count}


def storm(bench, forwarder):
    gateway = bench.gateway_for(forwarder, "storm")
    with bench.running(forwarder, gateway) as child:
        with Load(bench, child, gateway, "storm", live=bench.sizes.storm_live,
                  openers=bench.sizes.storm_openers, seconds=bench.sizes.storm_seconds) as load:
            load.wait_ready()
            result = load.go()
    return {"storm_p50": result["p50_us"] / 1e3, "storm_p99": result["p99_us"] / 1e3,
            "calm_p99": result["calm_p99_us"] / 1e3, "storm_rate": result["opened"] / result["seconds"]}


def _everyone(_):
    return True


def _with_tls(forwarder):
    return forwarder.kind != "relay"


def _with_usual_buffers(forwarder):
    """Where larger buffers have nothing to hold, their row would be the same program once more."""
    return forwarder.kind != "relay" and not forwarder.big_buffers


@dataclasses.dataclass(frozen=True)
class Measure:
    run: Callable  # (Bench, Forwarder) -> figures
    concerns: Callable  # (Forwarder) -> whether it says anything about that one
    once: bool = False  # in the first round alone: it is the same every time


MEASURES = {
    "connect": Measure(connects, _with_tls),
    "hybrid": Measure(hybrid, _with_usual_buffers),
    "rtt": Measure(round_trips, _everyone),
    "bulk": Measure(bulk, _everyone),
    "paced": Measure(paced, _with_usual_buffers),
    "storm": Measure(storm, _with_tls),
    "beside": Measure(scale.beside, _everyone),
    "loops": Measure(scale.loops, scale.has_workers),
    "burst": Measure(burst, _with_usual_buffers),
    "idle": Measure(idle, _everyone, once=True),
}
