# Read by packaging/bootstrap, packaging/deb and packaging/pjsua2/build: messages, and installing Debian packages.
# All messages go to standard error; standard output is for results.

# The Debian packages of each part, by their names in Debian 12 and 13 and Raspberry Pi OS based on them.
PJSUA2_LIBRARIES=(  # what a wheel of it loads; the packages of the libraries alone have other names in each Debian
    libasound2-dev libgsm1-dev libopus-dev libspeex-dev libspeexdsp-dev libsrtp2-dev libssl-dev uuid-dev
)
PJSUA2_PACKAGES=(
    build-essential swig xz-utils ca-certificates debian-archive-keyring libspandsp-dev python3-dev "${PJSUA2_LIBRARIES[@]}"
)
FUZZ_PACKAGES=(clang-19 libclang-rt-19-dev zlib1g-dev)  # AddressSanitizer and libFuzzer: make fuzz only
RUN_PACKAGES=(python3 python3-venv ca-certificates)
RELEASE_PACKAGES=(
    git gnupg apt-utils xz-utils dpkg-dev  # make release: signs, and lists what apt may install
    mmdebstrap umoci runc                  # makes the container of the demonstration, and plays a call in it
)
TEST_PACKAGES=(
    sip-tester baresip-core linphone-cli          # far ends of test calls
    coturn                                        # TURN server; its service is not used
    nftables wireguard-go wireguard-tools         # a phone behind a router, and in a tunnel
    kamailio kamailio-tls-modules openssl         # registrar and proxy of tests that start one of their own
    mmdebstrap bubblewrap debian-archive-keyring  # Asterisk of Debian sid in a root of its own
    pulseaudio libasound2-plugins alsa-utils sox  # a sound card in software, and a check of what it played
    chromium firefox-esr                          # open the station's page, each by an engine of its own
    libnss3-tools                                 # puts an authority into a browser's store
    esbuild                                       # makes the page as the package has it
    nginx-light caddy                             # proxies before the station; their services are not used
    systemd dpkg-dev python3-debian               # read the unit and the packaging
    procps util-linux iproute2                    # iproute2: network namespaces on a cable
    mosquitto mosquitto-clients                   # a broker, and the guide's client; its service is not used
    dbus-daemon dbus-bin libglib2.0-bin           # the tests' own message bus, and the guides' client
    curl                                          # the guides' client of the HTTP interface
    libsystemd-dev pkg-config                     # systemd-python is compiled into .venv
    python3-systemd                               # shows why the service does not use it for the journal
    faketime                                      # a clock that jumps
    valgrind                                      # counts instructions for make bench-check
    qemu-user                                     # and those of arm64 for make bench
    prometheus                                    # promtool checks the alerts and the dashboard; it scrapes a station
    zsh fish                                      # what they complete
    opus-tools                                    # what recordings are converted by
    rclone                                        # and copied elsewhere by
    espeak-ng                                     # what the station speaks by; a voice, which must not count as digits
    "${RELEASE_PACKAGES[@]}"                      # releases that tests sign with a key of their own
)

BENCH_AUDIO_PACKAGES=(python3 python3-venv build-essential python3-dev libspeexdsp1 apt)
VOICE_PACKAGES=(  # fetched and unpacked, not installed: recorded voices for make bench-audio
    asterisk-core-sounds-en-g722 asterisk-core-sounds-fr-g722 asterisk-core-sounds-it-g722 asterisk-core-sounds-ru-g722
)

DEB_PACKAGES=(  # builds packages in Debian 13 roots; uidmap: as a plain user
    mmdebstrap uidmap debian-archive-keyring ca-certificates dpkg-dev xz-utils
)

EMULATION_PACKAGES=(qemu-user-static arch-test sip-tester)  # runs and calls packages of another architecture
IMAGE_PACKAGES=(  # makes an image for a memory card, and bundles that update it
    qemu-user-static arch-test e2fsprogs dosfstools mtools genimage u-boot-tools rauc squashfs-tools openssl zstd
)
IMAGE_TEST_PACKAGES=(qemu-system-arm u-boot-qemu openssh-client)  # the machine that starts it, and who logs in there

# The lab (tests/lab): tools for its kernel and disc, the network of its guest, and the packages on its disc
# beside the packages under test, so that no test fetches anything.
LAB_KERNEL_PACKAGES=(build-essential flex bison bc xz-utils python3 debian-archive-keyring)
LAB_DISC_PACKAGES=(mmdebstrap e2fsprogs debian-archive-keyring)
LAB_NETWORK_PACKAGES=(slirp4netns util-linux)
GUEST_PACKAGES=(
    systemd systemd-sysv dbus udev kmod procps iproute2 iputils-ping ca-certificates apt-utils
    sudo adduser             # a normal user account
    python3 gpiod alsa-utils strace
    dosfstools e2fsprogs     # a boot partition, and a disc that is wiped
    python3-libgpiod python3-pytest
    sip-tester baresip-core  # far ends of calls
    unattended-upgrades      # upgrades that need nobody
    opus-tools rclone        # what recordings are converted and copied by, which the package suggests only
)

say() { printf '==> %s\n' "$*" >&2; }

# fail MESSAGE CAUSE REMEDY
fail() {
    printf '\nerror:  %s\ncause:  %s\nremedy: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

# debian_mirror WHAT REMEDY: print apt's address of Debian; without one, fail with WHAT and REMEDY.
debian_mirror() {
    local uris mirror
    # From apt itself: it understands every format of sources, and needs no lists yet.
    uris=$(apt-get update --print-uris 2>/dev/null) || true
    mirror=$(sed -nE "s#^'([^']*/debian(/[0-9]{8}T[0-9]{6}Z)?)/+dists/.*#\1#p" <<<"$uris" | sed -n 1p)
    [[ -n $mirror ]] ||
        fail "There is no Debian mirror to take $1 from" "apt's sources name no address that ends in /debian" \
            "add one to /etc/apt/sources.list.d, or $2"
    printf '%s\n' "$mirror"
}

# Print those of the given packages that are not installed, one a line.
missing_packages() {
    command -v dpkg-query >/dev/null ||
        fail "This machine is not set up by Debian packages" "there is no dpkg-query" \
            "use Debian 12 or later, or Raspberry Pi OS based on it"
    comm -23 <(printf '%s\n' "$@" | sort -u) \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

# need_packages PURPOSE PACKAGE…: show missing packages, then install them, with sudo unless we are root.
need_packages() {
    local purpose=$1 missing log root=() words
    shift
    missing=$(missing_packages "$@") || exit 1
    [[ -n $missing ]] || return 0
    missing=${missing//$'\n'/ }
    say "Debian packages missing for $purpose: $missing"
    if [[ $(id -u) != 0 ]]; then
        command -v sudo >/dev/null ||
            fail "Debian packages are missing and cannot be installed" "you are not root, and there is no sudo" \
                "as root: apt-get install --no-install-recommends $missing"
        root=(sudo)
        if [[ ! -t 0 ]]; then
            root=(sudo -n)
            sudo -n true 2>/dev/null ||
                fail "Debian packages are missing and cannot be installed" \
                    "sudo wants a password, and there is no terminal to ask for it" \
                    "run this in a terminal, or as root: apt-get install --no-install-recommends $missing"
        fi
    fi
    root+=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
    log=$(mktemp)
    read -ra words <<<"$missing"
    # Old lists install old releases: the browsers of Debian's security updates, say, are a year newer. Without a
    # network they may do, if the packages are in apt's cache.
    say "Refreshing the package lists"
    "${root[@]}" -q update >>"$log" 2>&1 </dev/null || true
    if ! _apt_install; then
        local cause
        cause=$(grep -E '^(E|Err)' "$log" | tail -n 5 || true)
        rm -f "$log"
        fail "Debian packages could not be installed: $missing" "${cause:-apt-get gave no reason}" \
            "check the network and apt's sources (apt-get update), then: apt-get install --no-install-recommends $missing"
    fi
    rm -f "$log"
}

_apt_install() {
    local line count=0
    "${root[@]}" -y install --no-install-recommends "${words[@]}" 2>&1 </dev/null | tee -a "$log" |
        while IFS= read -r line; do
            [[ $line != "Setting up "* ]] || ((++count % 20)) || printf '    %d packages set up\n' "$count" >&2
        done
}
