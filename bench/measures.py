"""What is measured. Each measure starts a fresh process of a forwarder and returns figures by name."""

import contextlib
import dataclasses
import pathlib

import forwarders
from load import Load
from process import BenchError

GB = 1e9
RESUMED_AT_LEAST = 0.95  # of the connections; below, a forwarder does not resume


@dataclasses.dataclass(frozen=True)
class Sizes:
    bulk: int = 3 * 10**9
    bulk_warm_up: int = 256 * 10**6
    seconds: float = 3
    connects: int = 500
    connects_warm_up: int = 10
    idle: tuple = (1000, 5000)
    storm_seconds: float = 5
    storm_live: int = 4
    storm_openers: int = 16


FULL = Sizes()
QUICK = Sizes(bulk=300 * 10**6, bulk_warm_up=50 * 10**6, seconds=0.5, connects=50, connects_warm_up=3,
              idle=(100, 500), storm_seconds=1)


@dataclasses.dataclass(frozen=True)
class Bench:
    """What every measure needs."""
    program: pathlib.Path  # bench_load
    folder: pathlib.Path
    pki: object
    gateways: dict  # plain | tickets | no-tickets | storm
    core: int  # of the forwarder
    load_cores: set
    sizes: Sizes

    def gateway_for(self, forwarder, kind="tickets"):
        return self.gateways["plain" if forwarder.kind == "relay" else kind]

    @contextlib.contextmanager
    def running(self, forwarder, gateway):
        child = forwarders.start(forwarder, gateway.port, self.pki, self.folder, self.core)
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
    """One connection, one direction at a time."""
    gateway = bench.gateway_for(forwarder)
    figures = {}
    with bench.running(forwarder, gateway) as child:
        for direction in ("up", "down"):
            with Load(bench, child, gateway, "bulk", direction=direction, warm_up=bench.sizes.bulk_warm_up,
                      bytes=bench.sizes.bulk) as load:
                result, cpu = _cpu_of(load, child)
            figures[f"{direction}_cpu"] = cpu / (bench.sizes.bulk / GB)
            figures[f"{direction}_wall"] = bench.sizes.bulk / GB / result["seconds"]
            figures[f"{direction}_busy"] = 100 * cpu / result["seconds"]
    return figures


def round_trips(bench, forwarder):
    gateway = bench.gateway_for(forwarder)
    figures = {}
    with bench.running(forwarder, gateway) as child:
        for connections in (1, 64):
            with Load(bench, child, gateway, "rtt", connections=connections,
                      seconds=bench.sizes.seconds) as load:
                result, cpu = _cpu_of(load, child)
            figures[f"rtt{connections}_cpu"] = cpu * 1e6 / result["round_trips"]
            figures[f"rtt{connections}_p50"] = result["p50_us"]
            figures[f"rtt{connections}_p99"] = result["p99_us"]
            figures[f"rtt{connections}_busy"] = 100 * cpu / result["seconds"]
    return figures


def connects(bench, forwarder):
    """A connection is opened, does one round trip and is closed; then the next one."""
    figures = {}
    count = bench.sizes.connects
    for kind, gateway_kind in (("full", "no-tickets"), ("resumed", "tickets")):
        gateway = bench.gateway_for(forwarder, gateway_kind)
        with bench.running(forwarder, gateway) as child:
            with Load(bench, child, gateway, "connect", warm_up=bench.sizes.connects_warm_up,
                      count=count) as load:
                load.wait_ready()
                gateway.wait_until_empty()
                resumed = gateway.stats()["resumed"]
                before = child.settled_cpu()
                result = load.go()
                gateway.wait_until_empty()
                cpu = child.settled_cpu() - before
                resumed = (gateway.stats()["resumed"] - resumed) / count
        if kind == "full" and resumed:
            raise BenchError(f"{forwarder.name} resumed sessions that nobody offered")
        figures["resumed_share"] = 100 * resumed
        never = kind == "resumed" and resumed < RESUMED_AT_LEAST
        figures[f"{kind}_cpu"] = None if never else cpu * 1e3 / count
        figures[f"{kind}_wall"] = None if never else result["seconds"] * 1e3 / count
    return figures


def idle(bench, forwarder):
    """Memory of connections that have echoed once and wait."""
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


def storm(bench, forwarder):
    gateway = bench.gateway_for(forwarder, "storm")
    with bench.running(forwarder, gateway) as child:
        with Load(bench, child, gateway, "storm", live=bench.sizes.storm_live,
                  openers=bench.sizes.storm_openers, seconds=bench.sizes.storm_seconds) as load:
            load.wait_ready()
            result = load.go()
    return {"storm_p50": result["p50_us"] / 1e3, "storm_p99": result["p99_us"] / 1e3,
            "calm_p99": result["calm_p99_us"] / 1e3, "storm_rate": result["opened"] / result["seconds"]}


@dataclasses.dataclass(frozen=True)
class Measure:
    run: object
    relays: bool  # whether it says anything about relays without TLS


MEASURES = {
    "bulk": Measure(bulk, True),
    "rtt": Measure(round_trips, True),
    "connect": Measure(connects, False),
    "idle": Measure(idle, True),
    "storm": Measure(storm, False),
}
