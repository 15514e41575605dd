#!/bin/sh
# A private CA for the broker, and certificates of it.
#   make_ca.sh DIR                         the CA alone: ca.pem (hand it out), ca.key (keep it)
#   make_ca.sh DIR NAME ADDRESS...         and NAME.pem, NAME.key for a broker that is reached under
#                                          these addresses: host names, or IP addresses
# A CA that is there is kept. A certificate is made anew: that is how it is renewed (then
# 'nats-server --signal reload'). DAYS: for how long it is good, 397.
set -eu
umask 077

if [ $# -lt 1 ] || [ $# -eq 2 ] || [ "${1#-}" != "$1" ]; then
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
if ! command -v openssl >/dev/null 2>&1; then
    echo "make_ca.sh: openssl is missing; on Debian and Ubuntu: apt install openssl" >&2
    exit 2
fi
folder=$1
mkdir -p "$folder"

if [ -e "$folder/ca.key" ] && [ -e "$folder/ca.pem" ]; then
    :
elif [ -e "$folder/ca.key" ] || [ -e "$folder/ca.pem" ]; then
    echo "make_ca.sh: of $folder/ca.key and ca.pem one is missing; bring it back, or move the other away" >&2
    exit 2
else
    openssl ecparam -name prime256v1 -genkey -noout -out "$folder/ca.key.new"
    openssl req -x509 -new -sha256 -key "$folder/ca.key.new" -days 3650 \
        -subj "/O=distributed-ocr/CN=distributed-ocr broker CA" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$folder/ca.pem"
    mv "$folder/ca.key.new" "$folder/ca.key"
    chmod 644 "$folder/ca.pem"
    echo "made $folder/ca.pem, $folder/ca.key"
fi
[ $# -gt 2 ] || exit 0

name=$2
shift 2
case $name in
*[!A-Za-z0-9._-]* | .* | ca)
    echo "make_ca.sh: '$name' cannot name a certificate; take letters, digits, dots, hyphens" >&2
    exit 2
    ;;
esac
addresses=
for address in "$@"; do
    case $address in
    '' | *[!A-Za-z0-9.:_*-]*)
        echo "make_ca.sh: '$address' is neither a host name nor an IP address" >&2
        exit 2
        ;;
    *:* | *[0-9].[0-9]*.[0-9]*.[0-9]*) kind=IP ;;
    *) kind=DNS ;;
    esac
    # 10.example.com has letters, so it is a name all the same.
    case $address in *:*) ;; *[A-Za-z]*) kind=DNS ;; esac
    addresses=${addresses:+$addresses,}$kind:$address
done

work=$(mktemp -d "$folder/.new.XXXXXX")
trap 'rm -rf "$work"' EXIT
printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
    "extendedKeyUsage=serverAuth,clientAuth" "subjectAltName=$addresses" \
    "authorityKeyIdentifier=keyid" >"$work/extensions"
openssl ecparam -name prime256v1 -genkey -noout -out "$work/key"
openssl req -new -sha256 -key "$work/key" -subj "/O=distributed-ocr/CN=$name" -out "$work/request"
openssl x509 -req -sha256 -in "$work/request" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
    -set_serial "0x$(openssl rand -hex 16)" -days "${DAYS:-397}" -extfile "$work/extensions" \
    -out "$work/pem" 2>/dev/null || {
    echo "make_ca.sh: no certificate for $addresses; are the addresses right, and ca.key that of ca.pem?" >&2
    exit 1
}
chmod 644 "$work/pem"
mv "$work/key" "$folder/$name.key"
mv "$work/pem" "$folder/$name.pem"
echo "made $folder/$name.pem, $folder/$name.key for $addresses"
