look() {
    [ "$(id -u)" = 0 ] || cannot "this user is not root" \
        "name a user that may use sudo without a password under ssh.user in the inventory"
    command -v apt-get >/dev/null || cannot "there is no apt-get: this is neither Debian nor Ubuntu" \
        "install by hand: docs/operations.md"
    command -v systemctl >/dev/null || cannot "there is no systemctl: services could not be started" \
        "install systemd, or install by hand: docs/operations.md"
    alone 0
    # What was sent to a step that was interrupted; there may be a seed in it.
    for each in "$ROOT"/incoming-*; do
        [ ! -e "$each" ] || echo "remove $each, which an interrupted run left"
    done
}

make() { rm -rf "$ROOT"/incoming-*; }
