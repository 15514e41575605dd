# A Python 3.12 or 3.13 that can make virtual environments. PYTHON: the one that is named, or empty.
makes_environments() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

packages() {
    if python=$(find_python); then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
        return
    fi
    for each in 3.13 3.12; do
        if apt-cache show "python$each-venv" >/dev/null 2>&1; then
            echo "python$each python$each-venv"
            return
        fi
    done
    return 1
}

look() {
    if [ -n "$PYTHON" ] && ! usable "$PYTHON"; then
        cannot "$PYTHON is no Python 3.12 or 3.13" "correct 'python' of this host in the inventory"
    fi
    if ! python=$(find_python); then
        echo "install Python 3.12 or 3.13"
    elif ! makes_environments "$python"; then
        echo "install the venv module of $python"
    fi
}

make() {
    apt-get -o DPkg::Lock::Timeout=120 -q update 2>&1 || true
    wanted=$(packages) || cannot \
        "there is no Python 3.12 or 3.13, and this system's packages have none ($(python3 --version 2>&1 | tail -n 1))" \
        "take Debian 13, Ubuntu 24.04 or newer; or put a Python there (uv python install 3.13 --install-dir /opt/python) and name it: 'python: /opt/python/.../bin/python3' of this host in the inventory"
    # $wanted is one word or two.
    # shellcheck disable=SC2086
    apt-get -o DPkg::Lock::Timeout=120 -q install -y --no-install-recommends $wanted 2>&1
}
