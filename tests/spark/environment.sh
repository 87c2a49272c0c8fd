#!/bin/sh
# Makes the Python environment with Spark that the suite compares with, outside the source tree, and prints its interpreter.
# A second run finds what is there and does nothing.
#
#   environment.sh [4|3.5]
set -eu

version="${1:-4}"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/esteira"
case "$version" in
  4) home="${ESTEIRA_SPARK_HOME:-$cache/spark}" stamp="pyspark==4.1.1 mlflow==3.17.2 pandas pyarrow" ;;
  3.5) home="${ESTEIRA_SPARK35_HOME:-$cache/spark35}" stamp="pyspark==3.5.5 numpy pandas setuptools" ;;
  *) echo "unknown Spark $version: expected 4 or 3.5" >&2; exit 1 ;;
esac

java="${JAVA_HOME:+$JAVA_HOME/bin/}java"
"$java" -version >/dev/null 2>&1 || { echo "no Java: install a Java 17 runtime (openjdk-17-jre-headless), or set JAVA_HOME" >&2; exit 1; }

if [ ! -f "$home/stamp" ] || [ "$(cat "$home/stamp")" != "$stamp" ]; then
  rm -rf "$home"
  mkdir -p "$(dirname "$home")"
  python3 -m venv "$home"
  # shellcheck disable=SC2086 # the list is meant to be split
  "$home/bin/pip" install --quiet --disable-pip-version-check $stamp >&2
  printf '%s' "$stamp" >"$home/stamp"
fi
printf '%s\n' "$home/bin/python"
