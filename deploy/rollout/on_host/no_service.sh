# A service that this host shall not have. UNIT.
look() {
    [ ! -e "/etc/systemd/system/$UNIT" ] || echo "stop and remove $UNIT"
}

make() {
    systemctl --quiet disable --now "$UNIT" 2>&1 || return
    rm -rf "/etc/systemd/system/$UNIT" "/etc/systemd/system/$UNIT.d" "$ROOT/started/$UNIT" "$ROOT/started/$UNIT.reloaded"
    systemctl daemon-reload
}
