"""The rows that the pipelines are fitted on, and the golden rows that they are asked about: ordinary ones, then missing
values, categories never seen, extremes and values that are no numbers."""

import math
import random

from pyspark.sql.types import DoubleType, IntegerType, LongType, StringType, StructField, StructType, BooleanType

SCHEMA = StructType(
    [
        StructField("id", IntegerType()),
        StructField("amount", DoubleType()),
        StructField("age", DoubleType()),
        StructField("hour", IntegerType()),
        StructField("count", LongType()),
        StructField("kind", StringType()),
        StructField("channel", StringType()),
        StructField("night", BooleanType()),
    ]
)
INPUTS = [field.name for field in SCHEMA.fields if field.name != "id"]
NAN, INF = math.nan, math.inf


def ordinary(count, seed, first=0):
    rng = random.Random(seed)
    rows = []
    for i in range(count):
        rows.append(
            (
                first + i,
                round(rng.lognormvariate(4, 1.3), 2),
                float(rng.randint(18, 80)),
                rng.randint(0, 23),
                int(rng.expovariate(0.2)),
                rng.choices(["pix", "ted", "doc", "boleto"], [8, 4, 2, 1])[0],
                rng.choices(["app", "web", "atm"], [6, 3, 1])[0],
                rng.random() < 0.3,
            )
        )
    return rows


def labels(row):
    """A binary label, one of three classes and a number above 0, all of the row and its id alone."""
    rng = random.Random(row[0] * 7919 + 13)
    score = math.log(row[1] + 1) / 3 + (0.9 if row[5] == "pix" else 0) + (row[3] < 6) * 0.8 - row[2] / 90 + rng.gauss(0, 0.6)
    binary = 1.0 if score > 1.6 else 0.0
    classes = 2.0 if score > 2.1 else 1.0 if score > 1.2 else 0.0
    return binary, classes, math.exp(score / 2) + 0.05


def training(count=400):
    """Rows for fitting, some of them with a gap."""
    rng = random.Random(5)
    rows = []
    for row in ordinary(count, 1):
        made = list(row) + list(labels(row))
        if rng.random() < 0.08:
            made[2] = None
        if rng.random() < 0.05:
            made[1] = NAN
        rows.append(tuple(made))
    return rows


TRAINING_SCHEMA = StructType(
    SCHEMA.fields + [StructField("binary", DoubleType()), StructField("classes", DoubleType()), StructField("value", DoubleType())]
)


def whole():
    """Golden rows without a gap or an odd value, for stages that refuse those."""
    extremes = [
        (1000, 0.0, 18.0, 0, 0, "pix", "app", False),
        (1001, -0.0, 80.0, 23, 2**31, "boleto", "atm", True),
        (1002, 1e-300, 18.5, 12, 1, "ted", "web", True),
        (1003, 1e6, 200.0, -5, -3, "doc", "app", False),
        (1004, -250.5, -1.0, 99, 7, "pix", "atm", True),
        (1005, 54.598150033144236, 50.0, 12, 5, "ted", "app", False),
    ]
    return ordinary(40, 2, 500) + extremes


def odd():
    """The whole rows, then rows with gaps, unseen categories and values beyond all others."""
    return whole() + [
        (2000, None, 40.0, 1, 1, "pix", "app", True),
        (2001, NAN, 40.0, 1, 1, "pix", "app", True),
        (2002, 10.0, None, 1, 1, "pix", "app", True),
        (2003, 10.0, NAN, 1, 1, "pix", "app", False),
        (2004, INF, 40.0, 1, 1, "pix", "app", False),
        (2005, -INF, 40.0, 1, 1, "pix", "app", False),
        (2006, 1.7976931348623157e308, 1e300, 2147483647, 2**53, "pix", "app", True),
        (2007, 5e-324, 40.0, -2147483648, -(2**53), "pix", "app", True),
        (2008, 10.0, 40.0, None, 1, "pix", "app", True),
        (2009, 10.0, 40.0, 1, None, "pix", "app", True),
        (2010, 10.0, 40.0, 1, 1, None, "app", True),
        (2011, 10.0, 40.0, 1, 1, "pix", None, True),
        (2012, 10.0, 40.0, 1, 1, "never seen", "app", True),
        (2013, 10.0, 40.0, 1, 1, "", "web", True),
        (2014, 10.0, 40.0, 1, 1, "PIX", "ção", True),
        (2015, 10.0, 40.0, 1, 1, "pix", "app", None),
        (2016, None, None, None, None, None, None, None),
    ]
