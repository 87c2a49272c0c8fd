#!/bin/sh
# Helm, which installs charts on Kubernetes. Needs Go, and some minutes of two cores.
name=helm version=v3.21.4 package=helm.sh/helm/v3/cmd/helm
. "$(dirname "$0")/go-program.sh"
