"""Collects what a flow sees and prints it once, with everything that differs from run to run replaced."""

import atexit
import json
import re
import sys

_SEEN = []
_IDS = {}
_HEX = re.compile(r"(m-)?[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RANDOM_NAME = re.compile(r"\b[a-z]+-[a-z]+-\d{1,3}\b")
_SET = re.compile(r"\{('[^']*'(?:, '[^']*')*)\}")
_POSITION = re.compile(r" \(position \d+\).*| Expected ASC or DESC.*", re.S)
_CLAUSES = re.compile(r"(Invalid clause\(s\) in filter string|Invalid comparator '[^']+' not one of).*", re.S)
_HOST = re.compile(r"http://127\.0\.0\.1:\d+|host='127\.0\.0\.1', port=\d+")
_SQL = re.compile(r" Error: \(.*", re.S)


def _text(value):
    value = _HEX.sub(lambda m: _IDS.setdefault(m.group(0), f"<id{len(_IDS)}>"), value)
    value = _HOST.sub("<server>", value)
    value = _RANDOM_NAME.sub("<name>", value)
    # MLflow prints Python sets, whose order changes from process to process.
    return _SET.sub(lambda m: "{" + ", ".join(sorted(m.group(1).split(", "))) + "}", value)


def clean(value):
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return "<time>" if value > 1_500_000_000_000 else value
    if isinstance(value, float):
        return repr(value) if value != value or value in (float("inf"), float("-inf")) else value
    if isinstance(value, dict):
        return {_text(str(key)): clean(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [clean(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(clean(item) for item in value)
    if hasattr(value, "tolist"):
        return clean(value.tolist())
    return clean(str(value))


def record(name, value):
    _SEEN.append([clean(name), clean(value)])


def _wording(message):
    """Without what only one of the servers tells: where in a filter the fault is, and every clause of it."""
    return _POSITION.sub("", _CLAUSES.sub(r"\1", _SQL.sub("", message)))


def record_error(name, call):
    """Records the code and the message with which a call fails, or that it did not."""
    from mlflow.exceptions import MlflowException

    try:
        call()
    except MlflowException as error:
        record(name, [error.error_code, _wording(str(error))])
    else:
        record(name, "no error")


def record_code(name, call):
    """Records the code alone: for faults which the two servers word differently on purpose."""
    from mlflow.exceptions import MlflowException

    try:
        call()
    except MlflowException as error:
        record(name, error.error_code)
    else:
        record(name, "no error")


@atexit.register
def _print():
    sys.stdout.write("OBSERVED " + json.dumps(_SEEN) + "\n")
