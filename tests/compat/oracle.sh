#!/bin/sh
# Makes the Python environment that the compatibility suite drives, outside the source tree, and prints its interpreter.
# A second run finds what is there and does nothing.
set -eu

home="${ESTEIRA_ORACLE_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/oracle}"
stamp="mlflow==3.17.2 xgboost-cpu==3.2.0 scikit-learn pandas matplotlib pillow"

if [ ! -f "$home/stamp" ] || [ "$(cat "$home/stamp")" != "$stamp" ]; then
  rm -rf "$home"
  mkdir -p "$(dirname "$home")"
  python3 -m venv "$home"
  # shellcheck disable=SC2086 # the list is meant to be split
  "$home/bin/pip" install --quiet --disable-pip-version-check $stamp >&2
  printf '%s' "$stamp" >"$home/stamp"
fi
# The driver with which MLflow reaches PostgreSQL, for the suite that shares a database with it.
"$home/bin/python" -c "import psycopg2" 2>/dev/null ||
  "$home/bin/pip" install --quiet --disable-pip-version-check psycopg2-binary >&2 || true

# What MLflow itself needs for artifacts in S3; beside the rest, so that an environment made before gets it too.
extra="boto3==1.44.8"
if [ ! -f "$home/extra" ] || [ "$(cat "$home/extra")" != "$extra" ]; then
  "$home/bin/pip" install --quiet --disable-pip-version-check "$extra" >&2
  printf '%s' "$extra" >"$home/extra"
fi

# What MLflow's basic-auth app and its client need besides; beside the environment, so that it stays as it is.
auth="$home-auth"
if [ ! -f "$auth/stamp" ]; then
  "$home/bin/pip" install --quiet --disable-pip-version-check --no-deps --target "$auth" flask-wtf==1.3.0 wtforms==3.3.2 >&2
  printf 'flask-wtf' >"$auth/stamp"
fi

# MLflow's exporter of metrics, likewise.
prometheus="$home-prometheus"
if [ ! -f "$prometheus/stamp" ]; then
  "$home/bin/pip" install --quiet --disable-pip-version-check --no-deps --target "$prometheus" prometheus-flask-exporter==0.23.2 prometheus-client==0.26.0 >&2
  printf 'prometheus-flask-exporter' >"$prometheus/stamp"
fi
printf '%s\n' "$home/bin/python"
