#!/bin/sh
# Builds versitygw, a server that speaks S3 and checks signatures, outside the source tree, and prints its program.
# A second run finds what is there and does nothing. Needs Go.
set -eu

version=v1.8.0
home="${ESTEIRA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/tools}/versitygw-$version"

if [ ! -x "$home/versitygw" ]; then
  command -v go >/dev/null || { echo "versitygw needs Go to be built: install it from https://go.dev/dl" >&2; exit 1; }
  mkdir -p "$home"
  (cd "$home" && GOBIN="$home" GOFLAGS= CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "github.com/versity/versitygw/cmd/versitygw@$version") >&2
fi
printf '%s\n' "$home/versitygw"
