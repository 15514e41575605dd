# Read before each of the other scripts: /bin/sh of the host, as root.
set -u
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ROOT=/opt/distributed-ocr
ETC=/etc/distributed-ocr

# What is wrong, and in the last line what to do.
cannot() { printf '%s\n' "$@" >&2; exit 3; }

# One deploy.sh at a time changes a host; one that was interrupted still does until its step has
# ended. The step runs with descriptor 9 closed, so that nothing it starts holds the lock on.
LOCK=/run/distributed-ocr-deploy.lock

alone() {
    exec 9>"$LOCK"
    flock -w "$1" 9 || cannot "another deploy.sh is at work on this host, or the last step of one that was interrupted" \
        "wait until it has ended, then run deploy.sh again"
}

# After a failure: programs on a full disk do not always say that it is full.
told_if_full() {
    for each in "$ROOT" /var /tmp; do
        [ ! -d "$each" ] || [ "$(df -Pm "$each" | awk 'NR == 2 { print $4 }')" -ge 20 ] ||
            echo "No space left on device: $each has less than 20 MB free"
    done
}

# The release that services start with; nothing if there is none.
current() { basename "$(readlink "$ROOT/current" 2>/dev/null || true)"; }

# PYTHON: the one that the inventory names, or empty.
usable() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 14))' 2>/dev/null
}

find_python() {
    for each in ${PYTHON:-python3.13 python3.12 python3}; do
        if usable "$each"; then command -v "$each"; return; fi
    done
    return 1
}
