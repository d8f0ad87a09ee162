"""docs/log.schema.json: every line that a persona of any test writes has to fit it."""

import functools
import json
import pathlib

import jsonschema

from .runner import check

SCHEMA = pathlib.Path(__file__).resolve().parents[3] / "docs" / "log.schema.json"
_seen = set()


@functools.cache
def validator():
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def check_lines(lines):
    """One line of each shape: thousands of the same would take longer than the tests."""
    for line in lines:
        shape = (line.get("level"), line.get("message") if "id" in line else None, line.get("reason"), tuple(sorted(line)))
        if shape not in _seen:
            error = next(iter(validator().iter_errors(line)), None)
            check(error is None, f"a log line does not fit {SCHEMA.name}", error and error.message, line)
            _seen.add(shape)
