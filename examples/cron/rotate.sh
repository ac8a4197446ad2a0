#!/bin/sh
# For a crontab: 23 5 * * *  /opt/rotator/rotate.sh /opt/rotator/program prod >> /var/log/rotator.log 2>&1
# cron's own mail, or whatever reads its exit status, tells when it fails. Credentials, the backend and its passphrase come from the
# environment: a file that the crontab sources, readable by its user alone. Pulumi's own lock keeps two runs apart.
set -eu
program=$1
stack=$2
date -u +%FT%TZ
pulumi -C "$program" preview --non-interactive --stack "$stack"
pulumi -C "$program" up --non-interactive --stack "$stack" --yes --skip-preview
# The program exports a rotationReport as `readme`. What is due and has not come fails the run, and is shown.
report=$(pulumi -C "$program" stack output readme --stack "$stack")
if echo "$report" | grep "due since"; then exit 1; fi
