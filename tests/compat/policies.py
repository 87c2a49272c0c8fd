"""The real client before a protected alias: refused with the reason, then allowed."""

import json
import sys
import urllib.request

import mlflow
from mlflow.exceptions import MlflowException

url, signed = sys.argv[1], json.loads(sys.argv[2])
client = mlflow.MlflowClient(tracking_uri=url, registry_uri=url)


def attempt(call):
    try:
        call()
        return ["done"]
    except MlflowException as error:
        return [error.error_code, str(error)]


seen = {
    "alias": attempt(lambda: client.set_registered_model_alias("fraud", "champion", "2")),
    "stage": attempt(
        lambda: client.transition_model_version_stage("fraud", "2", "Production", archive_existing_versions=True)
    ),
    "delete alias": attempt(lambda: client.delete_registered_model_alias("fraud", "champion")),
    "delete version": attempt(lambda: client.delete_model_version("fraud", "1")),
    "delete model": attempt(lambda: client.delete_registered_model("fraud")),
    "rename": attempt(lambda: client.rename_registered_model("fraud", "other")),
    "tag": attempt(lambda: client.set_model_version_tag("fraud", "1", "esteira.model.sha256", "x")),
    "still": [client.get_model_version_by_alias("fraud", "champion").version],
}
request = urllib.request.Request(
    f"{url}/api/esteira/v1/policies/evidence",
    json.dumps({"signed": signed}).encode(),
    {"content-type": "application/json"},
)
urllib.request.urlopen(request).read()
seen["alias then"] = attempt(lambda: client.set_registered_model_alias("fraud", "champion", "2"))
seen["stage then"] = attempt(
    lambda: client.transition_model_version_stage("fraud", "2", "Production", archive_existing_versions=True)
)
seen["at last"] = [client.get_model_version_by_alias("fraud", "champion").version]
print(json.dumps(seen))
