"""The peer of bench/scoring.ts: the same model and rows in Python's xgboost, one JSON object on standard output."""

import json
import os
import sys
import time

import numpy as np
import xgboost as xgb

folder, features = sys.argv[1], int(sys.argv[2])
rows = np.fromfile(os.path.join(folder, "rows.f32"), "<f4").reshape(-1, features)
booster = xgb.Booster(model_file=os.path.join(folder, "model.json"))
booster.set_param({"nthread": 1})
matrix = xgb.DMatrix(rows, feature_names=booster.feature_names)
booster.predict(matrix, output_margin=True).tofile(os.path.join(folder, "margins.f32"))
few = rows[:50]
booster.predict(xgb.DMatrix(few, feature_names=booster.feature_names), pred_contribs=True).tofile(
    os.path.join(folder, "contributions.f32")
)


def timed(work, times):
    took = []
    for i in range(times):
        start = time.perf_counter()
        work(i)
        took.append((time.perf_counter() - start) * 1000)
    took = sorted(took[times // 10 :])
    return {"p50": took[len(took) // 2], "p99": took[int(len(took) * 0.99)]}


def row(i):
    return rows[i % len(rows)][None, :]


plain = {"validate_features": False}
print(
    json.dumps(
        {
            "one": timed(lambda i: booster.inplace_predict(row(i), **plain), 5000),
            "thousand": timed(lambda i: booster.inplace_predict(rows[:1000], **plain), 60),
            "explain": timed(
                lambda i: booster.predict(
                    xgb.DMatrix(row(i), feature_names=booster.feature_names), pred_contribs=True, **plain
                ),
                300,
            ),
        }
    )
)
