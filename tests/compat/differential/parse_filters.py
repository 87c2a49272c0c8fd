"""Reads filters, one JSON text a line, and tells for each how MLflow's own parser reads it as a filter of runs."""

import json
import sys

from mlflow.exceptions import MlflowException
from mlflow.utils.search_utils import SearchUtils


def read(text):
    try:
        comparisons = SearchUtils.parse_search_filter(text)
        for one in comparisons:
            key, operator = SearchUtils.translate_key_alias(one["key"]), one["comparator"].upper()
            one.update(key=key, comparator=operator)
            for check in (SearchUtils.is_metric, SearchUtils.is_param, SearchUtils.is_tag, SearchUtils.is_dataset):
                check(one["type"], operator)
            SearchUtils.is_attribute(one["type"], key, operator)
            if one["type"] == "metric":
                one["value"] = float(one["value"])
        return {"comparisons": comparisons}
    except MlflowException as error:
        return {"error": error.message}
    except Exception as error:
        return {"crash": repr(error)}


for line in sys.stdin:
    print(json.dumps(read(json.loads(line))), flush=True)
