# Enough room on the disks, and a store that the broker can take up. NEEDED_MB: for a release;
# STORE_GB: of the broker, or empty; BROKERS: how many there are.
STORE=/var/lib/distributed-ocr/jetstream
free_mb() {
    where=$1
    while [ ! -d "$where" ]; do where=$(dirname "$where"); done
    df -Pm "$where" | awk 'NR == 2 { print $4 }'
}

# What one broker holds alone, several would throw away; and one alone does not have what several hold.
fitting_store() {
    alone="move $STORE away once its jobs have ended, or leave as many hosts the role broker as they were (docs/operations.md)"
    if [ -d "$STORE/\$SYS/_js_/_meta_" ]; then
        [ "$BROKERS" != 1 ] || cannot "the store of this host is one of several brokers', and here is one" "$alone"
    elif [ "$BROKERS" != 1 ]; then
        for each in "$STORE"/*/streams/*; do
            [ ! -d "$each" ] || cannot "the store of this host is that of a broker alone, and here are $BROKERS" "$alone"
        done
    fi
}

look() {
    [ -z "$STORE_GB" ] || fitting_store
    if [ ! -f "$ROOT/releases/$RELEASE/installed" ]; then
        has=$(free_mb "$ROOT")
        [ "$has" -ge "$NEEDED_MB" ] || cannot \
            "$ROOT has $has MB free, and a release needs $NEEDED_MB MB" \
            "make room on this host's disk (old releases lie in $ROOT/releases), or mount a larger one at $ROOT"
    fi
    if [ -n "$STORE_GB" ] && [ ! -d "$STORE" ]; then
        has=$(free_mb /var/lib/distributed-ocr)
        [ "$has" -ge "$((STORE_GB * 1024))" ] || cannot \
            "/var/lib/distributed-ocr has $has MB free, and the broker's store may take $STORE_GB GB" \
            "set STORE_GB in the inventory's settings to what the disk has, or mount a larger one there"
    fi
}
