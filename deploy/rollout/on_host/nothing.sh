# A host that is left as it was: the store of a broker and logs are not touched.
look() { [ ! -e "$ROOT" ] && [ ! -e "$ETC" ] || echo "remove $ROOT and $ETC"; }

make() { rm -rf "$ROOT" "$ETC" /var/cache/distributed-ocr; }
