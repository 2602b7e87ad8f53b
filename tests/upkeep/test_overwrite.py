"""What is removed is overwritten first, through no link, and free space is filled and given back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.upkeep import overwrite

SECRET = b"secret " * 500_000
FILL = """
import os, sys
from pathlib import Path
from appliance.upkeep import overwrite
place = Path(sys.argv[1])
(place / "file").write_bytes(b"kept")
before = os.statvfs(place).f_bfree
assert 0 < overwrite.free_bytes(place) <= 1 << 20, overwrite.free_bytes(place)
overwrite.fill(place)
assert os.statvfs(place).f_bfree == before
assert [path.name for path in place.iterdir()] == ["file"]
assert (place / "file").read_bytes() == b"kept"
"""


def content(descriptor: int) -> bytes:
    """All of a file that has no name any more."""
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def test_a_file_is_overwritten_before_it_goes(tmp_path):
    path = tmp_path / "device.key"
    path.write_bytes(SECRET)
    descriptor = os.open(path, os.O_RDONLY)
    overwrite.remove(path)
    assert not path.exists()
    assert content(descriptor) == bytes(len(SECRET))


def test_each_file_below_a_directory_is_overwritten(tmp_path):
    files = [tmp_path / "state" / name for name in ("a", "below/b", "below/further/c")]
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"secret")
    (tmp_path / "state/empty").touch()
    descriptors = [os.open(path, os.O_RDONLY) for path in files]
    overwrite.remove(tmp_path / "state")
    assert not (tmp_path / "state").exists()
    assert [content(descriptor) for descriptor in descriptors] == [bytes(6)] * 3


@pytest.mark.parametrize("where", ["link", "state/link"])
@pytest.mark.parametrize("to", ["file", "folder"])
def test_a_link_goes_and_what_it_leads_to_stays(tmp_path, where, to):
    (tmp_path / "state").mkdir()
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file", tmp_path / "folder/file"):
        path.write_bytes(b"of another program")
    (tmp_path / where).symlink_to(tmp_path / to)
    overwrite.remove((tmp_path / where) if where == "link" else (tmp_path / "state"))
    assert not os.path.lexists(tmp_path / where)
    assert (tmp_path / "file").read_bytes() == (tmp_path / "folder/file").read_bytes() == b"of another program"


def test_a_file_with_another_name_is_not_overwritten(tmp_path):
    (tmp_path / "file").write_bytes(b"kept")
    (tmp_path / "name").hardlink_to(tmp_path / "file")
    overwrite.remove(tmp_path / "name")
    assert (tmp_path / "file").read_bytes() == b"kept"


@pytest.mark.parametrize("name", ["absent", "absent/absent"])
def test_what_is_not_there_is_no_fault(tmp_path, name):
    overwrite.remove(tmp_path / name)


def test_each_file_system_is_named_once(tmp_path):
    (tmp_path / "a").mkdir()
    assert overwrite.discs([tmp_path, tmp_path / "a", tmp_path / "absent"]) == [tmp_path]
    assert len(overwrite.discs([tmp_path, Path("/proc")])) == 2


def test_the_free_space_of_a_disc_is_filled_and_given_back(tmp_path):
    """A disc of 1 MB, in memory and in a namespace of its own."""
    script = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" -c "$3" "$1"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(
        [*command, "sh", tmp_path, sys.executable, FILL],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
