#!/bin/sh
# versitygw, a server that speaks S3 and checks signatures. Needs Go.
name=versitygw version=v1.8.0 package=github.com/versity/versitygw/cmd/versitygw
. "$(dirname "$0")/go-program.sh"
