# A service that runs, with what it should run with. UNIT; RELEASE; CONFIGURATION: hash of its files;
# NATS_VERSION: of the release, empty for one that is on the host.
# The broker is started anew only if it, or its files, are others.
stamp() {
    what=$RELEASE
    [ "$UNIT" = docr-broker.service ] && what=${NATS_VERSION:-$(cat "$ROOT/releases/$RELEASE/nats-version")}
    echo "$what $CONFIGURATION $(sha256sum "/etc/systemd/system/$UNIT" 2>/dev/null | cut -d ' ' -f 1)"
}

# A node is ready for systemd before its engine is; the next one is stopped only after that. One
# without a door (WORKER_PORT=0) cannot be asked.
wait_for_engine() {
    "$ROOT/bin/python" -c '
import sys, time, urllib.request
door = dict(line.strip().split("=", 1) for name in ("docr", "node")
            for line in open(f"/etc/distributed-ocr/{name}.env") if "=" in line)
port = door.get("WORKER_PORT", "8001").strip(chr(39))
host = door.get("WORKER_HOST", "127.0.0.1").strip(chr(39)).replace("0.0.0.0", "127.0.0.1")
deadline = time.monotonic() + 180
while port != "0":
    try:
        urllib.request.urlopen(f"http://{host}:{port}/health", timeout=5)
        break
    except OSError as wrong:
        if time.monotonic() > deadline:
            print(f"its engine does not read after 180 s: {wrong}")
            sys.exit(1)
        time.sleep(0.5)
' || { journalctl --no-pager -o cat -n 12 -u "$UNIT" 2>&1; return 1; }
}

look() {
    if ! systemctl is-active --quiet "$UNIT" 2>/dev/null; then
        echo "start $UNIT"
    elif [ "$(cat "$ROOT/started/$UNIT" 2>/dev/null)" != "$(stamp)" ]; then
        echo "restart $UNIT"
    elif ! systemctl is-enabled --quiet "$UNIT" 2>/dev/null; then
        echo "start $UNIT at every boot"
    fi
}

make() {
    wanted=$(stamp)
    mkdir -p "$ROOT/started" || return
    systemctl --quiet enable "$UNIT" 2>&1 || return
    if ! systemctl is-active --quiet "$UNIT" || [ "$(cat "$ROOT/started/$UNIT" 2>/dev/null)" != "$wanted" ]; then
        # SIGTERM: what a service has in its hands is finished or goes to others. For those that say
        # when they are ready, this waits for it.
        if ! systemctl restart "$UNIT" 2>&1; then
            journalctl --no-pager -o cat -n 12 -u "$UNIT" 2>&1
            return 1
        fi
    fi
    [ "$UNIT" != docr-node.service ] || wait_for_engine || return
    echo "$wanted" >"$ROOT/started/$UNIT"
}
