# A service that runs, with what it should run with. UNIT; RELEASE; CONFIGURATION: hash of its files;
# NATS_VERSION: of the release, empty for one that is on the host.
# The broker is started anew only if it, or its files, are others.
stamp() {
    what=$RELEASE
    [ "$UNIT" = docr-broker.service ] && what=${NATS_VERSION:-$(cat "$ROOT/releases/$RELEASE/nats-version")}
    echo "$what $CONFIGURATION $(sha256sum "/etc/systemd/system/$UNIT" 2>/dev/null | cut -d ' ' -f 1)"
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
    echo "$wanted" >"$ROOT/started/$UNIT"
}
