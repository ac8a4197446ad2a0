#!/bin/sh
# For a crontab, whose line stands in README.md beside this script. cron mails what a line prints, so that one prints the log of a
# run that failed. Credentials, the backend and its passphrase come from the environment: a file that the line sources, readable by
# its user alone. Pulumi's own lock keeps two runs apart.
set -eu
program=$1
stack=$2
date -u +%FT%TZ
pulumi -C "$program" preview --non-interactive --stack "$stack"
ended=0
pulumi -C "$program" up --non-interactive --stack "$stack" --yes --skip-preview || ended=$?
# The report of today, whatever the run has published. What is blocked or overdue fails this script.
exported=$(pulumi -C "$program" stack export --stack "$stack")
cd "$program"
printf '%s\n' "$exported" | npx --no pulumi-aws-iam-rotator report --check || ended=1
exit "$ended"
