"""A backup has the station's configuration and state; a restore refuses all that is not a whole backup, and keeps the
way back."""

import errno
import gzip
import hashlib
import io
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.base.errors import IntercomError
from appliance.core.model import RecordingFacts
from appliance.store import database, event_ids, recording_index
from appliance.store.audit import Audit
from appliance.store.event_ids import Reservation
from appliance.store.lists import chain
from appliance.store.writer import Writer
from appliance.system import lock
from appliance.upkeep import archive
from appliance.upkeep.restore import BEFORE, restore, words
from appliance.upkeep.save import save
from appliance.upkeep.save import words as saved_words
from tests.store.stores import PATIENCE_S, Inbox, envelope

CONFIG = """
[station]
name = "{name}"
[account.office]
user = "201"
registrar = "pbx.example"
password_file = "{directory}/office.password"
[account.attic]
user = "202"
registrar = "pbx.example"
password_file = "attic.password"
[directory]
file = "{elsewhere}"
[recording]
copy_to = "nas:door"
copy_config_file = "{directory}/rclone.conf"
"""


class Station:
    """The files of a station: state in `state`, configuration in `etc`."""

    def __init__(self, directory, name="Door"):
        self.state, self.config, self.elsewhere = (
            directory / "state",
            directory / "etc" / "door.toml",
            directory / "x.csv",
        )
        self.config.parent.mkdir(parents=True)
        self.elsewhere.write_text("flat,name,targets\n")
        text = CONFIG.format(name=name, directory=self.config.parent, elsewhere=self.elsewhere)
        self.config.write_text(text)
        for file in ("office.password", "attic.password", "rclone.conf", "unnamed.txt"):
            (self.config.parent / file).write_text(f"{name} {file}")
            (self.config.parent / file).chmod(0o600)
        self.append(1, 2, 3)
        (self.state / "device.key").write_text(name)
        (self.state / "device.key").chmod(0o640)
        (self.state / "kept.json").write_text(name)
        event_ids.write(self.state, Reservation(500, clean=True))

    def append(self, *numbers):
        writer = Writer(self.state, Inbox())
        audit = Audit(writer)
        for number in numbers:
            audit.append(envelope(number, "door.unlocked"))
        audit.close()
        assert writer.close(PATIENCE_S)

    def record(self):
        """Two finished recordings and one that is being written; the files of the finished ones."""
        directory = self.state / "recordings"
        directory.mkdir()
        files = {"r-1.wav": b"RIFF" + bytes(99), "r-1.json": b"{}", "r-2.opus": b"OggS", "r-2.keep": b""}
        for name, content in (files | {"r-1.peaks": b"[]", "r-3.wav": b"RIFF", "strange.txt": b"x"}).items():
            (directory / name).write_bytes(content)
        with closing(database.connect(self.state)) as connection:
            for number, complete in ((1, True), (2, True), (3, False)):
                entry = RecordingFacts(0, f"r-{number}", "", "", envelope(1)["time"], complete=complete)
                recording_index.insert(connection, entry)
        return files

    def audited(self):
        with closing(database.reader(self.state)) as connection:
            assert chain.faults(connection, "audit") == []
            return [number for (number,) in connection.execute("SELECT id FROM audit ORDER BY id")]

    def files(self):
        """All files with what they have, but the lock."""
        roots = (self.state, self.config.parent)
        found = (path for root in roots for path in root.rglob("*") if path.is_file() and path.name != "lock")
        return {str(path): path.read_bytes() for path in found}


@pytest.fixture
def station(tmp_path):
    return Station(tmp_path / "station")


@pytest.fixture
def saved(station, tmp_path):
    save(tmp_path / "backup", station.state, station.config)
    return tmp_path / "backup"


def refused(file, station, *said):
    """The backup is refused with these words, and nothing was changed."""
    before = station.files()
    with pytest.raises(IntercomError) as caught:
        restore(file, station.state, station.config)
    text = str(caught.value)
    assert all(word in text for word in said), text
    assert caught.value.resolution
    assert station.files() == before
    assert [path.name for path in station.state.parent.iterdir() if "restore" in path.name] == []


def with_files(saved, **files):
    """The backup with files of the configuration changed, or added, as its manifest lists them."""
    given = {f"config/{name}": text for name, text in files.items()}
    with tarfile.open(saved) as tar:
        listed = json.load(tar.extractfile(archive.MANIFEST))["files"]
    listed |= {name: {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()} for name, text in given.items()}
    return changed(saved, **{archive.MANIFEST: manifest(saved, files=listed)}, **given)


def changed(saved, **members):
    """The backup with members changed, left out (None) or added."""
    made = saved.with_name("changed")
    with tarfile.open(saved) as old, tarfile.open(made, "w:gz", format=tarfile.USTAR_FORMAT) as new:
        for member in old:
            content = members.pop(member.name, old.extractfile(member).read())
            if content is not None:
                put(new, member.name, content)
        for name, content in members.items():
            put(new, name, content)
    return made


def put(tar, name, content):
    member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def manifest(saved, **fields):
    """The manifest with fields changed."""
    with tarfile.open(saved) as tar:
        return json.dumps(json.load(tar.extractfile(archive.MANIFEST)) | fields).encode()


def test_a_backup_is_for_its_owner_and_says_which_files_it_lacks(station, tmp_path):
    done = save(tmp_path / "b", station.state, station.config)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert done == {
        "file": str(tmp_path / "b"),
        "bytes": (tmp_path / "b").stat().st_size,
        "secrets": True,
        "left_out": [str(station.elsewhere)],
    }
    with tarfile.open(tmp_path / "b") as tar:
        assert tar.getnames() == [
            *("manifest.json", "config/attic.password", "config/door.toml", "config/office.password"),
            *("config/rclone.conf", "database"),
            *("state/device.key", "state/event-ids.json", "state/kept.json"),
        ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "station"]


def test_a_file_that_exists_is_not_overwritten(station, tmp_path):
    (tmp_path / "b").write_text("mine")
    with pytest.raises(IntercomError, match="does not exist yet"):
        save(tmp_path / "b", station.state, station.config)
    assert (tmp_path / "b").read_text() == "mine"


def test_a_backup_that_fails_leaves_no_file(station, tmp_path):
    (station.state / database.FILE).unlink()
    with pytest.raises(IntercomError, match="No backup was written"):
        save(tmp_path / "b", station.state, station.config)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("secrets", [True, False])
def test_the_keys_of_https_are_in_a_backup_with_secrets_alone(station, tmp_path, secrets):
    keys = ["http.key", "http-ca.key"]
    for name in keys:
        (station.state / name).write_text(f"the secret of {name}")
    save(tmp_path / "b", station.state, station.config, secrets=secrets)
    with tarfile.open(tmp_path / "b") as tar:
        assert [f"state/{name}" in tar.getnames() for name in keys] == [secrets] * 2
    assert (b"the secret of" in gzip.decompress((tmp_path / "b").read_bytes())) == secrets


@pytest.mark.parametrize("name", ["http.token", database.FILE])
def test_a_link_in_the_state_is_not_followed(station, tmp_path, name):
    (tmp_path / "of another").write_text("a secret of root")
    (station.state / name).unlink(missing_ok=True)
    (station.state / name).symlink_to(tmp_path / "of another")
    with pytest.raises(IntercomError, match="No backup was written"):
        save(tmp_path / "b", station.state, station.config)
    assert not (tmp_path / "b").exists()


def test_a_file_that_no_restore_would_take_is_left_out(station, tmp_path):
    (station.config.parent / "attic.password").write_bytes(bytes(2_000_001))
    done = save(tmp_path / "b", station.state, station.config)
    left_out = [str(station.config.parent / "attic.password"), str(station.elsewhere)]
    assert sorted(done["left_out"]) == sorted(left_out)
    restore(tmp_path / "b", station.state, station.config)


def test_a_backup_without_secrets_leaves_those_of_the_station(station, tmp_path):
    (station.state / "http.token").write_text("token")
    done = save(tmp_path / "b", station.state, station.config, secrets=False)
    with tarfile.open(tmp_path / "b") as tar:
        names = [*("manifest.json", "config/door.toml", "database"), *("state/event-ids.json", "state/kept.json")]
        assert tar.getnames() == names
    passwords = [str(station.config.parent / name) for name in ("attic.password", "office.password", "rclone.conf")]
    assert sorted(done["left_out"]) == sorted([*passwords, str(station.elsewhere)])
    station.config.write_text('[station]\nname = "New"\n')
    (station.state / "http.token").write_text("newer token")
    restore(tmp_path / "b", station.state, station.config)
    assert 'name = "Door"' in station.config.read_text()
    kept = [station.state / "http.token", station.state / "device.key", station.config.parent / "office.password"]
    assert [path.read_text() for path in kept] == ["newer token", "Door", "Door office.password"]


@pytest.mark.parametrize(
    "text",
    ['[panel]\nlines = "simulated"\n[door.front]\ndigits = "4711"\n', '[target.k]\nuri = "sip:k:secret@192.0.2.1"\n'],
)
def test_a_configuration_that_has_secrets_itself_is_not_saved_without_them(station, tmp_path, text):
    station.config.write_text(text)
    with pytest.raises(IntercomError, match="nothing can leave them out"):
        save(tmp_path / "b", station.state, station.config, secrets=False)
    assert not (tmp_path / "b").exists()


def test_a_backup_of_a_database_in_use_is_whole(station, tmp_path):
    with closing(database.connect(station.state)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM audit")
        save(tmp_path / "b", station.state, station.config)
        connection.execute("ROLLBACK")
    station.append(4)
    restore(tmp_path / "b", station.state, station.config)
    assert station.audited() == [1, 2, 3]


def test_what_a_restore_replaces_is_kept(station, saved):
    first = station.files()
    station.append(4, 5)
    (station.state / "device.key").write_text("new key")
    station.config.write_text('[station]\nname = "New"\n')
    station.config.chmod(0o604)
    (station.config.parent / "office.password").write_text("new")
    done = restore(saved, station.state, station.config)
    assert done["station"] == "Door" and "Restored: Door, saved at 20" in words(done)
    assert station.audited() == [1, 2, 3]
    same = ("device.key", "door.toml", "office.password", "attic.password")
    assert all(
        text == first[path] for path, text in station.files().items() if path.endswith(same) and BEFORE not in path
    )
    assert stat.S_IMODE(station.config.stat().st_mode) == 0o604, "as it was"
    assert stat.S_IMODE((station.state / "device.key").stat().st_mode) == 0o640, "as it was"
    before = station.state / BEFORE
    assert stat.S_IMODE(before.stat().st_mode) == 0o700
    assert (before / "device.key").read_text() == "new key"
    assert (before / "office.password").read_text() == "new"
    with closing(database.reader(before)) as connection:
        assert connection.execute("SELECT max(id) FROM audit").fetchone() == (5,)
    restore(saved, station.state, station.config)  # replaces what was kept
    assert (before / "device.key").read_text() == "Door"


def test_a_station_on_a_new_machine_gets_everything_for_its_user_only(station, saved, tmp_path):
    state, config = tmp_path / "new" / "state", tmp_path / "new" / "etc" / "x.toml"
    restore(saved, state, config)
    assert config.read_bytes() == station.config.read_bytes()
    assert (state / "kept.json").read_text() == "Door"
    private = [state / "device.key", config.parent / "office.password"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in private] == [0o600] * 2
    assert event_ids.read(state).upto > 500


@pytest.fixture
def cut(monkeypatch):
    """The power is cut where the database would get its place; a call ends that."""
    replace = os.replace

    def until_the_database(source, target, **places):
        if str(target).endswith(database.FILE):
            raise KeyboardInterrupt
        return replace(source, target, **places)

    monkeypatch.setattr(os, "replace", until_the_database)
    return monkeypatch.undo


def test_a_restore_that_a_power_cut_ends_leaves_each_file_whole_and_the_way_back(station, saved, cut):
    station.append(4)
    (station.state / "device.key").write_text("new key")
    with pytest.raises(KeyboardInterrupt):
        restore(saved, station.state, station.config)
    assert station.audited() == [1, 2, 3, 4]
    assert (station.state / "device.key").read_text() == "Door"
    cut()
    restore(saved, station.state, station.config)
    assert station.audited() == [1, 2, 3]
    (kept,) = station.state.glob(f"{BEFORE}.*")
    assert (kept / "device.key").read_text() == "new key"
    assert (station.state / BEFORE / "device.key").read_text() == "Door"


@pytest.mark.usefixtures("cut")
def test_a_power_cut_after_a_kill_loses_nothing_that_was_committed(station, saved):
    main, log = station.state / database.FILE, station.state / f"{database.FILE}-wal"
    with closing(database.connect(station.state)):  # as long as it is open, the log stays
        station.append(4)
        killed = {path: path.read_bytes() for path in (main, log)}
    for path, content in killed.items():
        path.write_bytes(content)
    with pytest.raises(KeyboardInterrupt):
        restore(saved, station.state, station.config)
    assert station.audited() == [1, 2, 3, 4]


def test_no_event_gets_an_id_that_was_used_since(station, saved):
    event_ids.write(station.state, Reservation(90_000_000, clean=True))  # of years
    restore(saved, station.state, station.config)
    found = event_ids.read(station.state)
    assert found.upto > 90_000_000 and not found.clean


def test_a_lockdown_that_holds_now_is_not_ended(station, saved):
    (station.state / "kept.json").write_text("locked down since")
    restore(saved, station.state, station.config)
    assert (station.state / "kept.json").read_text() == "locked down since"


def test_the_rest_of_a_killed_daemon_does_not_damage_the_restored_database(station, saved):
    log = station.state / f"{database.FILE}-wal"
    with closing(database.connect(station.state)) as connection:
        connection.execute("UPDATE audit SET envelope = '{}'")
        written = log.read_bytes()
    log.write_bytes(written)  # as after a kill, before SQLite has put it into the database
    restore(saved, station.state, station.config)
    assert station.audited() == [1, 2, 3]


def test_while_a_daemon_runs_that_is_no_service_nothing_is_restored(station, saved):
    held = lock.take(station.state)
    refused(saved, station, "Another daemon uses the state directory")
    os.close(held)


def test_recordings_are_saved_on_demand_and_those_that_are_missing_come_back(station, tmp_path):
    files = station.record()
    save(tmp_path / "b", station.state, station.config, recordings=True)
    directory = station.state / "recordings"
    with tarfile.open(tmp_path / "b") as tar:
        assert {name for name in tar.getnames() if name.startswith("recordings")} == {
            "recordings.json",
            *(f"recordings/{name}" for name in files),
        }
    (directory / "r-1.wav").unlink()
    (directory / "r-2.opus").write_bytes(b"since then")
    done = restore(tmp_path / "b", station.state, station.config)
    assert (done["recordings"], "that were added: 1" in words(done)) == (1, True)
    assert (directory / "r-1.wav").read_bytes() == files["r-1.wav"]
    assert (directory / "r-2.opus").read_bytes() == b"since then"
    state = tmp_path / "new" / "state"
    assert restore(tmp_path / "b", state, tmp_path / "new" / "etc" / "x.toml")["recordings"] == 2
    assert {path.name: path.read_bytes() for path in (state / "recordings").iterdir()} == files


def test_a_recording_that_is_removed_while_the_space_is_counted_ends_no_backup(station, tmp_path, monkeypatch):
    files, glob = station.record(), Path.glob

    def with_one_removed_meanwhile(directory, pattern):
        found = list(glob(directory, pattern))
        if directory.name == "recordings":
            (directory / "r-2.opus").unlink(missing_ok=True)
        yield from found

    monkeypatch.setattr(Path, "glob", with_one_removed_meanwhile)
    save(tmp_path / "b", station.state, station.config, recordings=True)
    with tarfile.open(tmp_path / "b") as tar:
        assert {f"recordings/{name}" for name in files if name != "r-2.opus"} < set(tar.getnames())


READ = 16 * 1024  # at once


class Damaged(io.BytesIO):
    """A file on a disc that gives its first bytes only."""

    def __init__(self, file):
        self.fileno = file.fileno
        super().__init__(file.read())

    def read(self, size=-1):
        if self.tell() >= READ:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(size)


class CutOff(io.BytesIO):
    """A file that has become shorter."""

    def __init__(self, file):
        self.fileno = file.fileno
        super().__init__(file.read(READ))


def opens_not(_file):
    raise OSError(errno.EUCLEAN, os.strerror(errno.EUCLEAN))


@pytest.mark.parametrize(
    ("opens", "has", "why"),
    [
        (opens_not, None, "Structure needs cleaning"),
        (Damaged, b"x" * READ + bytes(99), "Input/output error"),
        (CutOff, b"x" * READ + bytes(99), "it has become shorter"),
    ],
)
def test_a_recording_that_cannot_be_read_is_named_and_costs_no_other(station, tmp_path, monkeypatch, opens, has, why):
    files, opened, lstat = station.record(), archive.opened, Path.lstat
    damaged = station.state / "recordings" / "r-1.wav"
    damaged.write_bytes(b"x" * (READ + 99))

    def looked_at(path):
        return opens_not(path) if path == damaged and has is None else lstat(path)

    monkeypatch.setattr(archive, "opened", lambda path: opens(opened(path)) if path == damaged else opened(path))
    monkeypatch.setattr(Path, "lstat", looked_at)
    done = save(tmp_path / "b", station.state, station.config, recordings=True)
    monkeypatch.undo()
    assert done["unread"] == {str(damaged): why}
    assert f"{damaged} ({why})" in saved_words(done)
    state = tmp_path / "new" / "state"
    restore(tmp_path / "b", state, tmp_path / "new" / "etc" / "x.toml")
    whole = {name: content for name, content in (files | {"r-1.wav": has}).items() if content is not None}
    assert {path.name: path.read_bytes() for path in (state / "recordings").iterdir()} == whole


def test_a_recording_whose_sound_is_gone_is_named_as_where_its_disc_is_away(station, tmp_path):
    station.record()
    for name in ("r-1.wav", "r-2.opus"):
        (station.state / "recordings" / name).unlink()
    done = save(tmp_path / "b", station.state, station.config, recordings=True)
    assert [Path(path).name for path in done["unread"]] == ["r-1.wav", "r-2.wav"]
    assert "unread" not in save(tmp_path / "without", station.state, station.config)


def test_a_restore_whose_disc_is_full_leaves_no_part_of_a_recording(station, tmp_path, monkeypatch):
    station.record()
    save(tmp_path / "b", station.state, station.config, recordings=True)
    (station.state / "recordings" / "r-1.wav").unlink()

    def until_full(source, target):
        target.write(source.read(10))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", until_full)
    refused(tmp_path / "b", station, "No space left")


def test_a_restore_that_is_refused_at_its_end_has_added_no_recording(station, tmp_path):
    station.record()
    save(tmp_path / "b", station.state, station.config, recordings=True)
    (station.state / "recordings" / "r-1.wav").unlink()
    held = lock.take(station.state)
    refused(tmp_path / "b", station, "Another daemon uses the state directory")
    os.close(held)
    assert restore(tmp_path / "b", station.state, station.config)["recordings"] == 1


def test_what_a_killed_restore_left_goes_with_the_next(station, saved):
    station.record()
    left = [station.state / "http.key.restored", station.state / "recordings" / "r-9.wav.restored"]
    for path in left:
        path.write_text("secret")
    restore(saved, station.state, station.config)
    assert [path for path in left if path.exists()] == []


def test_a_missing_state_belongs_to_the_services_user(saved, tmp_path, monkeypatch):
    """As on a machine whose service has never run: it could not read its own files otherwise."""
    owners = {}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, uid, gid: owners.update({str(path): (uid, gid)}))
    monkeypatch.setattr(
        pwd, "getpwnam", lambda name: SimpleNamespace(pw_uid=990, pw_gid=991) if name == "intercomd" else {}[name]
    )
    state = tmp_path / "new" / "state"
    restore(saved, state, tmp_path / "new" / "etc" / "x.toml")
    assert owners == {str(state): (990, 991)}


def disc(monkeypatch, free):
    """A disc with so many bytes free."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))


FREE = 100_000_000  # recording.free_mb, by default


def test_a_backup_leaves_the_space_that_the_system_needs(station, tmp_path, monkeypatch):
    station.record()
    large = station.state / "recordings" / "r-1.wav"
    large.write_bytes(bytes(5_000_000))
    disc(monkeypatch, FREE + 4_000_000)
    save(tmp_path / "small", station.state, station.config)
    with pytest.raises(IntercomError, match=r"104 MB are free.* 100 MB have to stay free .*free_mb") as caught:
        save(tmp_path / "large", station.state, station.config, recordings=True)
    assert (caught.value.code, bool(caught.value.resolution)) == ("storage-full", True)
    assert not (tmp_path / "large").exists()
    station.config.write_text(station.config.read_text().replace("[recording]", "[recording]\nfree_mb = 90"))
    save(tmp_path / "large", station.state, station.config, recordings=True)


def test_a_backup_to_another_disc_does_not_mind_the_space_of_the_state(station, monkeypatch):
    disc(monkeypatch, 0)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        save(Path(other, "b"), station.state, station.config)


@pytest.mark.parametrize("free", [FREE, FREE + 4_000_000])  # too little to unpack, and to copy what was unpacked
def test_a_restore_leaves_the_space_that_the_system_needs(station, tmp_path, monkeypatch, free):
    station.record()
    (station.state / "recordings" / "r-1.wav").write_bytes(bytes(3_990_000))
    save(tmp_path / "b", station.state, station.config, recordings=True)
    (station.state / "recordings" / "r-1.wav").unlink()
    disc(monkeypatch, free)
    refused(tmp_path / "b", station, "too little space", "recording.free_mb")
    disc(monkeypatch, FREE + 5_000_000)
    assert restore(tmp_path / "b", station.state, station.config)["recordings"] == 1


def test_the_space_counts_by_default_where_the_configuration_cannot_be_used(station, saved, monkeypatch):
    station.config.write_text("not TOML")
    disc(monkeypatch, FREE)
    refused(saved, station, "100 MB have to stay free")
    disc(monkeypatch, FREE + 1_000_000)
    assert restore(saved, station.state, station.config)["station"] == "Door"


def test_a_backup_without_recordings_adds_none(station, saved):
    assert restore(saved, station.state, station.config)["recordings"] == 0
    assert not (station.state / "recordings").exists()


def test_a_link_in_place_of_the_lock_leads_root_nowhere(station, saved, tmp_path):
    (station.state / "lock").symlink_to(tmp_path / "of another")
    refused(saved, station, "cannot be locked")
    assert not (tmp_path / "of another").exists()


# -- what is no whole backup -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 20, 600, -600])
def test_a_backup_that_is_cut_off_is_refused(station, saved, length):
    saved.write_bytes(saved.read_bytes()[:length])
    refused(saved, station, "is not a whole backup")


def test_a_flipped_byte_is_found_or_has_no_meaning(station, saved):
    content, found = saved.read_bytes(), 0
    for place in range(12, len(content), len(content) // 20):
        saved.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            restore(saved, station.state, station.config)
        except IntercomError:
            found += 1
        assert station.audited() == [1, 2, 3]
        assert (station.state / "device.key").read_text() == "Door"
    assert found >= 15


@pytest.mark.parametrize("content", [b"hello", b"\x1f\x8b rest", bytes(2000)])
def test_another_file_is_refused(station, tmp_path, content):
    (tmp_path / "other").write_bytes(content)
    refused(tmp_path / "other", station, "backup")


def test_another_archive_is_refused(station, tmp_path):
    with tarfile.open(tmp_path / "other", "w:gz") as tar:
        put(tar, "etc/passwd", b"x")
    refused(tmp_path / "other", station, "is not a backup of intercomd", "does not begin with manifest.json")


def test_a_file_that_is_missing_is_named(station, tmp_path):
    refused(tmp_path / "none", station, "none cannot be read")


def test_a_newer_format_is_refused_with_its_version(station, saved):
    newer = {archive.MANIFEST: json.dumps({"format": 2, "version": "9.0.0", "files": []}).encode()}
    refused(changed(saved, **newer), station, "newer intercomd", "9.0.0", "Install that version")


def test_a_newer_database_is_refused(station, tmp_path):
    with closing(database.connect(station.state, (*database.STEPS, "CREATE TABLE more (id);"))):
        pass
    copy = tmp_path / "copy"
    with pytest.raises(IntercomError, match="newer intercomd"):
        save(copy, station.state, station.config)
    assert not copy.exists()


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"state/device.key": b"Boor"}, "device.key was changed"),
        ({"state/device.key": b"longer"}, "device.key is cut off"),
        ({"state/device.key": None}, "state/device.key is missing"),
        ({"state/http.token": b"x"}, "'state/http.token' does not belong there"),
        ({"../outside": b"x"}, "'../outside' does not belong there"),
        ({"/etc/cron.d/x": b"x"}, "'/etc/cron.d/x' does not belong there"),
        ({"config/../../x": b"x"}, "'config/../../x' does not belong there"),
    ],
)
def test_members_that_were_changed_or_added_are_named(station, saved, members, said):
    refused(changed(saved, **members), station, "is not a whole backup", said)


@pytest.mark.parametrize(
    "name", ["../x", "/x", "state/../x", "state/lock", "config/../x", "config/.x", "config/", "config/a/b", "x", ""]
)
def test_a_manifest_cannot_name_other_places(station, saved, name):
    with tarfile.open(saved) as tar:
        files = json.load(tar.extractfile(archive.MANIFEST))["files"]
    content = archive.Content(1, "00")
    listed = files | {name: {"bytes": content.bytes, "sha256": content.sha256}}
    hostile = changed(saved, **{archive.MANIFEST: manifest(saved, files=listed), name: b"x"})
    refused(hostile, station, "its manifest has")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(station, saved, kind):
    member = tarfile.TarInfo("state/http.token")
    member.type, member.linkname = kind, "/etc/passwd"
    made = saved.with_name("linked")
    with tarfile.open(saved) as old, tarfile.open(made, "w:gz") as new:
        for each in old:
            put(new, each.name, old.extractfile(each).read())
        new.addfile(member)
    refused(made, station, "is no ordinary file")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"recordings/r-1.wav": b"other"}, "r-1.wav was changed or is missing"),
        ({"recordings/r-1.wav": None}, "r-1.wav was changed or is missing"),
        ({"recordings.json": b"{}"}, "r-1.json was changed or is missing"),
        ({"recordings.json": b"["}, "recordings.json cannot be read"),
        ({"recordings.json": None}, "recordings.json is missing"),
        ({"recordings/r-3.wav": b"after the list"}, "'recordings/r-3.wav' does not belong there"),
        ({"recordings/../../x.wav": b"x"}, "'recordings/../../x.wav' does not belong there"),
        ({"recordings/r-1.sh": b"x"}, "'recordings/r-1.sh' does not belong there"),
    ],
)
def test_recordings_that_were_changed_added_or_left_out_are_named(station, tmp_path, members, said):
    station.record()
    save(tmp_path / "good", station.state, station.config, recordings=True)
    refused(changed(tmp_path / "good", **members), station, "is not a whole backup", said)


def test_a_configuration_that_cannot_be_used_is_refused(station, tmp_path):
    good = tmp_path / "good"
    save(good, station.state, station.config)
    made = with_files(good, **{"door.toml": b"[nonsense]\n"})
    refused(made, station, "cannot use the configuration", "nonsense")


def test_a_configuration_with_many_faults_is_refused_by_a_short_text(station, saved):
    text = b"[account]\n" + b"".join(b"a%d.user = 'x'\n" % number for number in range(10_000))
    refused(with_files(saved, **{"door.toml": text}), station, "cannot use the configuration", "account.a0", "…")
    with pytest.raises(IntercomError) as caught:
        restore(saved.with_name("changed"), station.state, station.config)
    assert len(str(caught.value)) < 5_000


@pytest.mark.parametrize("name", ["unnamed.txt", "intercomd.conf", "door.toml.bak"])
def test_a_file_that_the_configuration_does_not_name_is_refused(station, saved, name):
    refused(with_files(saved, **{name: b"x"}), station, f"its configuration does not name {name}")


NAMES = """
[account.office]
user = "201"
registrar = "pbx.example"
password_file = "{}"
[account.attic]
user = "202"
registrar = "pbx.example"
password_file = "{}"
"""


@pytest.mark.parametrize(
    ("named", "place", "said"),
    [
        (("a.password", "b.password"), "etc/a.password", "They are config/door.toml and config/a.password"),
        (
            ("a", "a.restored"),
            "etc/door.toml",
            "They are config/a and config/a.restored",
        ),  # where the first waits for all others
        (("device.key", "b.password"), "state/door.toml", "They are state/device.key and config/device.key"),
        (("intercomd.sqlite3", "b.password"), "state/door.toml", "They are config/intercomd.sqlite3 and "),
        (("event-ids.json.restored", "b.password"), "state/door.toml", "event-ids.json.restored"),
    ],
)
def test_two_files_for_one_place_are_refused_with_what_helps(tmp_path, named, place, said):
    there, here = Station(tmp_path / "there"), Station(tmp_path / "here")
    there.config.write_text(NAMES.format(*named))
    for name in named:
        there.config.with_name(name).write_text("secret")
    save(tmp_path / "backup", there.state, there.config)
    here.config = here.config.rename(tmp_path / "here" / place)
    refused(tmp_path / "backup", here, "has two files for", said, "--config")


def test_a_recording_that_is_in_a_backup_twice_is_named(station, tmp_path):
    station.record()
    save(tmp_path / "good", station.state, station.config, recordings=True)
    twice = tmp_path / "twice"
    with tarfile.open(tmp_path / "good") as old, tarfile.open(twice, "w:gz") as new:
        for member in old:
            for _ in range(2 if member.name == "recordings/r-1.wav" else 1):
                put(new, member.name, old.extractfile(member).read())
    refused(twice, station, "recordings/r-1.wav is in it twice", "Use another copy of the file")


def test_a_backup_has_so_many_files_of_recordings_and_no_more(station, tmp_path, monkeypatch):
    station.record()
    save(tmp_path / "good", station.state, station.config, recordings=True)
    monkeypatch.setattr(archive, "MOST_RECORDED", 3)
    refused(tmp_path / "good", station, "more than 3 files of recordings")
    with pytest.raises(IntercomError, match="room for 3 files of recordings"):
        save(tmp_path / "more", station.state, station.config, recordings=True)
    assert not (tmp_path / "more").exists()


# -- archives that are small, and large once unpacked ------------------------------------------------------------------

MB = 1 << 20
LARGE = 256  # MB, of which gzip makes a quarter of one
MOST_MB = 64  # that any of them may take beside what a refused text takes
RESTORE = """
import resource, sys
from pathlib import Path
from appliance.base.errors import IntercomError
from appliance.upkeep.restore import restore
def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
file, state, config = map(Path, sys.argv[1:])
for each in (config, file):  # the first is refused at once
    before = most()
    try:
        restore(each, state, config)
    except IntercomError as error:
        told = str(error)
print(most() - before, told)
"""


def header(name, size, kind=tarfile.REGTYPE):
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.USTAR_FORMAT)


def filled(write, megabytes=LARGE):
    for _ in range(megabytes):
        write(bytes(MB))


def extended(kind):
    """A member whose header goes on for very long: a name or fields, which a reader would keep in memory."""

    def bomb(write, first):
        write(first)
        write(header("long", LARGE * MB, kind))
        filled(write)
        write(header("recordings/r-1.wav", 0))

    return bomb


def chained(write, first):
    write(first)
    for _ in range(5_000):
        write(header("long", 0, b"x"))


def sparse(write, first):
    write(first)
    text = b"".join(
        b"%d %s\n" % (len(field) + 4, field)
        for field in (b"GNU.sparse.major=1", b"GNU.sparse.minor=0", b"GNU.sparse.name=x")
    )
    write(header("long", len(text), b"x") + text + bytes(-len(text) % 512))
    write(header("recordings/r-1.wav", LARGE * MB))
    write(b"9999999\n")
    filled(write)


def listed(write, first):
    write(first)
    write(header("recordings.json", LARGE * MB))
    filled(write)


def described(write, _first):
    write(header("manifest.json", LARGE * MB))
    filled(write)


def after_its_end(write, first):
    write(first)
    filled(write)


BOMBS = {
    "a long name": (extended(tarfile.GNUTYPE_LONGNAME), "is no ordinary file"),
    "a long link": (extended(tarfile.GNUTYPE_LONGLINK), "is no ordinary file"),
    "long fields": (extended(tarfile.XHDTYPE), "is no ordinary file"),
    "long fields of all": (extended(tarfile.XGLTYPE), "is no ordinary file"),
    "fields for fields": (chained, "is no ordinary file"),
    "a long map": (sparse, "is no ordinary file"),
    "a long list": (listed, "recordings.json cannot be read"),
    "a long manifest": (described, "does not begin with manifest.json"),
    "after its end": (after_its_end, "something follows its end"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_small_archive_takes_little_memory_however_large_it_is_unpacked(station, tmp_path, bomb):
    station.record()
    save(tmp_path / "good", station.state, station.config, recordings=True)
    text = manifest(tmp_path / "good")
    first = header("manifest.json", len(text)) + text + bytes(-len(text) % 512)
    hostile, (write, said) = tmp_path / "hostile", BOMBS[bomb]
    with gzip.open(hostile, "wb", compresslevel=6) as file:
        write(file.write, first)
    assert hostile.stat().st_size < 2 * MB
    before = station.files()
    argv = [sys.executable, "-c", RESTORE, hostile, station.state, station.config]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    taken, _, told = done.stdout.partition(" ")
    assert said in told and int(taken) < MOST_MB, done.stdout
    assert station.files() == before
