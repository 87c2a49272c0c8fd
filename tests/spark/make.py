"""Fits pipelines with Spark, saves them, and writes beside each what Spark answers for the golden rows.

    python make.py FOLDER [--only NAME,NAME] [--mlflow]

One folder a case: model/ (PipelineModel), case.json. A case gives the input columns and their types, the rows, the columns
asked for, and for each row the answer, or null when Spark left the row out; or `error`, when Spark refused.
"""

import argparse
import json
import os
import shutil
import sys
import time

from pyspark.sql import SparkSession

import cases
import golden

TYPES = {"double": "double", "int": "integer", "bigint": "long", "string": "string", "boolean": "boolean"}


def plain(value):
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "toArray"):
        return [float(x) for x in value.toArray()]
    return [plain(x) for x in value]


def start(app="golden"):
    session = (
        SparkSession.builder.master("local[2]")
        .appName(app)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.default.parallelism", "1")
        .config("spark.driver.memory", "2g")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    return session


def answers(model, frame, rows, outputs):
    """One list of values a row in the order of `rows`, null where Spark left the row out."""
    try:
        found = model.transform(frame).select("id", *outputs).collect()
    except Exception as error:
        return {"error": str(error).split("\n")[0][:200]}
    by_id = {row["id"]: [plain(row[name]) for name in outputs] for row in found}
    return {"answers": [by_id.get(row[0]) for row in rows]}


def write_case(folder, case, model, frame, rows, spark_version):
    os.makedirs(folder)
    model.write().overwrite().save(os.path.join(folder, "model"))
    columns = golden.SCHEMA.fields
    body = {
        "name": case["name"],
        "spark": spark_version,
        "inputs": [{"name": f.name, "type": TYPES[f.dataType.simpleString()]} for f in columns],
        "rows": [list(row) for row in rows],
        "outputs": case["outputs"],
        **answers(model, frame, rows, case["outputs"]),
    }
    with open(os.path.join(folder, "case.json"), "w") as file:
        json.dump(body, file)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--only", default="")
    parser.add_argument("--mlflow", action="store_true")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    shutil.rmtree(options.folder, ignore_errors=True)
    os.makedirs(options.folder)
    spark = start()
    frame = spark.createDataFrame(golden.training(), golden.TRAINING_SCHEMA).coalesce(1).cache()
    rows = {name: getattr(golden, name)() for name in ("whole", "odd")}
    frames = {name: spark.createDataFrame(made, golden.SCHEMA).coalesce(1).cache() for name, made in rows.items()}
    context = cases.Context(spark, frame)
    failed = 0
    for case in cases.all_cases():
        if only and case["name"] not in only:
            continue
        began = time.time()
        try:
            model = case["fit"](context)
            asked = case.get("rows", "odd")
            write_case(os.path.join(options.folder, case["name"]), case, model, frames[asked], rows[asked], spark.version)
            print(f"{case['name']}: {time.time() - began:.1f} s", file=sys.stderr)
        except Exception as error:
            failed += 1
            print(f"{case['name']}: FAILED {str(error)[:600]}", file=sys.stderr)
    if options.mlflow:
        import flavor

        flavor.make(os.path.join(options.folder, "mlflow"), context, rows["odd"])
    spark.stop()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
