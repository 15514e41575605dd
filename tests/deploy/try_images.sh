#!/bin/sh
# The system of deploy/compose.yaml by a container engine: built, started with two nodes, a document
# read, looked at by docr doctor, stopped; all that is left is removed. Needs docker-compose and an
# engine (Docker, or Podman's API named by DOCKER_HOST). BUILD=no takes images that are there;
# MORE names a further compose file, for what a machine must have otherwise.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
work=$(mktemp -d)
compose() { docker-compose -p docr-trial -f "$work/deploy/compose.yaml" ${MORE:+-f "$MORE"} "$@"; }
finish() {
    compose down --volumes --timeout 10 >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT
export GATEWAY_PORT="${GATEWAY_PORT:-18000}" STORE_GB=8 NODE_CORES=1 NODE_RAM_GB=1.5 NODE_MEMORY=3500m
# The secrets are made beside the compose file, the images of the checkout.
mkdir -p "$work/deploy/secrets"
cp "$root/deploy/compose.yaml" "$work/deploy/"
[ "${BUILD:-}" = no ] || docker-compose -p docr-trial -f "$root/deploy/compose.yaml" build
"$root/.venv/bin/python" "$root/deploy/docker/make_secrets.py" "$work/deploy/secrets" >/dev/null
chmod 755 "$work"
compose up --detach --no-build --wait --wait-timeout 180 --scale node=2
key=$(tr , '\n' <"$work/deploy/secrets/api_keys" | sed -n 's/^first://p')
curl --fail --silent --show-error --max-time 120 -H "X-API-Key: $key" \
    -F "file=@$root/samples/photo-note.png" "http://127.0.0.1:$GATEWAY_PORT/ocr/image" >"$work/answer"
grep -q '"status": *"success"' "$work/answer"
compose exec -T node docr doctor
compose stop
failed=$(compose ps --all --format '{{.Name}} {{.ExitCode}}' | grep -v ' 0$' || true)
[ -z "$failed" ] || { printf 'ended badly: %s\n' "$failed"; exit 1; }
echo "try-images: all well"
