# Files with their owners and modes. WANTED: lines of SHA-256, mode and path; UNWANTED: paths.
wrong_files() {
    printf '%s\n' "$WANTED" | while read -r sum mode path; do
        [ -n "$path" ] || continue
        group=docr
        [ "$mode" = 0644 ] && group=root
        [ "$(sha256sum "$path" 2>/dev/null | cut -d ' ' -f 1)" = "$sum" ] &&
            [ "$(stat -c '0%a %U:%G' "$path")" = "$mode root:$group" ] || echo "$mode $group $path"
    done
}

look() {
    names=$(
        wrong_files | cut -d ' ' -f 3
        for path in $UNWANTED; do [ ! -e "$path" ] || echo "without $path"; done
    )
    # shellcheck disable=SC2086
    [ -z "$names" ] || echo "write" $names
}

make() {
    install -d -m 0750 -o root -g docr "$ETC" || return
    wrong_files | while read -r mode group path; do
        mkdir -p "$(dirname "$path")" &&
            install -m "$mode" -o root -g "$group" "$INCOMING/files$path" "$path.new" &&
            mv -f "$path.new" "$path" || exit 1
    done || return
    for path in $UNWANTED; do rm -f "$path"; done
    systemctl daemon-reload
}
