"""What a data scientist writes: read with pandas, score with XGBoost, write with pandas. Prints seconds and peak memory."""

import resource
import sys
import time

start = time.perf_counter()
import pandas as pd
import xgboost

source, model_path, target = sys.argv[1:4]
rows = pd.read_parquet(source)
booster = xgboost.Booster(model_file=model_path)
rows["prediction"] = booster.predict(xgboost.DMatrix(rows[booster.feature_names]))
rows[["id", "prediction"]].to_parquet(target, index=False)
print(f"{time.perf_counter() - start} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}")
