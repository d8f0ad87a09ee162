"""The tables of the report."""

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
    measure: str
    title: str
    note: str
    figures: tuple


def connections_in_words(count):
    return f"{count} connection{'s' if count > 1 else ''}"


def _bulk(direction, connections, sizes):
    title = f"{'Upload' if direction == 'up' else 'Download'}, {connections_in_words(connections)}"
    note = (f"{sizes.bulk / 1e9:g} GB (10⁹ bytes) after a warm-up of {sizes.bulk_warm_up / 1e6:g} MB. Busy is how "
            "much of its core the forwarder used: well below 100, the load generator and the gateway set the wall "
            "throughput.")
    prefix = f"{direction}{connections}"
    return Table("bulk", title, note, (
        Figure(f"{prefix}_cpu", "CPU s/GB", 3),
        Figure(f"{prefix}_wall", "wall GB/s", 2, higher_is_better=True),
        Figure(f"{prefix}_busy", "busy %", 0, compared=False)))


def _round_trips(connections, sizes):
    note = f"64 bytes there and back for {sizes.seconds:g} s, on every connection one at any time."
    return Table("rtt", f"Round trips, {connections_in_words(connections)}", note, (
        Figure(f"rtt{connections}_cpu", "CPU µs per round trip"),
        Figure(f"rtt{connections}_p50", "p50 µs", 1),
        Figure(f"rtt{connections}_p99", "p99 µs", 1),
        Figure(f"rtt{connections}_busy", "busy %", 0, compared=False)))


def _paced(connections, megabits, sizes):
    note = (f"{megabits} Mbit/s in each direction for {sizes.paced_seconds:g} s: 8 KiB are sent at fixed times, to the "
            "connections in turn, and come back; latency counts from the time at which they were due. Reached is the "
            "rate that came back: below 100, the forwarder (or the load generator) could not keep up.")
    prefix = f"paced{connections}at{megabits}"
    return Table("paced", f"{megabits} Mbit/s, {connections_in_words(connections)}", note, (
        Figure(f"{prefix}_cpu", "CPU %", 2),
        Figure(f"{prefix}_p50", "p50 µs", 1),
        Figure(f"{prefix}_p99", "p99 µs", 1),
        Figure(f"{prefix}_reached", "reached %", 0, compared=False)))


def _connects(sizes):
    note = (f"{sizes.connects} connections, one after the other: open, one round trip, close. For full "
            "handshakes the gateway offers no tickets; for resumed ones it does, and counts those that come "
            "back. RSA: the certificates of both ends and of their authority.")
    return Table("connect", "New connections", note, (
        Figure("full_cpu", "P-256: CPU ms"),
        Figure("full_wall", "P-256: wall ms"),
        Figure("rsa_cpu", "RSA-2048: CPU ms"),
        Figure("rsa_wall", "RSA-2048: wall ms"),
        Figure("resumed_cpu", "resumed: CPU ms"),
        Figure("resumed_wall", "resumed: wall ms"),
        Figure("resumed_share", "resumed %", 0, compared=False)))


def _hybrid(sizes):
    note = (f"{sizes.connects} full handshakes (P-256 certificates) with a gateway that agrees on X25519MLKEM768 alone, "
            "X25519 being offered beside it, and as many with one that agrees on X25519 alone, which alone is offered "
            "then; they take turns.")
    return Table("hybrid", "Hybrid handshakes", note, (
        Figure("hybrid_cpu", "hybrid: CPU ms"),
        Figure("classical_cpu", "classical: CPU ms"),
        Figure("hybrid_times", "hybrid ÷ classical", 3, compared=False),
        Figure("hybrid_wall", "hybrid: wall ms"),
        Figure("classical_wall", "classical: wall ms")))


def _idle(sizes):
    note = ("Growth of the proportional set size, divided by the connections; each has echoed 64 bytes. "
            "1 kB is 1000 bytes. Measured once.")
    return Table("idle", "Idle connections", note, tuple(
        Figure(f"idle{rank}_pss", f"kB each at {count:,}", 1) for rank, count in enumerate(sizes.idle)))


def _burst(sizes):
    note = (f"{sizes.burst:,} connections are opened without waiting for any, with full handshakes (P-256); the time is "
            "that until each has echoed 64 bytes.")
    return Table("burst", f"{sizes.burst:,} connections at once", note, (
        Figure("burst_wall", "seconds"),
        Figure("burst_cpu", "CPU ms of each")))


def _storm(sizes):
    note = (f"{sizes.storm_live} established connections do a 64-byte round trip every 4 ms, while "
            f"{sizes.storm_openers} openers open, echo once and close with full handshakes (P-256), as fast as they "
            f"are served, for {sizes.storm_seconds:g} s.")
    return Table("storm", "Live round trips in a storm of new connections", note, (
        Figure("storm_p99", "p99 ms"),
        Figure("storm_p50", "p50 ms"),
        Figure("calm_p99", "p99 ms before the storm"),
        Figure("storm_rate", "handshakes/s", 0, higher_is_better=True)))


def _beside(direction, sizes):
    way = "an upload" if direction == "up" else "a download"
    note = (f"64 bytes there and back, one after the other with pauses of 0.5 to 1 ms, for {2 * sizes.seconds:g} s, while "
            f"{way} on another connection moves as much as it can, on the same worker. The gateway serves both with "
            "one thread, which delays all alike.")
    return Table("beside", f"Round trips beside {way}", note, (
        Figure(f"beside_{direction}_p50", "p50 µs", 0),
        Figure(f"beside_{direction}_p99", "p99 µs", 0),
        Figure(f"beside_{direction}_p999", "p99.9 µs", 0),
        Figure(f"beside_{direction}_wall", "moved GB/s", 2, higher_is_better=True)))


def _loops(count, sizes):
    note = ("As many cores as workers. Load generator and gateway are on the "
            "other cores, and share these where the machine has no more. "
            f"64 connections do round trips for {sizes.seconds:g} s; {sizes.connects} open one after the other; 8 upload "
            f"{sizes.bulk / 1e9:g} GB together.")
    return Table("loops", f"{count} worker{'s' if count > 1 else ''}", note, (
        Figure(f"loops{count}_rtt_cpu", "CPU µs per round trip"),
        Figure(f"loops{count}_rtt_rate", "round trips/s", 0, higher_is_better=True),
        Figure(f"loops{count}_rtt_p99", "p99 µs", 0),
        Figure(f"loops{count}_connect_cpu", "CPU ms per new connection"),
        Figure(f"loops{count}_up_cpu", "upload CPU s/GB", 3),
        Figure(f"loops{count}_up_wall", "upload GB/s", 2, higher_is_better=True)))


def tables(sizes):
    return (
        _connects(sizes), _hybrid(sizes),
        *(_round_trips(connections, sizes) for connections in sizes.round_trip_connections),
        *(_bulk(direction, connections, sizes)
          for connections in sizes.bulk_connections for direction in ("up", "down")),
        *(_paced(connections, megabits, sizes)
          for connections in sizes.paced_connections for megabits in sizes.paced_megabits),
        _storm(sizes), _beside("up", sizes), _beside("down", sizes),
        *(_loops(count, sizes) for count in (1, 2)), _burst(sizes), _idle(sizes))
