# shellcheck shell=bash disable=SC2034
# Sourced by the lab's commands: where things are kept, and what they are made from.
set -euo pipefail
shopt -s inherit_errexit

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$lab/../../packaging/common.sh"

cache=$(realpath -m "${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/intercomd/lab}")
run_dir=$(realpath -m "${LAB_RUN:-$cache/run}")
suite=${LAB_SUITE:-trixie}
kernel_suite=${LAB_KERNEL_SUITE:-$suite-backports}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# key TEXT FILE…: sixteen letters that change with the text, and with names, modes and contents of files.
key() {
    {
        printf '%s\n' "$1"
        find "${@:2}" -type f ! -path '*/__pycache__/*' -printf '%m %P %f\n' | sort
        find "${@:2}" -type f ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0 cat
    } | sha256sum | cut -c1-16
}

# A change of its options makes another kernel; a newer source alone does not.
kernel=${LAB_KERNEL:-$cache/linux-$(key "$kernel_suite" "$lab/build-kernel" "$lab/kernel.config" "$lab/kernel.patch")}
# What build-rootfs made last, unless another one is asked for.
image=${LAB_IMAGE:-$cache/$suite.ext4}

# The guest's processes hold a lock for as long as any of them lives.
guest_alive() { [[ -e $run_dir/lock ]] && ! flock --shared --nonblock "$run_dir/lock" true; }

not_running() { fail "The guest is not running" "$run_dir/lock is not held" "start it: tests/lab/boot"; }

# The guest's disc, made from the image before the first boot.
make_disc() {
    [[ ! -s $run_dir/disc ]] || return 0
    [[ -s $image ]] || fail "There is no disc to boot from" "$image is not there" "run tests/lab/build-rootfs"
    cp --sparse=always "$image" "$run_dir/disc"
}
