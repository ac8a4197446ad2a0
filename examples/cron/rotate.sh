#!/bin/sh
# For a crontab, whose line stands in README.md beside this script. cron mails what a line prints, so that one prints the log of a
# run that failed. Credentials, the backend and its passphrase come from the environment: a file that the line sources, readable by
# its user alone. Pulumi's own lock keeps two runs apart.
set -eu
program=$1
stack=$2
date -u +%FT%TZ
pulumi -C "$program" preview --non-interactive --stack "$stack"
pulumi -C "$program" up --non-interactive --stack "$stack" --yes --skip-preview
# The program exports a rotationReport as `readme`. What is due and has not come fails the run, and is shown.
report=$(pulumi -C "$program" stack output readme --stack "$stack")
if echo "$report" | grep "due since"; then exit 1; fi
