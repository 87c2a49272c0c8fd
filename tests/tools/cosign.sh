#!/bin/sh
# Builds cosign, which signs images and verifies their signatures, outside the source tree, and prints its program. It takes Go and
# minutes. A second run finds what is there and does nothing. The tests of signatures find it by ESTEIRA_COSIGN, or as `cosign`.
set -eu

version=v2.4.3
home="${ESTEIRA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/tools}/cosign-$version"

if [ ! -x "$home/cosign" ]; then
  command -v go >/dev/null || { echo "cosign needs Go to be built: install it from https://go.dev/dl" >&2; exit 1; }
  mkdir -p "$home"
  (cd "$home" && GOBIN="$home" GOFLAGS= CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "github.com/sigstore/cosign/v2/cmd/cosign@$version") >&2
fi
printf '%s\n' "$home/cosign"
