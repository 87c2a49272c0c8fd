#!/bin/sh
# Makes a Python environment with schemathesis outside the source tree, and prints its program. A second run finds what is
# there and does nothing.
set -eu

version=4.32.0
home="${ESTEIRA_FUZZ_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/fuzz}"

if [ ! -f "$home/stamp" ] || [ "$(cat "$home/stamp")" != "$version" ]; then
  rm -rf "$home"
  mkdir -p "$(dirname "$home")"
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" >&2
  printf '%s' "$version" >"$home/stamp"
fi
printf '%s\n' "$home/bin/st"
