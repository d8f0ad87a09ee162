"""The targets that persona's figures are held against, and what became of them."""

import dataclasses
from typing import Callable

from figures import connections_in_words
from results import OURS, tls_peer, with_big_buffers, with_default_buffers


@dataclasses.dataclass(frozen=True)
class Target:
    """persona's figure is at most `factor` times that of the best of `among`, or its own figure `own`."""
    text: str
    figure: str
    digits: int
    factor: float
    among: Callable = tls_peer
    own: str = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    ours: float  # or None, as the rest: was not measured, or there was nothing to measure
    reference: float
    whose: str
    ratio: float
    verdict: str  # met | missed | not measured | not compared


def targets(sizes):
    found = [
        Target("CPU ms per full handshake, P-256", "full_cpu", 2, 0.6),
        Target("CPU ms per full handshake, RSA-2048", "rsa_cpu", 2, 0.8),
        Target("CPU ms per resumed connection", "resumed_cpu", 2, 0.8),
    ]
    for connections in sizes.round_trip_connections:
        for key, words in (("cpu", "CPU µs per round trip"), ("p50", "round trip p50 µs"), ("p99", "round trip p99 µs")):
            found.append(Target(f"{words}, {connections_in_words(connections)}", f"rtt{connections}_{key}", 1, 0.9))
    for direction in ("up", "down"):
        for connections in sizes.bulk_connections:
            for buffers, among, factor in (("default buffers", with_default_buffers, 0.5),
                                           ("256 KiB buffers", with_big_buffers, 0.6)):
                found.append(Target(f"CPU s/GB {direction}, {connections_in_words(connections)}, beside {buffers}",
                                    f"{direction}{connections}_cpu", 3, factor, among))
    return found + [
        Target("CPU ms per hybrid handshake, beside its classical one", "hybrid_cpu", 2, 1.1, own="classical_cpu"),
        Target("live p99 ms in a storm of handshakes", "storm_p99", 2, 0.3),
    ]



def outcome(results, target):
    ours = results.median(OURS, target.figure)
    if target.own:
        reference, whose = results.median(OURS, target.own), "its own"
    else:
        reference, whose = results.best(target.figure, target.among)
    if not results.measured(OURS, target.figure):
        return Outcome(None, reference, whose, None, "not measured")
    if ours is None:  # for example: it never resumes
        return Outcome(None, reference, whose, None, "missed")
    if not reference:
        return Outcome(ours, None, None, None, "not compared")
    return Outcome(ours, reference, whose, ours / reference, "met" if ours <= target.factor * reference else "missed")
