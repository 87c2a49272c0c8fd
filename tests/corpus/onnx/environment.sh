#!/bin/sh
# Makes what ONNX models need, outside the source tree, and prints two lines: a Python with MLflow, ONNX and scikit-learn's converter, and
# the folder in which onnxruntime-node is installed. A second run finds what is there and does nothing.
set -eu

home="${ESTEIRA_ONNX_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/onnx-corpus}"
python="$home/python"
runtime="$home/runtime"
packages="mlflow==3.17.2 onnx==1.23.2 onnxruntime==1.32.0 skl2onnx==1.20.0 scikit-learn==1.9.1 pandas==3.1.1 numpy==2.4.6"
version=1.30.0

mkdir -p "$home"
if [ ! -f "$python/stamp" ] || [ "$(cat "$python/stamp")" != "$packages" ]; then
  rm -rf "$python"
  python3 -m venv "$python"
  # shellcheck disable=SC2086 -- one word a package.
  "$python/bin/pip" install --quiet --disable-pip-version-check $packages >&2
  printf '%s' "$packages" >"$python/stamp"
fi
if [ ! -f "$runtime/stamp" ] || [ "$(cat "$runtime/stamp")" != "$version" ]; then
  rm -rf "$runtime"
  mkdir -p "$runtime"
  printf '{"private": true}\n' >"$runtime/package.json"
  (cd "$runtime" && npm install --ignore-scripts --no-audit --no-fund --silent "onnxruntime-node@$version" >&2)
  printf '%s' "$version" >"$runtime/stamp"
fi
printf '%s\n' "$python/bin/python" "$runtime"
