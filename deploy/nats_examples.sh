#!/bin/sh
# What one can ask of the system by the nats CLI (github.com/nats-io/natscli): each line as one would type
# it, run from the top to the end. `nats req --help` must list --force-stdin; older ones lack it.
#   NATS_URL=nats://127.0.0.1:4222 deploy/nats_examples.sh [PDF]
# NATS_CREDS, NATS_USER and NATS_PASSWORD are for the CLI too. Answers go to a folder that it names.
set -eu
export NATS_URL="${NATS_URL:-nats://127.0.0.1:4222}"
samples=$(CDPATH='' cd -- "$(dirname -- "$0")/../samples" 2>/dev/null && pwd) || samples=.
PDF=${1:-$samples/report.pdf}
OUT=$(mktemp -d)
JOB=example-$$
heading() { printf '\n# %s\n' "$*"; }
# Returns once a job has ended.
ended() { until nats req ocr.jobs.get "$1" --raw | grep -q '"ended_at": *"'; do sleep 1; done; }

heading "Progress and endings of all jobs, as they come"
nats sub 'ocr.events.>' >"$OUT/events.txt" &
events=$!
nats sub 'ocr.done.>' --raw >"$OUT/endings.jsonl" &
endings=$!
trap 'kill $events $endings 2>/dev/null' EXIT

heading "Hand in a document, and get an answer. --no-templates: a document may hold {{ by chance"
nats req ocr.jobs.submit --force-stdin --no-templates --raw -H "Ocr-Job-Id:$JOB" -H Ocr-Filename:report.pdf -H Ocr-Pages:1-2 <"$PDF"

heading "The same without the service, straight into the stream, with the broker's confirmation (up to 8 MB)"
nats pub ocr.submit --jetstream --force-stdin --no-templates -H "Ocr-Job-Id:$JOB-b" -H Ocr-Formats:tsv <"$PDF"

heading "Any size, by the bucket UPLOADS"
nats object put UPLOADS "$PDF" --name "$JOB.pdf" -H "Ocr-Job-Id:$JOB-c" --no-progress --force

heading "How are they?"
nats req ocr.jobs.get "$JOB" --raw
nats req ocr.jobs.list '{"limit": 3}' --raw
ended "$JOB"
ended "$JOB-b"
ended "$JOB-c"

heading "How did it end? The summary is kept for 30 days"
nats stream get SUMMARY --last-for "ocr.summary.$JOB"

heading "Its outputs lie in the bucket OUTPUTS; the summary names them, as does who makes a format"
nats req ocr.outputs.make "{\"job_id\": \"$JOB\", \"format\": \"alto\"}" --raw | tee "$OUT/alto.json"
NAME=$(sed 's/.*"object": *"\([^"]*\)".*/\1/' "$OUT/alto.json")
nats object get OUTPUTS "$NAME" --output "$OUT/report.alto.xml" --no-progress --force
nats object ls OUTPUTS

heading "End a job early, and remove one that has ended"
nats req ocr.jobs.cancel "$JOB-b" --raw # says so if it has ended already
nats req ocr.jobs.delete "$JOB-b" --raw

heading "Services, nodes, queues"
nats micro ls
nats micro info ocr-jobs
nats micro stats ocr-node
nats kv ls NODES
nats stream report
nats consumer report PAGES

heading "Answers are in $OUT"
