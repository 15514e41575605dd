# Which releases there are: current, previous, in lines "current NAME".
look() {
    echo "current $(current)"
    echo "previous $(basename "$(readlink "$ROOT/previous" 2>/dev/null || true)")"
}
