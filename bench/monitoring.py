"""What `monitoring` is measured beside: evidently's drift report, and SciPy's figures of the same rows.

    monitoring.py evidently REFERENCE DAY ROWS    evidently's own default tests on so many rows
    monitoring.py scipy REFERENCE DAY             PSI and Kolmogorov-Smirnov of each column of numbers
"""

import json
import resource
import sys
import time

import numpy as np
import pyarrow
import pyarrow.parquet as parquet

mode, reference_path, day_path = sys.argv[1:4]


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def first_rows(path, rows):
    """No more of the file is read than is asked for."""
    batches = []
    for batch in parquet.ParquetFile(path).iter_batches(batch_size=131_072):
        batches.append(batch.slice(0, rows))
        rows -= len(batches[-1])
        if rows == 0:
            break
    return pyarrow.Table.from_batches(batches).to_pandas()


def evidently(rows):
    from evidently import Dataset, DataDefinition, Report
    from evidently.presets import DataDriftPreset

    began = time.perf_counter()
    reference = parquet.read_table(reference_path).to_pandas()
    day = first_rows(day_path, rows)
    names = [name for name in day.columns if name != "event_at"]
    codes = [name for name in names if name.startswith("f.code") or name == "alerted"]
    definition = DataDefinition(
        numerical_columns=[name for name in names if name not in codes], categorical_columns=codes
    )
    report = Report([DataDriftPreset()])
    found = report.run(
        Dataset.from_pandas(day[names], definition), Dataset.from_pandas(reference[names], definition)
    )
    drifted = found.dict()["metrics"][0]["value"]["count"]
    print(json.dumps({"rows": len(day), "seconds": time.perf_counter() - began, "peakMiB": peak_mib(), "drifted": drifted}))


def psi(reference, day):
    edges = np.unique(np.quantile(reference, np.arange(1, 10) / 10))
    shares = [
        np.maximum(np.bincount(np.searchsorted(edges, sample, side="right"), minlength=len(edges) + 1) / len(sample), 1e-4)
        for sample in (reference, day)
    ]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def scipy():
    from scipy.stats import ks_2samp

    figures = {}
    for name in parquet.read_schema(day_path).names:
        if name in ("event_at", "alerted") or name.startswith("f.code"):
            continue
        reference, day = (
            values[~np.isnan(values)]
            for values in (
                parquet.read_table(path, columns=[name]).column(0).to_numpy() for path in (reference_path, day_path)
            )
        )
        figures[name] = [psi(reference, day), float(ks_2samp(reference, day, method="asymp").statistic)]
    print(json.dumps(figures))


evidently(int(sys.argv[4])) if mode == "evidently" else scipy()
