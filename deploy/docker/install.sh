#!/bin/sh
# Installs the locked packages of the named lists into an environment of their own at PREFIX; without
# a list, the wheel of distributed-ocr into that environment.
#   PREFIX=/opt/distributed-ocr sh install.sh every-role http gateway && sh install.sh
set -eu
prefix=${PREFIX:-/opt/distributed-ocr}
python=${PYTHON:-python3}
here=$(dirname -- "$0")
pip() {
    "$python" -m pip --python "$prefix/bin/python" --disable-pip-version-check \
        install --quiet --no-cache-dir --no-deps "$@"
}
if [ $# -eq 0 ]; then
    pip --no-index "${WHEELS:-/wheels}"/distributed_ocr-*.whl
    exit
fi
lists=
for name in "$@"; do
    lists="$lists $here/packages/$name.txt"
done
"$python" -m venv --without-pip "$prefix"
# The names of lists hold no blanks.
# shellcheck disable=SC2086
"$python" "$here/locked.py" "${LOCK:-requirements.lock}" $lists >"$prefix/installed.lock"
pip --require-hashes --requirement "$prefix/installed.lock"
