#!/bin/sh
# What one can ask of a gateway, by curl: each line as one would type it, run from the top to the end.
#   GATEWAY=http://127.0.0.1:8000 OCR_API_KEY=... deploy/curl_examples.sh [PDF [IMAGE]]
# Without documents of yours it takes those of samples/. Answers go to a folder that it names.
set -eu
GATEWAY=${GATEWAY:-http://127.0.0.1:8000}
KEY="X-API-Key: ${OCR_API_KEY:-}" # without a key, curl leaves the header out
samples=$(CDPATH='' cd -- "$(dirname -- "$0")/../samples" 2>/dev/null && pwd) || samples=.
PDF=${1:-$samples/report.pdf}
IMAGE=${2:-$samples/photo-note.png}
OUT=$(mktemp -d)
heading() { printf '\n# %s\n' "$*"; }

heading "Does it live, and can it take documents?"
curl -fsS "$GATEWAY/health"
curl -fsS "$GATEWAY/ready"

heading "Read a document, and wait for it: text, Markdown, lines, metrics"
curl -fsS -H "$KEY" -F file=@"$PDF" "$GATEWAY/ocr/pdf" -o "$OUT/result.json"
curl -fsS -H "$KEY" --data-binary @"$IMAGE" "$GATEWAY/ocr/image?language=en" -o "$OUT/image.json"

heading "Hand in a document, and go: the answer has the job's id. The same key is the same job"
curl -fsS -H "$KEY" -H "Idempotency-Key: example-$$" -F file=@"$PDF" -F pages=1-2 -F dpi=150 "$GATEWAY/jobs" -o "$OUT/job.json"
JOB=$(sed 's/.*"job_id": *"\([^"]*\)".*/\1/' "$OUT/job.json")
echo "$JOB"

heading "Follow it to its end: server-sent events"
curl -fsSN -H "$KEY" "$GATEWAY/jobs/$JOB/events"

heading "How is it, and which others are there?"
curl -fsS -H "$KEY" "$GATEWAY/jobs/$JOB"
curl -fsS -H "$KEY" "$GATEWAY/jobs?limit=3&state=success"

heading "Its outputs; what is not there yet is made now"
curl -fsS -H "$KEY" "$GATEWAY/jobs/$JOB/text" -o "$OUT/report.txt"
curl -fsS -H "$KEY" "$GATEWAY/jobs/$JOB/markdown" -o "$OUT/report.md"
curl -fsS -H "$KEY" --compressed "$GATEWAY/jobs/$JOB/result" -o "$OUT/report.json"
curl -fsS -H "$KEY" "$GATEWAY/jobs/$JOB/jsonl" -o "$OUT/report.jsonl"
curl -fsS -H "$KEY" "$GATEWAY/jobs/$JOB/pdf" -o "$OUT/report.pdf"
curl -fsS -H "$KEY" "$GATEWAY/jobs/$JOB/alto" -o "$OUT/report.alto.xml"
curl -fsS -H "$KEY" -r 0-99 "$GATEWAY/jobs/$JOB/text" -o "$OUT/beginning.txt" # the first 100 bytes

heading "Formats that its end waits for; a ZIP of documents is one job as well"
curl -fsS -H "$KEY" -F file=@"$PDF" -F formats=tsv,hocr -F priority=interactive "$GATEWAY/jobs" -o "$OUT/other.json"
OTHER=$(sed 's/.*"job_id": *"\([^"]*\)".*/\1/' "$OUT/other.json")

heading "End it early: it ends with what has been read (409 if it has ended already)"
curl -sS -X DELETE -H "$KEY" "$GATEWAY/jobs/$OTHER"

heading "The fleet, and metrics"
curl -fsS -H "$KEY" "$GATEWAY/workers/status"
curl -fsS -H "$KEY" "$GATEWAY/metrics" | grep '^docr_queue'

heading "Remove an ended job with all that is kept of it"
curl -fsS -X DELETE -H "$KEY" "$GATEWAY/jobs/$JOB?purge=true"

heading "Answers are in $OUT"
