"""Results as Markdown: medians, ratios, and what became of the targets."""

import statistics

from figures import tables, targets

OURS = "persona"
INTRODUCTION = """\
Every figure is the median of the rounds (lowest-highest) and its ratio (×) to the best TLS peer's median. TLS
peers are stunnel, HAProxy and nginx, also with 256 KiB buffers; names with `-tcp` are relays without TLS.
[README.md](README.md) says how they are configured and measured."""


class Results:
    """Values by forwarder and figure, one per round."""

    def __init__(self, forwarders):
        self.forwarders = forwarders
        self._values = {forwarder.name: {} for forwarder in forwarders}

    def add(self, forwarder, figures):
        for key, value in figures.items():
            self._values[forwarder.name].setdefault(key, []).append(value)

    def measured(self, name, key):
        return key in self._values.get(name, {})

    def values(self, name, key):
        """Without the rounds in which there was nothing to measure."""
        return [value for value in self._values.get(name, {}).get(key, []) if value is not None]

    def median(self, name, key):
        values = self.values(name, key)
        return statistics.median(values) if values else None

    def best(self, key, kind, higher_is_better=False, single_threaded=False):
        """The median and the name of the best forwarder of a kind, or two Nones."""
        medians = [(self.median(forwarder.name, key), forwarder.name) for forwarder in self.forwarders
                   if forwarder.kind == kind and (forwarder.single_threaded or not single_threaded)]
        medians = [entry for entry in medians if entry[0] is not None]
        return (max if higher_is_better else min)(medians, default=(None, None))


def render(results, sizes, head):
    """`head`: lines about the command, the machine and the programs."""
    lines = ["# Benchmark results", "", *head, "", INTRODUCTION, "", "## Targets", ""]
    lines += _targets(results, sizes) or [f"{OURS} was not measured."]
    lines += ["", "## Figures", ""]
    for table in tables(sizes):
        lines += _table(results, table)
    return "\n".join(lines)


def rows(header, body):
    """A Markdown table."""
    return ["| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *body)]


def _table(results, table):
    body = []
    for forwarder in results.forwarders:
        name = forwarder.name
        if any(results.measured(name, figure.key) for figure in table.figures):
            label = f"**{name}**" if name == OURS else name
            body.append([label, *(_cell(results, name, figure) for figure in table.figures)])
    if not body:
        return []
    header = ["", *(figure.title for figure in table.figures)]
    return [f"### {table.title}", "", table.note, "", *rows(header, body), ""]


def _cell(results, name, figure):
    values = results.values(name, figure.key)
    if not values:
        return "never resumes" if results.measured(name, figure.key) else ""
    middle = statistics.median(values)
    median, low, high = (f"{value:.{figure.digits}f}" for value in (middle, min(values), max(values)))
    text = median if low == high else f"{median} ({low}-{high})"
    best, _ = results.best(figure.key, "tls", figure.higher_is_better)
    return f"{text} ×{middle / best:.2f}" if figure.compared and best else text


def _targets(results, sizes):
    header = ["target", OURS, "best TLS peer", "ratio", "best plain relay", "verdict"]
    body = [_target(results, target) for target in targets(sizes) if results.measured(OURS, target.figure)]
    return rows(header, body) if body else []


def _target(results, target):
    reached = results.median(OURS, target.figure)
    peer, peer_name = results.best(target.figure, "tls", single_threaded=target.single_threaded)
    relay, relay_name = results.best(target.figure, "relay") if target.below_relays else (None, None)

    def show(value, name):
        return "" if value is None else f"{value:.{target.digits}f} ({name})"

    ours = "never resumes" if reached is None else f"{reached:.{target.digits}f}"
    ratio = f"{reached / peer:.3f}" if reached is not None and peer else ""
    verdict = _verdict(target, reached, peer, relay)
    return [target.text, ours, show(peer, peer_name), ratio, show(relay, relay_name), verdict]


def _verdict(target, reached, peer, relay):
    if reached is None:
        return "**missed**"
    conditions = []  # None: nobody to compare with
    if target.peer_factor is not None:
        limit = None if peer is None else target.peer_factor * peer
        conditions.append(None if limit is None else reached < limit if target.strictly else reached <= limit)
    if target.below_relays:
        conditions.append(None if relay is None else reached <= relay)
    if target.absolute is not None:
        conditions.append(reached <= target.absolute)
    if not conditions:
        return "no bound"
    if False in conditions:
        return "**missed**"
    return "not compared" if None in conditions else "met"
