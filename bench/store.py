"""Results in a folder: one file for each part (a measure in a round), so that a run can be stopped and gone on with."""

import dataclasses
import json

from process import BenchError

RUN = "run.json"


@dataclasses.dataclass(frozen=True)
class Entrant:
    """A forwarder as the report knows it."""
    name: str
    kind: str
    settings: str
    version: str
    digest: str  # of the program
    big_buffers: bool


class Store:
    """`run`: what all parts have in common, as JSON has it. A folder holds parts of one run only."""

    def __init__(self, folder):
        self._folder = folder
        self.run = None

    def begin(self, run):
        """Anew: parts of an earlier run are removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._parts():
            path.unlink()
        self.run = run
        self._write(self._folder / RUN, run)

    def go_on(self, run):
        """With the parts that are there, or anew if there is no run."""
        if not (self._folder / RUN).exists():
            self.begin(run)
            return
        self.load()
        other = sorted(key for key in {*run, *self.run} if run.get(key) != self.run.get(key))
        if other:
            raise BenchError(f"{self._folder} has results of another run ({', '.join(other)} differ): "
                             "go on with what it was begun with, or begin anew without --resume")

    def load(self):
        self.run = self._read(self._folder / RUN)

    def has(self, turn, measure):
        return self._path(turn, measure).exists()

    def put(self, turn, measure, seconds, entries):
        """`entries`: by forwarder, {"figures": ...} or {"left_out": why}."""
        self._write(self._path(turn, measure), {"seconds": seconds, "measure": measure, "entries": entries})

    def parts(self):
        return [self._read(path) for path in self._parts()]

    def _parts(self):
        return sorted(self._folder.glob("round*-*.json"))

    def _path(self, turn, measure):
        return self._folder / f"round{turn + 1:02}-{measure}.json"

    @staticmethod
    def _read(path):
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BenchError(f"{path} cannot be read: {error}") from error

    @staticmethod
    def _write(path, content):
        """Whole or not at all: whoever is stopped while writing leaves no half a part."""
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
        draft.replace(path)
