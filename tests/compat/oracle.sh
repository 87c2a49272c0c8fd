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
printf '%s\n' "$home/bin/python"
