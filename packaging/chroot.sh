# Read by packaging/deb and packaging/deb-check: fresh Debian 13 roots, and commands run in them.
# A plain user gets them in a user namespace, whose files belong to other ids: data goes in and out through pipes.
suite=trixie
roots=${XDG_CACHE_HOME:-$HOME/.cache}/intercomd/roots

as_root=()
[[ $(id -u) == 0 ]] || as_root=(mmdebstrap --unshare-helper)

# fresh_root MIRROR ARCHITECTURES PACKAGE…: a new root with the packages; prints its directory. The archive of it is
# kept, and built again once a month.
fresh_root() {
    local mirror=$1 architectures=$2 packages key kept new dir
    shift 2
    [[ $mirror != https:* ]] || set -- "$@" ca-certificates
    packages=$(IFS=,; printf '%s' "$*")
    key=$(printf '%s\n' "$mirror" "$suite" "$architectures" "$packages" "$(date +%Y-%m)" | sha256sum | cut -c1-16)
    kept=$roots/$key.tar
    if [[ ! -f $kept ]]; then
        say "Making a Debian root ($suite, $architectures)"
        mkdir -p "$roots"
        find "$roots" -name '*.tar*' -mtime +31 -delete
        new=$(mktemp "$kept.XXXXXX")
        # Device nodes could not be unpacked in a user namespace; in_root provides the existing ones.
        mmdebstrap --quiet --variant=apt --architectures="$architectures" ${packages:+--include="$packages"} --format=tar \
            --keyring=/usr/share/keyrings/debian-archive-keyring.gpg --aptopt='Acquire::Languages "none"' \
            --skip=output/dev \
            "$suite" - "deb $mirror $suite main" >"$new" </dev/null || {
            rm -f "$new"
            fail "The Debian root could not be made" "see mmdebstrap's lines above" \
                "check the network and the mirror $mirror; as a plain user, see mmdebstrap(1) on the mode unshare"
        }
        mv "$new" "$kept"
    fi
    dir=$("${as_root[@]}" mktemp --directory --tmpdir intercomd-root.XXXXXX)
    "${as_root[@]}" chmod 755 "$dir"
    "${as_root[@]}" tar -C "$dir" -x <"$kept"
    # This machine's network settings.
    tar -C /etc --dereference -c resolv.conf hosts | "${as_root[@]}" tar -C "$dir/etc" --no-same-owner -x
    "${as_root[@]}" mkdir "$dir/build"
    printf '%s\n' "$dir"
}

# in_root DIR COMMAND…: run it in a root, with separate /dev and /proc; processes that it leaves running end with it.
in_root() {
    # shellcheck disable=SC2016 - meant for the other shell
    "${as_root[@]}" unshare --mount --pid --fork --kill-child bash -c '
        set -e
        root=$1
        shift
        mount -t proc proc "$root/proc"
        mkdir -p "$root/dev"
        mount -t tmpfs -o mode=755 tmpfs "$root/dev"
        for node in null zero full random urandom tty; do
            touch "$root/dev/$node"
            mount --bind "/dev/$node" "$root/dev/$node"
        done
        mkdir "$root/dev/shm"
        mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
        ln -s /proc/self/fd "$root/dev/fd"
        mount -t tmpfs -o mode=755 tmpfs "$root/run"
        proxies=()
        for name in http_proxy https_proxy no_proxy; do
            [[ -z ${!name:-} ]] || proxies+=("$name=${!name}")
        done
        exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "${proxies[@]}" "$@"
    ' bash "$@"
}

# emulated EMULATOR ARCHITECTURE: see to it that the kernel runs that architecture's programs by qemu-EMULATOR, even if it is
# not in a root (flag F); fail if it does not.
emulated() {
    local registered=/proc/sys/fs/binfmt_misc/qemu-$1
    if [[ $(id -u) == 0 && ! -e $registered ]]; then
        [[ -e /proc/sys/fs/binfmt_misc/register ]] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
        cat "/usr/lib/binfmt.d/qemu-$1.conf" >/proc/sys/fs/binfmt_misc/register
    fi
    grep -qs '^flags:.*F' "$registered" ||
        fail "Programs for $2 cannot be run" "the kernel has no qemu-$1 in /proc/sys/fs/binfmt_misc"             "once, as root: mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc; systemctl restart systemd-binfmt"
}

# remove_root DIR
remove_root() {
    "${as_root[@]}" rm -rf --one-file-system "$1"
}
