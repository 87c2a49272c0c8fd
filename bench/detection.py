"""Evidently and NannyML with their defaults on one stream of `detection`: what they tell of each day after the reference.

    detection.py evidently|nannyml STREAM REFERENCE_DAYS LAST_DAY

Prints a JSON list of [day, what was told], of days from REFERENCE_DAYS to before LAST_DAY.
"""

import json
import sys
import warnings

import pandas as pd

warnings.filterwarnings("ignore")
tool, path, reference_days, last_day = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
table = pd.read_parquet(path)
table["at"] = pd.to_datetime(table.day, unit="D")
reference = table[table.day < reference_days]
later = table[(table.day >= reference_days) & (table.day < last_day)]
features = [name for name in table.columns if name not in ("day", "at", "score", "alerted", "fraud")]


def evidently():
    from evidently import Dataset, DataDefinition, Report
    from evidently.presets import DataDriftPreset

    names = features + ["score", "alerted"]
    definition = DataDefinition(numerical_columns=features + ["score"], categorical_columns=["alerted"])
    before = Dataset.from_pandas(reference[names], definition)
    for day, rows in later.groupby("day"):
        found = Report([DataDriftPreset()], include_tests=True).run(Dataset.from_pandas(rows[names], definition), before)
        for test in found.dict()["tests"]:
            if test["status"] == "FAIL":
                yield int(day), test["name"]


def nannyml():
    import nannyml as nml

    columns = features + ["score", "alerted"]
    by_day = {"timestamp_column_name": "at", "chunk_period": "D"}
    one = nml.UnivariateDriftCalculator(
        column_names=columns, treat_as_categorical=["alerted"], **by_day
    )
    yield from alerts(one.fit(reference).calculate(later), "univariate")
    whole = nml.DataReconstructionDriftCalculator(column_names=features, **by_day)
    yield from alerts(whole.fit(reference).calculate(later), "reconstruction")
    estimate = nml.CBPE(
        y_pred_proba="score",
        y_pred="alerted",
        y_true="fraud",
        problem_type="classification_binary",
        metrics=["roc_auc", "recall", "precision"],
        **by_day,
    )
    yield from alerts(estimate.fit(reference).estimate(later), "cbpe")


def alerts(result, kind):
    frame = result.filter(period="analysis").to_df()
    starts = next(frame[column] for column in frame.columns if column[-1] == "start_date")
    days = (pd.to_datetime(starts) - pd.Timestamp(0)).dt.days
    for column in frame.columns:
        if column[-1] != "alert":
            continue
        for day, is_alert in zip(days, frame[column]):
            if is_alert:
                yield int(day), f"{kind} {' '.join(str(part) for part in column[:-1])}"


print(json.dumps(sorted(evidently() if tool == "evidently" else nannyml())))
