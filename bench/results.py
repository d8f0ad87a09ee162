"""What was measured: values of each round, their medians, and the best of a kind."""

import statistics

OURS = "persona"


class Results:
    def __init__(self, entrants, parts):
        self.entrants = entrants
        self.left_out = {}  # measure -> reasons, each once
        self._values = {entrant.name: {} for entrant in entrants}
        for part in parts:
            for name, entry in part["entries"].items():
                if "left_out" in entry:
                    self.left_out.setdefault(part["measure"], {})[entry["left_out"]] = None
                for key, value in entry.get("figures", {}).items():
                    self._values[name].setdefault(key, []).append(value)

    def measured(self, name, key):
        return key in self._values.get(name, {})

    def values(self, name, key):
        """Without the rounds in which there was nothing to measure."""
        return [value for value in self._values.get(name, {}).get(key, []) if value is not None]

    def median(self, name, key):
        values = self.values(name, key)
        return statistics.median(values) if values else None

    def best(self, key, among, higher_is_better=False):
        """The median and the name of the best of those that `among` chooses, or two Nones."""
        medians = [(self.median(entrant.name, key), entrant.name) for entrant in self.entrants if among(entrant)]
        medians = [entry for entry in medians if entry[0] is not None]
        return (max if higher_is_better else min)(medians, default=(None, None))


def tls_peer(entrant):
    return entrant.kind == "tls"


def with_default_buffers(entrant):
    return tls_peer(entrant) and not entrant.big_buffers


def with_big_buffers(entrant):
    return tls_peer(entrant) and entrant.big_buffers
