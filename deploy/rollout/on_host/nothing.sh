# A host that is left as it was: the store of a broker and logs are not touched.
# A disk that is mounted at $ROOT stays there, empty.
look() {
    for each in "$ROOT" "$ETC"; do
        [ -z "$(ls -A "$each" 2>/dev/null)" ] || echo "remove $each"
    done
}

make() {
    for each in "$ROOT" "$ETC" /var/cache/distributed-ocr; do
        [ ! -d "$each" ] || find "$each" -mindepth 1 -delete || return
        rmdir "$each" 2>/dev/null || true
    done
}
