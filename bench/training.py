"""The peer of bench/training.ts: trains by Python's xgboost, one answer in JSON for each line of standard input."""

import hashlib
import json
import os
import sys
import time

import numpy as np
import xgboost as xgb

folder, settings = sys.argv[1], json.loads(sys.argv[2])
names = settings["names"]


def table(name):
    values = np.fromfile(os.path.join(folder, f"{name}.values"), "<f4").reshape(-1, len(names))
    return values, np.fromfile(os.path.join(folder, f"{name}.labels"), "u1")


(x, y), (v, w) = table("train"), table("validation")
types = ["float"] * len(names)
threads = settings["params"]["nthread"]


def train(rounds):
    start, busy = time.perf_counter(), time.process_time()
    matrix = xgb.QuantileDMatrix(x, y, feature_names=names, feature_types=types, nthread=threads, max_bin=256)
    valid = xgb.QuantileDMatrix(v, w, feature_names=names, feature_types=types, nthread=threads, ref=matrix)
    booster = xgb.train(settings["params"], matrix, rounds, evals=[(valid, "validation")], verbose_eval=False)
    model = bytes(booster.save_raw("ubj"))
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - busy
    scores = booster.inplace_predict(v).astype("<f4").tobytes()
    return {
        "seconds": seconds,
        "cpuSeconds": cpu_seconds,
        "model": hashlib.sha256(model).hexdigest(),
        "scores": hashlib.sha256(scores).hexdigest(),
    }


print(json.dumps({"version": xgb.__version__, "library": xgb.build_info()["libxgboost"]}), flush=True)
for line in sys.stdin:
    print(json.dumps(train(int(line))), flush=True)
