# Releases that neither run nor are gone back to, and packages that none of those left needs.
old() {
    needed=
    for each in "$ROOT"/releases/*; do
        [ -d "$each" ] || continue
        if [ "$each" = "$(readlink -f "$ROOT/current")" ] || [ "$each" = "$(readlink -f "$ROOT/previous")" ]; then
            needed="$needed $(cat "$each/packages")"
        else
            echo "releases/$(basename "$each")"
        fi
    done
    for each in "$ROOT"/packages/*; do
        case " $needed " in
            *" $(basename "$each") "*) ;;
            *) [ ! -d "$each" ] || echo "packages/$(basename "$each")" ;;
        esac
    done
}

look() {
    # shellcheck disable=SC2046
    [ -z "$(old)" ] || echo "remove" $(old)
}

make() { for name in $(old); do rm -rf "${ROOT:?}/$name" || return; done; }
