# A service that runs, with what it should run with. UNIT; RELEASE; CONFIGURATION: hash of its files;
# NATS_VERSION: of the release, empty for one that is on the host; RELOADED: hash of files that a broker
# takes in while it runs; BROKER: where it listens, address and port.
# The broker is started anew only if it, or its other files, are others.
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

# With what is wrong in its files it would not start, or not take them in.
checked_broker() {
    runuser -u docr -- env NATS_STORE_DIR='"/var/lib/distributed-ocr"' \
        "$ROOT/bin/nats-server" -c "$ETC/nats-server.conf" -t 2>&1
}

# systemd does not wait for a reload; what the broker shows to those who connect tells of it.
wait_for_certificate() {
    [ -f "$ETC/broker.pem" ] || return 0
    # Address and port are two words.
    # shellcheck disable=SC2086
    "$ROOT/bin/python" -c '
import socket, ssl, sys, time
text = open("/etc/distributed-ocr/broker.pem").read()
begin, end = ssl.PEM_HEADER, ssl.PEM_FOOTER
wanted = ssl.PEM_cert_to_DER_cert(text[text.index(begin):text.index(end) + len(end)])
any_at_all = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
any_at_all.check_hostname, any_at_all.verify_mode = False, ssl.CERT_NONE
deadline = time.monotonic() + 30
while True:
    try:
        with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as found:
            while not found.recv(1) in (b"\n", b""):  # its first line is in clear
                pass
            with any_at_all.wrap_socket(found) as secured:
                if secured.getpeercert(True) == wanted:
                    break
                wrong = "it shows another certificate than broker.pem"
    except OSError as error:
        wrong = error
    if time.monotonic() > deadline:
        print(f"it did not take its certificate in within 30 s: {wrong}")
        sys.exit(1)
    time.sleep(0.2)
' $BROKER || { journalctl --no-pager -o cat -n 12 -u "$UNIT" 2>&1; return 1; }
}

look() {
    if ! systemctl is-active --quiet "$UNIT" 2>/dev/null; then
        echo "start $UNIT"
    elif [ "$(cat "$ROOT/started/$UNIT" 2>/dev/null)" != "$(stamp)" ]; then
        echo "restart $UNIT"
    elif [ -n "$RELOADED" ] && [ "$(cat "$ROOT/started/$UNIT.reloaded" 2>/dev/null)" != "$RELOADED" ]; then
        echo "reload $UNIT"
    elif ! systemctl is-enabled --quiet "$UNIT" 2>/dev/null; then
        echo "start $UNIT at every boot"
    fi
}

make() {
    wanted=$(stamp)
    mkdir -p "$ROOT/started" || return
    systemctl --quiet enable "$UNIT" 2>&1 || return
    [ "$UNIT" != docr-broker.service ] || checked_broker || return
    if ! systemctl is-active --quiet "$UNIT" || [ "$(cat "$ROOT/started/$UNIT" 2>/dev/null)" != "$wanted" ]; then
        # SIGTERM: what a service has in its hands is finished or goes to others. For those that say
        # when they are ready, this waits for it.
        if ! systemctl restart "$UNIT" 2>&1; then
            journalctl --no-pager -o cat -n 12 -u "$UNIT" 2>&1
            return 1
        fi
    elif [ -n "$RELOADED" ]; then
        systemctl reload "$UNIT" 2>&1 && wait_for_certificate || return
    fi
    [ "$UNIT" != docr-node.service ] || wait_for_engine || return
    echo "$RELOADED" >"$ROOT/started/$UNIT.reloaded" && echo "$wanted" >"$ROOT/started/$UNIT"
}
