#!/bin/sh
# python-tool.sh PACKAGE VERSION HOME PROGRAM: makes a Python environment with a package outside the source tree, and prints its program. A second
# run finds what is there and does nothing.
set -eu

package=$1 version=$2 home=$3 program=$4

if [ ! -f "$home/stamp" ] || [ "$(cat "$home/stamp")" != "$version" ]; then
  rm -rf "$home"
  mkdir -p "$(dirname "$home")"
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check "$package==$version" >&2
  printf '%s' "$version" >"$home/stamp"
fi
printf '%s\n' "$home/bin/$program"
