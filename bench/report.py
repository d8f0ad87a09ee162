"""Results as Markdown: one page of targets and of what is ahead and behind, then every figure."""

import statistics

from figures import tables
from results import OURS, tls_peer
from targets import outcome, targets

LEVEL = 0.03  # ratios this near to 1 are neither ahead nor behind: rounds differ by more
LEGEND = """\
Every figure is the median of the rounds (lowest-highest) and its ratio (×) to the best TLS peer's median. TLS
peers are {peers}; names with `-tcp` are relays without TLS.
[README.md](README.md) says how they are configured and measured."""


def render(results, sizes, head, missing=""):
    """`head`: lines about the command and the machine. `missing`: parts that are not measured yet, in words."""
    lines = ["# Benchmark results", "", *head, ""]
    lines += [f"**Not complete: {missing}.**", ""] if missing else []
    lines += ["## Targets", "", *_targets(results, sizes), "", "## Ahead and behind", "", *_overview(results, sizes), ""]
    lines += ["## Programs", "", *_programs(results), "", "## Figures", "", _legend(results), ""]
    for table in tables(sizes):
        lines += _table(results, table)
    return "\n".join(lines).rstrip() + "\n"


def rows(header, body):
    """A Markdown table."""
    return ["| " + " | ".join(cells) + " |" for cells in (header, ["---"] * len(header), *body)]


def _legend(results):
    peers = ", ".join(entrant.name for entrant in results.entrants if tls_peer(entrant))
    return LEGEND.format(peers=peers or "not in this run")


def _programs(results):
    return rows(["forwarder", "settings", "version"],
                [[entrant.name, entrant.settings, entrant.version] for entrant in results.entrants])


def _targets(results, sizes):
    body = []
    outcomes = [(target, outcome(results, target)) for target in targets(sizes)]
    for target, came in outcomes:
        def show(value, digits=target.digits):
            return "" if value is None else f"{value:.{digits}f}"
        reference = f"{show(came.reference)} ({came.whose})" if came.reference else ""
        verdict = f"**{came.verdict}**" if came.verdict == "missed" else came.verdict
        body.append([target.text, show(came.ours), reference, show(came.ratio, 2), f"{target.factor:g}", verdict])
    verdicts = [came.verdict for _, came in outcomes]
    counts = [f"{verdicts.count(word)} {word}" for word in ("met", "missed", "not measured", "not compared")
              if word in verdicts]
    return [f"{len(verdicts)} targets: {', '.join(counts)}. [PROFILE.md](PROFILE.md) says where the time goes.", "",
            *rows(["target", OURS, "best TLS peer", "ratio", "at most", "verdict"], body)]


def _overview(results, sizes):
    """Every figure that can be compared, in three columns."""
    body = []
    for table in tables(sizes):
        cells = {"ahead": [], "level": [], "behind": []}
        for figure in table.figures:
            ours = results.median(OURS, figure.key)
            best, name = results.best(figure.key, tls_peer, figure.higher_is_better)
            if not figure.compared or ours is None or not best or not ours:
                continue
            ratio = ours / best
            gain = 1 - ratio if not figure.higher_is_better else 1 - 1 / ratio
            column = "level" if abs(gain) <= LEVEL else "ahead" if gain > 0 else "behind"
            cells[column].append(f"{figure.title} ×{ratio:.2f} ({name})")
        if any(cells.values()):
            body.append([table.title, *("; ".join(cells[column]) for column in ("ahead", "level", "behind"))])
    if not body:
        return ["Nothing was measured beside a TLS peer."]
    return [f"{OURS}'s figures as multiples of the best TLS peer's; within {LEVEL:.0%} they count as level.", "",
            *rows(["", "ahead", "level", "behind"], body)]


def _table(results, table):
    body = []
    for entrant in results.entrants:
        name = entrant.name
        if any(results.measured(name, figure.key) for figure in table.figures):
            label = f"**{name}**" if name == OURS else name
            body.append([label, *(_cell(results, name, figure) for figure in table.figures)])
    reasons = [f"- Left out: {reason}" for reason in results.left_out.get(table.measure, ())]
    if not body and not reasons:
        return []
    lines = [f"### {table.title}", "", table.note, ""]
    if reasons:
        lines += [*reasons, ""]
    if body:
        lines += [*rows(["", *(figure.title for figure in table.figures)], body), ""]
    return lines


def _cell(results, name, figure):
    values = results.values(name, figure.key)
    if not values:
        return "never resumes" if results.measured(name, figure.key) else ""
    middle = statistics.median(values)
    median, low, high = (f"{value:.{figure.digits}f}" for value in (middle, min(values), max(values)))
    text = median if low == high else f"{median} ({low}-{high})"
    best, _ = results.best(figure.key, tls_peer, figure.higher_is_better)
    return f"{text} ×{middle / best:.2f}" if figure.compared and best else text
