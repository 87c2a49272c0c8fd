#!/bin/sh
# Makes the Python environments that write the corpus of models, outside the source tree, and prints their interpreters,
# one a line: what MLflow 3 users have, then what MLflow 2 users had. A second run finds what is there and does nothing.
set -eu

home="${ESTEIRA_CORPUS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/corpus}"

make_environment() { # name, packages...
  place="$home/$1"; shift
  if [ ! -f "$place/stamp" ] || [ "$(cat "$place/stamp")" != "$*" ]; then
    rm -rf "$place"
    mkdir -p "$home"
    python3 -m venv "$place"
    "$place/bin/pip" install --quiet --disable-pip-version-check "$@" >&2
    printf '%s' "$*" >"$place/stamp"
  fi
  printf '%s\n' "$place/bin/python"
}

make_environment new mlflow==3.17.2 xgboost-cpu==3.2.0 lightgbm==4.6.0 scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6 scipy==1.17.1
make_environment old mlflow==2.22.1 xgboost-cpu==2.1.4 lightgbm==3.3.5 scikit-learn==1.5.2 pandas==2.2.3 numpy==1.26.4 setuptools==65.5.0
