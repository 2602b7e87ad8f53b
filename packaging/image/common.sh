# Read by packaging/image/make and packaging/image/bundle: the key that signs updates.

# See to it that IMAGE_KEY and IMAGE_CERTIFICATE are a key and its certificate, outside of the tree.
image_key() {
    local name
    for name in IMAGE_KEY IMAGE_CERTIFICATE; do
        [[ -s ${!name:-} ]] ||
            fail "There is no key to sign updates with" "$name is ${!name:-not set}" \
                "set it to a file in PEM; docs/how-to/card-image.md makes both"
        printf -v "$name" '%s' "$(realpath "${!name}")"
        [[ ${!name} != "$(realpath .)"/* || $name == IMAGE_CERTIFICATE ]] ||
            fail "The key is in this tree" "IMAGE_KEY is $IMAGE_KEY" "move it elsewhere: what is in the tree gets published some day"
    done
    [[ $(openssl x509 -in "$IMAGE_CERTIFICATE" -noout -pubkey 2>/dev/null) == "$(openssl pkey -in "$IMAGE_KEY" -pubout 2>/dev/null)" ]] ||
        fail "Key and certificate do not belong together" "$IMAGE_CERTIFICATE is of another key than $IMAGE_KEY, or one is not in PEM" \
            "name the two files that were made at once"
}
