# Releases that neither run nor are gone back to.
old() {
    for each in "$ROOT"/releases/*; do
        [ -d "$each" ] || continue
        name=$(basename "$each")
        [ "$name" = "$(current)" ] || [ "$name" = "$(basename "$(readlink "$ROOT/previous")")" ] || echo "$name"
    done
}

look() {
    # shellcheck disable=SC2046
    [ -z "$(old)" ] || echo "remove" $(old)
}

make() { for name in $(old); do rm -rf "$ROOT/releases/$name" || return; done; }
