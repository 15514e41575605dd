# How the broker of this host does, as it tells its own host. BROKERS: how many there are; MONITOR: the
# port at which it tells. `make` waits until it sees the others, and holds all that it should hold.
state() {
    "$ROOT/bin/python" -c '
import json, sys, time, urllib.error, urllib.request
monitor, brokers, wait_s = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])

def told(what):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{monitor}/{what}", timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as not_well:  # and says why
        return json.load(not_well)

def look():
    text = "nats-server " + told("varz")["version"]
    seen = 1 + len({each.get("remote_name") for each in told("routez").get("routes") or []})
    if brokers > 1:
        leader = (told("jsz").get("meta_cluster") or {}).get("leader")
        text += f", one of {seen} brokers that see each other, led by " + (leader or "none yet")
    health = told("healthz")
    if health.get("status") != "ok":
        return False, text + ", not caught up: " + str(health.get("error"))
    return seen == brokers, text + ", has all that it should hold"

deadline = time.monotonic() + wait_s
while True:
    try:
        well, text = look()
    except (OSError, ValueError, KeyError) as wrong:
        well, text = False, f"does not tell how it does: {wrong}"
    if well or time.monotonic() > deadline:
        break
    time.sleep(0.5)
print(text)
sys.exit(not well)
' "$MONITOR" "$BROKERS" "$1"
}

look() {
    if ! systemctl is-active --quiet docr-broker.service 2>/dev/null; then
        echo "does not run"
    else
        state 0 || true
    fi
}

# A broker that was away for long has much to fetch.
make() { state 900; }
