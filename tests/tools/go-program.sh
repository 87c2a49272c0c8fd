# For scripts that build a program of Go outside the source tree and print where it is: they set name, version and package, and pass their
# arguments on. A second run finds what is there and does nothing. With --check nothing is built, and it fails when it is missing.
set -eu

home="${ESTEIRA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/esteira/tools}/$name-$version"

if [ ! -x "$home/$name" ]; then
  if [ "${1:-}" = "--check" ]; then echo "not built: $home/$name (run tests/tools/$name.sh)" >&2; exit 1; fi
  command -v go >/dev/null || { echo "$name needs Go to be built: install it from https://go.dev/dl" >&2; exit 1; }
  mkdir -p "$home"
  (cd "$home" && GOBIN="$home" GOFLAGS= CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "$package@$version") >&2
fi
printf '%s\n' "$home/$name"
