"""packaging/pjsua2/build --fetch: each place of source.lock is tried in turn, and gives the source or a reason."""

import gzip
import hashlib
import http.server
import io
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _tar() -> bytes:
    """A tar archive, which stands for the source: --fetch unpacks nothing."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        text = os.urandom(40_000).hex().encode()
        entry = tarfile.TarInfo("pjproject-2.17/version.mak")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return made.getvalue()


TAR = _tar()
DEBIANS = b"Debian's component " + os.urandom(50_000)
OTHER = b"another file"


class Places:
    """Debian's archive by a stand-in of apt-get, the two other places by HTTP on loopback."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.cache = folder / "cache"
        self.asked: list[str] = []
        self.served: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.silent: set[str] = set()
        self.over = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.at = f"http://127.0.0.1:{self.server.server_port}"
        self.sha256 = hashlib.sha256(DEBIANS).hexdigest()
        self.archive_moved_on()
        self._packaging(folder / "packaging")

    def _packaging(self, copy: Path) -> None:
        """A copy of what the build reads, whose source.lock names the places of the test."""
        copy.mkdir()
        shutil.copy(ROOT / "packaging/common.sh", copy)
        shutil.copytree(ROOT / "packaging/pjsua2", copy / "pjsua2")
        (copy / "pjsua2/source.lock").write_text(
            f"version=2.17\nsha256={self.sha256}\nsha1={hashlib.sha1(DEBIANS).hexdigest()}\nsnapshot={self.at}/file\n"
            f"upstream={self.at}/2.17.tar.gz\nupstream_sha256={hashlib.sha256(TAR).hexdigest()}\n"
        )
        self.build = copy / "pjsua2/build"
        self.snapshot = f"/file/{hashlib.sha1(DEBIANS).hexdigest()}"
        self.upstream = "/2.17.tar.gz"

    def _handler(places) -> type[http.server.BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                places.asked.append(self.path)
                body = places.served.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                if self.path in places.silent:
                    places.over.wait(60)
                else:
                    self.wfile.write((body or b"")[: 10_000 if self.path in places.cut else None])
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def apt_get(self, update: str = "", source: str = "") -> None:
        program = self.bin / "apt-get"
        program.write_text(f"""#!/bin/bash
case "$*" in
*update\\ --print-uris*) echo "'http://mirror.test/debian/dists/bookworm/InRelease' x 0" ;;
*update*) {update or ":"} ;;
*source\\ --print-uris*) {source or ":"} ;;
esac
""")
        program.chmod(0o755)

    def archive_has(self, path: str, sha256: str) -> None:
        self.apt_get(source=f"""echo "'{self.at}{path}' asterisk_30.1.orig-Xpjproject.tar.xz 1 SHA256:{sha256}" """)

    def archive_moved_on(self) -> None:
        self.archive_has("/pool/new", "0123abc")

    def impatient(self) -> None:
        """Let the build wait 2 s for a place, in place of minutes."""
        program = self.bin / "timeout"
        program.write_text('#!/bin/bash\nshift\nexec /usr/bin/timeout 2 "$@"\n')
        program.chmod(0o755)

    def fetch(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.build, "--fetch"],
            env=os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(self.cache)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def fetched(self) -> bytes:
        result = self.fetch()
        assert result.returncode == 0, result.stderr
        assert not list(self.cache.rglob("*.work"))
        self.said = result.stderr
        return Path(result.stdout.strip()).read_bytes()

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    made = Places(tmp_path)
    yield made
    made.close()


def test_debians_archive_is_asked_first_and_then_the_cache(places: Places) -> None:
    places.served["/pool/source"] = DEBIANS
    places.archive_has("/pool/source", places.sha256)
    assert places.fetched() == DEBIANS
    assert places.fetched() == DEBIANS
    assert places.asked == ["/pool/source"]


def test_an_archive_that_has_moved_on_is_followed_by_the_snapshot_archive(places: Places) -> None:
    places.served[places.snapshot] = DEBIANS
    assert places.fetched() == DEBIANS
    assert places.asked == [places.snapshot]
    assert "not from there: Debian sid has moved on to asterisk_30.1.orig-Xpjproject.tar.xz" in places.said
    assert "0123abc" in places.said


@pytest.mark.parametrize(
    ("update", "source", "reason"),
    [
        ('echo "E: not signed"; exit 100', "", "cannot be read, or is not signed by Debian: E: not signed"),
        ("", "echo \"'http://mirror.test/a' asterisk.orig.tar.xz 1 SHA256:00\"", "no component Xpjproject any more"),
        ("", "exit 100", "no component Xpjproject any more"),
        ("sleep 60", "", "cannot be read"),
    ],
    ids=["unsigned", "without the component", "without the package", "hangs"],
)
def test_an_archive_that_fails_is_followed_by_the_snapshot_archive(
    places: Places, update: str, source: str, reason: str
) -> None:
    places.served[places.snapshot] = DEBIANS
    places.impatient()
    places.apt_get(update, source)
    assert places.fetched() == DEBIANS
    assert reason in places.said


def test_an_archive_that_gives_another_file_than_it_has_signed_is_followed_by_the_snapshot_archive(
    places: Places,
) -> None:
    places.served |= {"/pool/source": OTHER, places.snapshot: DEBIANS}
    places.archive_has("/pool/source", places.sha256)
    assert places.fetched() == DEBIANS
    assert places.asked == ["/pool/source", places.snapshot]


def test_sources_of_apt_without_debian_are_followed_by_the_snapshot_archive(places: Places) -> None:
    places.served[places.snapshot] = DEBIANS
    (places.bin / "apt-get").write_text("#!/bin/bash\n")
    assert places.fetched() == DEBIANS
    assert "not from there: apt's sources name no address that ends in /debian" in places.said


@pytest.mark.parametrize("fault", ["absent", "another file", "cut", "silent"])
def test_a_snapshot_archive_that_fails_is_followed_by_upstreams_release(places: Places, fault: str) -> None:
    places.impatient()
    if fault != "absent":
        places.served[places.snapshot] = OTHER if fault == "another file" else DEBIANS
    if fault == "cut":
        places.cut.add(places.snapshot)
    if fault == "silent":
        places.silent.add(places.snapshot)
    places.served[places.upstream] = gzip.compress(TAR)
    assert gzip.decompress(places.fetched()) == TAR
    assert places.said.count("not from there: ") == 2
    assert places.upstream in places.asked


@pytest.mark.parametrize("level", [1, 9])
def test_upstreams_release_may_be_compressed_in_another_way(places: Places, level: int) -> None:
    places.served[places.upstream] = gzip.compress(TAR, level)
    assert gzip.decompress(places.fetched()) == TAR
    assert gzip.decompress(places.fetched()) == TAR
    assert places.asked.count(places.upstream) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("another file", "is another file than source.lock says"),
        ("absent", "404"),
        ("cut", "E: "),
        ("silent", "nothing whole came from"),
    ],
)
def test_where_every_place_fails_the_error_names_each_with_its_reason(places: Places, fault: str, reason: str) -> None:
    places.impatient()
    if fault != "absent":
        places.served[places.upstream] = gzip.compress(OTHER if fault == "another file" else TAR)
    if fault == "cut":
        places.cut.add(places.upstream)
    if fault == "silent":
        places.silent.add(places.upstream)
    result = places.fetch()
    assert result.returncode == 1
    assert result.stdout == ""
    assert "error:  The source of pjsua2 could not be fetched" in result.stderr
    cause = next(line for line in result.stderr.splitlines() if line.startswith("cause:"))
    assert "Debian's archive: Debian sid has moved on" in cause
    assert "Debian's snapshot archive: " in cause
    assert "404" in cause
    assert reason in cause.partition("upstream's release: ")[2]
    assert "PJSUA2_SOURCE=FILE" in result.stderr
    assert not [path for path in places.cache.rglob("source/*") if path.is_file()]


def test_a_damaged_source_in_the_cache_is_named_and_fetched_again(places: Places) -> None:
    places.served[places.snapshot] = DEBIANS
    places.fetched()
    kept = next(places.cache.rglob("source/*"))
    kept.write_bytes(OTHER)
    assert places.fetched() == DEBIANS
    assert f"the cached source is damaged ({kept} has another SHA-256" in places.said
    assert places.asked == [places.snapshot] * 2
