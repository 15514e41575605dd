#!/bin/sh
# How the system does, by curl against a gateway, every few seconds; Ctrl-C ends it.
#   GATEWAY=http://127.0.0.1:8000 OCR_API_KEY=... deploy/monitor.sh [SECONDS]
#   deploy/monitor.sh --once     one look; exit code 1 if something is wrong, for cron and probes
# Needs curl, awk and sed. `docr top` shows more, and needs docr and the broker's address.
set -eu
GATEWAY=${GATEWAY:-http://127.0.0.1:8000}
key="X-API-Key: ${OCR_API_KEY:-}" # without a key, curl leaves the header out

ask() { curl --silent --show-error --fail --max-time 5 -H "$key" "$GATEWAY$1" 2>&1; }

# A number out of a JSON object: number NAME < TEXT
number() { sed -n 's/.*"'"$1"'": *\([0-9][0-9.]*\).*/\1/p'; }

look() {
    wrong=""
    printf '%s  %s\n' "$GATEWAY" "$(date -u '+%Y-%m-%d %H:%M:%SZ')"
    if ! said=$(ask /health); then
        printf 'health    %s\n' "$said"
        printf 'wrong: no gateway answers at %s; see that docr gateway runs\n' "$GATEWAY"
        return 1
    fi
    printf 'health    %s\n' "$said"
    if ! said=$(ask /ready); then
        wrong="the gateway is not ready; see that the broker runs (docr doctor)"
    fi
    printf 'ready     %s\n' "$said"
    if ! metrics=$(ask /metrics); then
        printf 'wrong: %s; set OCR_API_KEY to a key of the gateway\n' "$metrics"
        return 1
    fi
    if nodes=$(ask /workers/status); then
        printf 'nodes     %s of %s healthy\n' "$(printf '%s' "$nodes" | number healthy_workers)" \
            "$(printf '%s' "$nodes" | number total_workers)"
    else
        printf 'nodes     %s\n' "$nodes"
    fi
    printf '%s\n' "$metrics" | awk -v wrong="$wrong" '
        function label(name,   rest) {  # of the line that is looked at
            rest = $0
            if (!sub(".*[{,]" name "=\"", "", rest)) return ""
            sub(/".*/, "", rest)
            return rest
        }
        function say(what) { wrong = wrong (wrong == "" ? "" : "; ") what }
        /^#/ { next }
        { value = $NF + 0 }
        /^docr_broker_up / { up = value }
        /^docr_jobs[{]/ { jobs[label("state")] = value }
        /^docr_jobs_ended_total[{]/ { ended[label("status")] = value }
        /^docr_queue_messages[{]/ { messages[label("queue")] = value }
        /^docr_queue_in_hand[{]/ { in_hand[label("queue")] = value }
        /^docr_queue_age_seconds[{]/ { age[label("queue")] = value }
        /^docr_queue_unserved_messages[{]/ { unserved[label("queue")] = value }
        /^docr_nodes[{]/ { nodes[label("status")] = value }
        /^docr_node_pages_total[{]/ { pages[label("node")] = value }
        /^docr_node_memory_bytes[{]/ { memory[label("node")] = value }
        /^docr_dead_pages / { dead = value }
        /^docr_store_bytes[{]/ { used[label("stream")] = value }
        /^docr_store_limit_bytes[{]/ { limit[label("stream")] = value }
        END {
            if (up) {
                printf "documents %d in the queue, %d of them in hand, the oldest waits for %d s\n", \
                    messages["submit"], in_hand["submit"], age["submit"]
                printf "pages     %d in the queue, %d of them in hand, the oldest waits for %d s\n", \
                    messages["pages"], in_hand["pages"], age["pages"]
                printf "jobs      %d queued, %d running, %d cancelling; ended: %d well, %d in part, %d failed, %d cancelled\n", \
                    jobs["queued"], jobs["running"], jobs["cancelling"], ended["success"], \
                    ended["partial_success"], ended["failed"], ended["cancelled"]
                printf "dead      %d pages\n", dead
                shown = 0
                for (node in pages) {
                    if (shown++ >= 20) continue
                    printf "  %-30s %8d pages  %6d MB\n", node, pages[node], memory[node] / 1048576
                }
                if (shown > 20) printf "  and %d more nodes\n", shown - 20
                if (nodes["lost"]) say(nodes["lost"] " nodes are lost (docr nodes)")
                if (messages["pages"] && !nodes["healthy"]) say("pages wait, and no node is healthy")
                if (unserved["pages"]) say(unserved["pages"] " pages wait that no node asks for (docr doctor)")
                if (unserved["submit"]) say(unserved["submit"] " documents wait that no ingest asks for")
                for (stream in used)
                    if (limit[stream] && used[stream] > 0.9 * limit[stream])
                        say(stream " is " int(100 * used[stream] / limit[stream]) " % full")
            } else if (wrong == "") say("the broker does not answer; see that nats-server runs")
            print wrong == "" ? "all is well" : "wrong: " wrong
            exit (wrong != "")
        }'
}

if [ "${1:-}" = --once ]; then
    look
    exit
fi
seconds=${1:-5}
while :; do
    shown=$(look) || true # drawn in one go: no flicker
    if [ -t 1 ]; then printf '\033[H\033[2J'; fi
    printf '%s\n' "$shown"
    sleep "$seconds"
done
