# The release that is started from now on, with its units. RELEASE; UNITS: those of this host.
wrong_units() {
    for unit in $UNITS; do
        cmp -s "$ROOT/releases/$RELEASE/units/$unit" "/etc/systemd/system/$unit" || echo "$unit"
    done
}

look() {
    if [ -d "$ROOT/bin" ] && [ ! -L "$ROOT/bin" ]; then
        cannot "$ROOT holds an installation made by hand" \
            "stop its services, move $ROOT away (settings and store lie elsewhere), run deploy.sh again"
    fi
    [ "$(readlink "$ROOT/current" 2>/dev/null)" = "releases/$RELEASE" ] || echo "switch to $RELEASE"
    [ "$(readlink "$ROOT/bin" 2>/dev/null)" = current/bin ] || echo "link $ROOT/bin"
    # shellcheck disable=SC2046
    [ -z "$(wrong_units)" ] || echo "units" $(wrong_units)
}

point() { ln -sfn "$2" "$1.new" && mv -fT "$1.new" "$1"; }

make() {
    [ -f "$ROOT/releases/$RELEASE/installed" ] || cannot "release $RELEASE is not on this host" \
        "install it from its own checkout with deploy.sh --upgrade"
    before=$(current)
    for unit in $(wrong_units); do
        install -m 0644 "$ROOT/releases/$RELEASE/units/$unit" "/etc/systemd/system/$unit" || return
    done
    if [ -n "$before" ] && [ "$before" != "$RELEASE" ]; then
        point "$ROOT/previous" "releases/$before" || return
    fi
    point "$ROOT/current" "releases/$RELEASE" && point "$ROOT/bin" current/bin && systemctl daemon-reload
}
