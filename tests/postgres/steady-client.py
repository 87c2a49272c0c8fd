"""The real client, logging without a pause and without a second try until its standard input ends; then it reads all back.

Prints a line for each round, and at last one JSON object: what failed, and what was found otherwise than it was logged.
"""

import atexit
import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
import traceback

import mlflow
from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

MEGABYTE = 1024 * 1024
home = tempfile.mkdtemp()
atexit.register(shutil.rmtree, home, ignore_errors=True)
client = MlflowClient()
failures, runs = [], []
is_over = threading.Event()


def watch():
    sys.stdin.read()
    is_over.set()


def content(number):
    """Six megabytes in two parts, and different ones each time."""
    return bytes([number % 256]) * 1024 + hashlib.sha256(str(number).encode()).digest() * (6 * MEGABYTE // 32)


def one_round(number):
    large = os.path.join(home, "large.bin")
    with open(large, "wb") as file:
        file.write(content(number))
    run = client.create_run("0", run_name=f"round {number}")
    runs.append((number, run.info.run_id))
    for step in range(5):
        client.log_metric(run.info.run_id, "loss", step + number, step=step)
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("auc", step, 1, step)],
            params=[Param(f"p{step}", str(number))],
        )
        client.log_text(run.info.run_id, f"{number} {step}", f"notes/{step}.txt")
    client.log_artifact(run.info.run_id, large, "large")
    client.set_terminated(run.info.run_id)


def differences():
    for number, run_id in runs:
        run = client.get_run(run_id)
        if run.info.status != "FINISHED" or run.data.params != {f"p{step}": str(number) for step in range(5)}:
            yield [number, run.info.status, run.data.params]
        history = [point.value for point in client.get_metric_history(run_id, "loss")]
        if history != [step + number for step in range(5)]:
            yield [number, history]
        folder = client.download_artifacts(run_id, "", tempfile.mkdtemp(dir=home))
        with open(os.path.join(folder, "large", "large.bin"), "rb") as file:
            if file.read() != content(number):
                yield [number, "large.bin"]
        for step in range(5):
            with open(os.path.join(folder, "notes", f"{step}.txt")) as file:
                if file.read() != f"{number} {step}":
                    yield [number, step]


threading.Thread(target=watch, daemon=True).start()
number = 0
while not is_over.is_set():
    try:
        one_round(number)
    except Exception:
        failures.append(traceback.format_exc())
        runs.pop()
    number += 1
    print(f"ROUND {number}", flush=True)
print("SEEN " + json.dumps({"rounds": len(runs), "failures": failures, "differences": list(differences())}), flush=True)
