# Enough room on the disks. NEEDED_MB: for a release; STORE_GB: of the broker, or empty.
free_mb() {
    where=$1
    while [ ! -d "$where" ]; do where=$(dirname "$where"); done
    df -Pm "$where" | awk 'NR == 2 { print $4 }'
}

look() {
    if [ ! -f "$ROOT/releases/$RELEASE/installed" ]; then
        has=$(free_mb "$ROOT")
        [ "$has" -ge "$NEEDED_MB" ] || cannot \
            "$ROOT has $has MB free, and a release needs $NEEDED_MB MB" \
            "make room on this host's disk (old releases lie in $ROOT/releases), or mount a larger one at $ROOT"
    fi
    if [ -n "$STORE_GB" ] && [ ! -d /var/lib/distributed-ocr/jetstream ]; then
        has=$(free_mb /var/lib/distributed-ocr)
        [ "$has" -ge "$((STORE_GB * 1024))" ] || cannot \
            "/var/lib/distributed-ocr has $has MB free, and the broker's store may take $STORE_GB GB" \
            "set STORE_GB in the inventory's settings to what the disk has, or mount a larger one there"
    fi
}
