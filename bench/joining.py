"""Rows a second through MLflow's pyfunc when a call takes 1, 8 and 32 rows: JSON of microseconds a row on standard output."""

import json
import sys
import time

import mlflow.pyfunc
import pandas as pd

folder, source, sizes = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
model = mlflow.pyfunc.load_model(folder)
with open(source) as file:
    request = json.load(file)
rows = pd.DataFrame(request["data"], columns=request["columns"]).astype("float64")

found = {}
for size in sizes:
    took = []
    for turn in range(60):
        start = time.process_time()
        model.predict(rows.iloc[turn % 8 : turn % 8 + size])
        took.append(time.process_time() - start)
    took = sorted(took[10:])
    found[str(size)] = took[len(took) // 2] * 1e6 / size
print(json.dumps(found))
