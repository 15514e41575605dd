#!/bin/sh
# The system of deploy/compose.yaml by a container engine: built, started with two nodes, a document
# read, looked at by docr doctor, stopped; all that is left is removed. Needs docker-compose and an
# engine (Docker, or Podman's API named by DOCKER_HOST). BUILD=no takes images that are there, TLS=yes
# adds compose.tls.yaml; MORE names a further compose file, for what a machine must have otherwise.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
work=$(mktemp -d)
compose() {
    docker-compose -p docr-trial -f "$work/deploy/compose.yaml" \
        ${TLS:+-f "$work/deploy/compose.tls.yaml"} ${MORE:+-f "$MORE"} "$@"
}
finish() {
    compose down --volumes --timeout 10 >/dev/null 2>&1 || true
    rm -rf "$work"
}
wrong() {
    printf 'try-images: %s\n' "$1"
    exit 1
}
trap finish EXIT
export GATEWAY_PORT="${GATEWAY_PORT:-18000}" BROKER_PORT="${BROKER_PORT:-14222}"
export STORE_GB=8 NODE_CORES=1 NODE_RAM_GB=1.5 NODE_MEMORY=3500m
# The secrets are made beside the compose files, the images of the checkout.
mkdir -p "$work/deploy/secrets"
cp "$root/deploy/compose.yaml" "$root/deploy/compose.tls.yaml" "$work/deploy/"
[ "${BUILD:-}" = no ] || docker-compose -p docr-trial -f "$root/deploy/compose.yaml" build
secrets() {
    "$root/.venv/bin/python" "$root/deploy/docker/make_secrets.py" "$work/deploy/secrets" "$@" >/dev/null
}
secrets
"$root/deploy/nats/make_ca.sh" "$work/deploy/secrets/tls" broker broker >/dev/null
chmod 644 "$work/deploy/secrets/tls/broker.key"
chmod 755 "$work"
compose up --detach --no-build --wait --wait-timeout 180 --scale node=2
key=$(tr , '\n' <"$work/deploy/secrets/api_keys" | sed -n 's/^first://p')
read_a_document() {
    curl --fail --silent --show-error --max-time 120 -H "X-API-Key: $key" \
        -F "file=@$root/samples/$1" "http://127.0.0.1:$GATEWAY_PORT/ocr/image" >"$work/answer"
    grep -q '"status": *"success"' "$work/answer" || wrong "$1 was not read"
}
read_a_document photo-note.png
for role in gateway ingest aggregator node; do
    [ "$(compose exec -T "$role" id -u)" = 10001 ] || wrong "$role is somebody else"
    compose exec -T "$role" touch /usr/local/x 2>/dev/null && wrong "the root of $role can be written"
    seeds=$(compose exec -T "$role" sh -c 'cat /run/secrets/*.nk')
    [ "$seeds" = "$(cat "$work/deploy/secrets/$role.nk")" ] || wrong "$role holds another key"
    # With its own key nobody but setup makes streams.
    compose exec -T -e NATS_REPLICAS=3 "$role" docr setup && wrong "$role may make streams"
done
compose exec -T node docr doctor
compose run --rm -T setup doctor
# New keys, as deploy/README.md has it.
anew() { compose up --detach --no-build --no-deps --force-recreate --wait --wait-timeout 120 "$@"; }
secrets --rotate node
anew broker
anew --scale node=2 node
secrets --retire
anew broker
read_a_document photo-note.png
compose stop
failed=$(compose ps --all --format '{{.Name}} {{.ExitCode}}' | grep -v ' 0$' || true)
[ -z "$failed" ] || wrong "ended badly: $failed"
echo "try-images: all well"
