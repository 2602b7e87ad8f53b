"""Load the pjsua2 of a wheel and print its features; exit with status 1 if one is missing.

selfcheck.py [--assert] WHEEL
"""

import ctypes
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CODECS = {"opus/48000/2", "G722/16000/1", "PCMA/8000/1", "PCMU/8000/1"}
# Features without an API are recognised by the functions that the module imports, and by its own texts.
PARTS = {
    "sound by ALSA": b"snd_pcm_open\0",
    "encryption by OpenSSL": b"SSL_CTX_new\0",
    "SRTP": b"srtp_protect\0",
    "DTLS-SRTP": b"SSL_CTX_set_tlsext_use_srtp\0",
    "epoll": b"epoll_wait\0",
    "a gate for requests": b"mod-gate\0",
    "digits in the sound": b"dtmf-detector\0",
    "recordings of two channels": b"stereo-recorder\0",
}
ECHO_CANCELLERS = ("WebRTC AEC3", "Speex AEC", "Echo suppressor")


@contextmanager
def silence() -> Iterator[None]:
    """Nothing on standard output and error, not even from native code.

    libCreate logs its start before any setting can stop it, and libInit looks for sound devices, at which ALSA's
    plug-ins complain of servers that do not run.
    """
    sys.stdout.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    kept = [os.dup(number) for number in (1, 2)]
    for number in (1, 2):
        os.dup2(null, number)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # what native code has printed into its buffer
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)
            os.close(copy)
        os.close(null)


def load() -> tuple[str, list[str]]:
    """Version and codecs of the pjsua2 on sys.path."""
    import pjsua2  # noqa: PLC0415 - from the wheel, which main has just put on the path

    config = pjsua2.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    endpoint = pjsua2.Endpoint()
    with silence():
        endpoint.libCreate()
        endpoint.libInit(config)
        found = endpoint.libVersion().full, [codec.codecId for codec in endpoint.codecEnum2()]
        endpoint.libDestroy(1)
    return found


def main(wheel: str, *, assertions: bool) -> int:
    """Print what there is; the number of things that are not."""
    missing = []
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(folder)
        sys.path.insert(0, folder)
        data = next(Path(folder).glob("_pjsua2*.so")).read_bytes()
        try:
            version, codecs = load()
        except ImportError as error:
            print(f"error: pjsua2 does not load: {error}")
            return 1
    print(f"    version            {version}")
    print(f"    codecs             {' '.join(codecs)}")
    missing += sorted(CODECS - set(codecs))
    cancellers = [name for name in ECHO_CANCELLERS if name.encode() + b"\0" in data]
    print(f"    echo cancellers    {', '.join(cancellers)}")
    missing += [] if ECHO_CANCELLERS[0] in cancellers else [ECHO_CANCELLERS[0]]
    parts = [name for name, symbol in PARTS.items() if symbol in data]
    print(f"    built with         {', '.join(parts)}")
    missing += [name for name in PARTS if name not in parts]
    has_assertions = b"\0__assert_fail\0" in data
    print(f"    assertions         {'on' if has_assertions else 'off'}")
    missing += [] if has_assertions == assertions else [f"assertions {'on' if assertions else 'off'}"]
    for name in missing:
        print(f"error: missing: {name}")
    return len(missing)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[-1], assertions="--assert" in sys.argv)))
