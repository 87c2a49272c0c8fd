/**
 * What a Python with pyspark runs to answer golden rows: a request as JSON on standard input, the answer as the last line of
 * standard output. The rows go in as one table with a number for each, by which the answers are put in order again; a table
 * that Spark refuses is asked again by halves, until the rows that it refuses stand alone.
 */
export const REAL_SPARK_SCRIPT = `
import json, sys
from pyspark.ml import PipelineModel
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql import SparkSession, types as t

request = json.load(sys.stdin)
spark = (
    SparkSession.builder.master("local[1]").appName("esteira-verify")
    .config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    .config("spark.sql.shuffle.partitions", "1").config("spark.sql.session.timeZone", "UTC")
    .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
kinds = {"double": t.DoubleType, "float": t.FloatType, "integer": t.IntegerType, "long": t.LongType,
         "boolean": t.BooleanType, "string": t.StringType}
NUMBER = "__esteira_row__"

def field(column):
    kind = column["type"]
    return t.StructField(column["name"], VectorUDT() if isinstance(kind, dict) else kinds[kind]())

def cell(value, column):
    kind = column["type"]
    if value is None:
        return None
    if isinstance(kind, dict):
        return Vectors.dense(value)
    if kind in ("double", "float"):
        return float(value)
    if kind in ("integer", "long"):
        return int(value)
    return bool(value) if kind == "boolean" else str(value)

def plain(value):
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return [float(x) for x in value.toArray()] if hasattr(value, "toArray") else [plain(x) for x in value]

columns = request["inputs"]
schema = t.StructType([t.StructField(NUMBER, t.IntegerType())] + [field(column) for column in columns])
rows = [[i] + [cell(v, c) for v, c in zip(row, columns)] for i, row in enumerate(request["rows"])]
body = {"spark": spark.version}

def reason(error):
    lines = [line.strip() for line in str(error).split("\\n") if line.strip()] or [type(error).__name__]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return (causes[-1][len("Caused by: "):] if causes else lines[0])[:300]

def table(low, high):
    part = frame.where((frame[NUMBER] >= low) & (frame[NUMBER] < high))
    return model.transform(part).select(NUMBER, *request["outputs"])

def ask(low, high):
    try:
        return {row[0]: [plain(value) for value in row[1:]] for row in table(low, high).collect()}
    except Exception as error:
        if high - low == 1:
            refused[low] = reason(error)
            return {}
    half = (low + high) // 2
    return {**ask(low, half), **ask(half, high)}

refused = {}
try:
    model = PipelineModel.load(request["model"])
    frame = spark.createDataFrame(rows, schema).coalesce(1)
    table(0, len(rows)) # What does not fit at all is no matter of rows.
    answers = ask(0, len(rows))
    body["answers"] = [answers.get(i) for i in range(len(rows))]
    body["refused"] = refused
except Exception as error:
    body["error"] = reason(error)
print()
print(json.dumps(body))
spark.stop()
`;
