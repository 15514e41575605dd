# A folder of models, by its hash. MODELS.
look() { [ -f "$ROOT/models/$MODELS/.complete" ] || echo "copy the models"; }

make() {
    mkdir -p "$ROOT/models" && rm -rf "$ROOT/models/$MODELS" &&
        cp -R "$INCOMING/models" "$ROOT/models/$MODELS" &&
        chmod -R u=rwX,go=rX "$ROOT/models/$MODELS" && touch "$ROOT/models/$MODELS/.complete"
}
