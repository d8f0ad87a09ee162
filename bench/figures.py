"""The tables of the report and the targets that its figures are held against."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Figure:
    key: str
    title: str
    digits: int = 2
    higher_is_better: bool = False
    compared: bool = True  # whether a ratio says anything


@dataclasses.dataclass(frozen=True)
class Table:
    title: str
    note: str
    figures: tuple


def _bulk(title, direction, sizes):
    note = (f"{sizes.bulk / 1e9:g} GB (10⁹ bytes) on one connection after a warm-up of "
            f"{sizes.bulk_warm_up / 1e6:g} MB. Busy is how much of its core the forwarder used: well below "
            "100, the load generator and the gateway set the wall throughput.")
    return Table(title, note, (
        Figure(f"{direction}_cpu", "CPU s/GB", 3),
        Figure(f"{direction}_wall", "wall GB/s", 2, higher_is_better=True),
        Figure(f"{direction}_busy", "busy %", 0, compared=False)))


def _round_trips(connections, sizes):
    title = f"Round trips, {connections} connection{'s' if connections > 1 else ''}"
    note = f"64 bytes there and back for {sizes.seconds:g} s, on every connection one at any time."
    return Table(title, note, (
        Figure(f"rtt{connections}_cpu", "CPU µs per round trip"),
        Figure(f"rtt{connections}_p50", "p50 µs", 1),
        Figure(f"rtt{connections}_p99", "p99 µs", 1),
        Figure(f"rtt{connections}_busy", "busy %", 0, compared=False)))


def _connects(sizes):
    note = (f"{sizes.connects} connections, one after the other: open, one round trip, close. For full "
            "handshakes the gateway offers no tickets; for resumed ones it does, and counts those that come "
            "back.")
    return Table("New connections", note, (
        Figure("full_cpu", "full: CPU ms"),
        Figure("full_wall", "full: wall ms"),
        Figure("resumed_cpu", "resumed: CPU ms"),
        Figure("resumed_wall", "resumed: wall ms"),
        Figure("resumed_share", "resumed %", 0, compared=False)))


def _idle(sizes):
    note = ("Growth of the proportional set size, divided by the connections; each has echoed 64 bytes. "
            "1 kB is 1000 bytes.")
    return Table("Idle connections", note, tuple(
        Figure(f"idle{rank}_pss", f"kB each at {count:,}", 1) for rank, count in enumerate(sizes.idle)))


def _storm(sizes):
    note = (f"{sizes.storm_live} established connections do a 64-byte round trip every 4 ms, while "
            f"{sizes.storm_openers} openers open, echo once and close with full handshakes, as fast as they "
            f"are served, for {sizes.storm_seconds:g} s.")
    return Table("Live round trips in a storm of new connections", note, (
        Figure("storm_p99", "p99 ms"),
        Figure("storm_p50", "p50 ms"),
        Figure("calm_p99", "p99 ms before the storm"),
        Figure("storm_rate", "handshakes/s", 0, higher_is_better=True)))


def tables(sizes):
    return (_bulk("Upload", "up", sizes), _bulk("Download", "down", sizes), _round_trips(1, sizes),
            _round_trips(64, sizes), _connects(sizes), _idle(sizes), _storm(sizes))


@dataclasses.dataclass(frozen=True)
class Target:
    text: str
    figure: str
    digits: int
    peer_factor: float = None  # at most this × the best TLS peer
    strictly: bool = False  # below it, not at most
    below_relays: bool = False  # no more than the best plain relay
    absolute: float = None  # at most this
    single_threaded: bool = False  # compared with single-threaded peers only


def targets(sizes):
    found = [
        Target("CPU s/GB, upload: at most 0.45 × the best TLS peer, and no more than the best plain relay",
               "up_cpu", 3, 0.45, below_relays=True),
        Target("CPU s/GB, download: at most 0.50 × the best TLS peer, and no more than the best plain relay",
               "down_cpu", 3, 0.50, below_relays=True),
        Target(f"PSS per idle connection, kB ({sizes.idle[1]:,}): at most 5 kB, and at most 0.15 × the best "
               "TLS peer", "idle1_pss", 1, 0.15, absolute=5.0),
    ]
    for count, connections in ((1, "1 connection"), (64, "64 connections")):
        found += [
            Target(f"CPU µs per 64-byte round trip, {connections}: below every TLS peer",
                   f"rtt{count}_cpu", 2, 1.0, strictly=True),
            Target(f"round trip p50 µs, {connections}: no worse than 1.05 × the best TLS peer",
                   f"rtt{count}_p50", 1, 1.05),
            Target(f"round trip p99 µs, {connections}: no worse than 1.05 × the best TLS peer",
                   f"rtt{count}_p99", 1, 1.05),
        ]
    return found + [
        Target("live p99 ms during a storm of full handshakes: at most 0.5 × the best single-threaded TLS "
               "peer", "storm_p99", 2, 0.5, single_threaded=True),
        Target("CPU ms per resumed connection: at most 1.5 × the best TLS peer", "resumed_cpu", 2, 1.5),
        Target("CPU ms per full handshake, ECDSA P-256: as low as mbedTLS allows", "full_cpu", 2),
    ]
