"""Whether MLmodel files written again are what MLflow wrote. Run as: python compare_mlmodel.py FILE WRITTEN ...

Takes pairs of files. MLflow must load the second of a pair, and both must hold the same, to the type of each number.
"""

import json
import sys

import yaml
from mlflow.models import Model


def exact(value):
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return f"{type(value).__name__} {value!r}"


def main(files):
    verdicts = []
    for theirs, ours in zip(files[::2], files[1::2]):
        with open(theirs) as first, open(ours) as second:
            equal = exact(yaml.safe_load(first)) == exact(yaml.safe_load(second))
        loaded = Model.load(ours).to_dict() == Model.load(theirs).to_dict()
        verdicts.append([equal, loaded])
    print(json.dumps(verdicts))


main(sys.argv[1:])
