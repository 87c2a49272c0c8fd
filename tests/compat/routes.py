"""Prints, as one line of JSON, every route of MLflow's own server: [method, path], path parameters as {name}."""

import json
import re

from mlflow.server import app as flask_app
from mlflow.server.fastapi_app import create_fastapi_app

found = set()
for rule in flask_app.url_map.iter_rules():
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
    found.update((method, path) for method in rule.methods - {"HEAD", "OPTIONS"})
for path, methods in create_fastapi_app(flask_app).openapi()["paths"].items():
    found.update((method.upper(), path) for method in methods)
print(json.dumps(sorted(found)))
