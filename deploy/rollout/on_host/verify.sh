# Runs docr as its services run it. ROLES: of this host; WHAT: setup, doctor or page;
# $INCOMING/files/seed: who it is at the broker, and client: where a client goes.
as_docr() {
    chown -R root:docr "$INCOMING" && chmod -R u=rwX,g=rX "$INCOMING" || return
    work=$(mktemp -d) && chown docr "$work" || return
    runuser -u docr -- sh -c '
        set -a
        for each in docr '"$ROLES"'; do
            file=/etc/distributed-ocr/$each.env
            [ ! -r "$file" ] || . "$file"
        done
        NATS_CREDS=$1/files/seed HOME=/var/cache/distributed-ocr
        OCR_CACHE_DIR=$HOME TEMP_DIR=$2
        [ ! -r "$1/files/client" ] || . "$1/files/client"
        cd "$2"
        shift 2
        /opt/distributed-ocr/bin/docr "$@" || exit
        [ ! -d ocr-output ] || { echo "read:" && cat ocr-output/*.txt; }
    ' sh "$INCOMING" "$work" "$@"
    code=$?
    rm -rf "$work"
    return $code
}

make() {
    case $WHAT in
        # Code 1: it found something, which stands in its output.
        doctor) as_docr doctor --json || [ $? = 1 ] ;;
        setup) as_docr setup 2>&1 ;;
        # Interactive: it shall not wait behind the pages that a busy system has in its queue.
        page) as_docr submit --wait --priority interactive --mode ocr --out ocr-output "$INCOMING/sample" 2>&1 ;;
    esac
}
