"""What the scripts of this folder share: rows that are hard to score, and files with what the original engine answers."""

import json
import pathlib

import numpy as np


def plain(values):
    """Lists of Python's own numbers, nested as they are."""
    if hasattr(values, "tolist"):
        return values.tolist()
    if isinstance(values, (list, tuple)):
        return [plain(value) for value in values]
    return values


def write(folder, columns, rows, **answers):
    """golden.json of a case: rows (NaN is a missing value) and named lists of answers."""
    golden = {"columns": list(columns), "rows": plain(rows), **{name: plain(value) for name, value in answers.items()}}
    pathlib.Path(folder, "golden.json").write_text(json.dumps(golden) + "\n")


def hard_rows(x, thresholds, extremes):
    """Rows as in training, at and beside thresholds, with single values missing or extreme, all missing, and zeros.

    `thresholds` are pairs of feature and value, `extremes` values that any feature may meet.
    """
    x = np.asarray(x, dtype=np.float64)
    width = x.shape[1]
    rows = [x[i] for i in range(min(40, len(x)))]
    for i, (feature, value) in enumerate(thresholds[:60]):
        for beside in (value, np.nextafter(value, np.inf), np.nextafter(value, -np.inf)):
            row = x[i % len(x)].copy()
            row[feature] = beside
            rows.append(row)
    for feature in range(width):
        for value in (np.nan, *extremes):
            row = x[feature].copy()
            row[feature] = value
            rows.append(row)
    rows += [np.full(width, np.nan), np.zeros(width), -np.zeros(width)]
    return np.array(rows)
