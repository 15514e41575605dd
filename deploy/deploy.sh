#!/bin/sh
# Brings distributed-ocr onto the hosts of an inventory by ssh: deploy/README.md.
#   deploy/deploy.sh inventory.yaml [--check | --upgrade | --rollback | --add-node H | --remove-node H]
# The work is done in deploy/rollout; this makes the small environment that it needs.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
venv=$root/.deploy-venv

say() { printf '%s\n' "deploy.sh: $*" >&2; }

for each in ssh tar; do
    command -v "$each" >/dev/null || { say "there is no $each; on Debian and Ubuntu: apt install openssh-client tar"; exit 2; }
done

find_python() {
    for each in "${PYTHON:-}" python3.12 python3.13 python3; do
        [ -n "$each" ] || continue
        if "$each" -c 'import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info < (3, 14))' 2>/dev/null; then
            printf '%s\n' "$each"
            return
        fi
    done
    say "no Python 3.12 or 3.13 with venv found here; on Debian 13 and Ubuntu 24.04: apt install python3-venv; or name one: PYTHON=/path/to/python3.12 deploy/deploy.sh ..."
    return 1
}

# Where there is no package index, the wheelhouse has these packages as well.
wheelhouse=
previous=
for each in "$@"; do
    [ "$previous" != --wheelhouse ] || wheelhouse=$each
    case $each in --wheelhouse=*) wheelhouse=${each#*=} ;; esac
    previous=$each
done

# Also if the Python that it was made with went away.
if ! cmp -s "$root/deploy/operator.lock" "$venv/installed.lock" || ! "$venv/bin/python" -c '' 2>/dev/null; then
    python=$(find_python) || exit 2
    say "making .deploy-venv (once; some seconds)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        ${wheelhouse:+--no-index "--find-links=$wheelhouse"} -r "$root/deploy/operator.lock"; then
        say "the packages of deploy/operator.lock could not be installed; where there is no package index, fill a wheelhouse (deploy/README.md) and use --wheelhouse DIR"
        exit 2
    fi
    cp "$root/deploy/operator.lock" "$venv/installed.lock"
fi
# -P: no package of the folder that this is called in.
PYTHONPATH=$root exec "$venv/bin/python" -P -m deploy.rollout "$@"
