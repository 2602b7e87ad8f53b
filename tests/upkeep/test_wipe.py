"""A person who is wiped is nowhere on the disc, the others are untouched, and the audit stays a chain."""

import json
from contextlib import closing

import pytest

from appliance.base.errors import IntercomError
from appliance.config.load import load
from appliance.core.model import RecordingFacts
from appliance.store import database, recording_index
from appliance.store.audit import Audit
from appliance.store.lists import chain
from appliance.store.lists.erase import Person
from appliance.store.lists.examine import examine
from appliance.store.lists.subscriptions import Subscriptions
from appliance.store.writer import Writer
from appliance.system import lock
from appliance.upkeep import overwrite, staging, wipe
from appliance.upkeep.save import save
from tests.store.stores import PATIENCE_S, Inbox, envelope

OTHER = "Annabel Miller"
CONFIG = '[station]\nname = "Door"\n[directory]\nfile = "{}"\n'


def event(number, kind, call=None, **data):
    return {**envelope(number, kind), "call": call, "data": data}


KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


class Station:
    """A station with two persons in all places that keep names."""

    def __init__(self, directory, name):
        self.state, self.config, self.name = directory / "state", directory / "etc" / "door.toml", name
        self.config.parent.mkdir(parents=True)
        self.flats = self.config.parent / "flats.csv"
        self.flats.write_text(f"flat,name,targets\n1,{OTHER},\n")
        self.config.write_text(CONFIG.format(self.flats))
        (self.state / "recordings").mkdir(parents=True)
        writer = Writer(self.state, Inbox())
        writer.ask(self._fill, PATIENCE_S)
        audit = Audit(writer)
        for number, person in enumerate((name, OTHER), 1):
            audit.append(event(10 * number + 1, "code.added", owner=person))
            audit.append(event(10 * number + 2, "door.unlocked", f"c-{number}", by="dtmf"))
            audit.append(event(10 * number + 3, "door.denied", code=f"k-{number}"))
        audit.close()
        assert writer.close(PATIENCE_S)
        for copy in ("intercomd.sqlite3.version-5", "intercomd.sqlite3.damaged-x", "sip.trace"):
            (self.state / copy).write_text(name)

    def _fill(self, connection):
        for number, person in enumerate((self.name, OTHER), 1):
            words = json.dumps({"id": f"k-{number}", "owner": person}, ensure_ascii=False)
            connection.execute("INSERT INTO codes VALUES (?, ?)", (f"k-{number}", words))
            called = json.dumps(
                {"id": f"c-{number}", "remote": {"display_name": person}, "custom_data": person.upper()}
            )
            connection.execute(
                "INSERT INTO calls (id, boot, over, call) VALUES (?, 'b', 1, ?)", (f"c-{number}", called)
            )
            connection.execute("INSERT INTO answers VALUES (?, ?, 1e12, ?)", (number, f"a{number}", called))
            connection.execute("INSERT INTO lockouts VALUES ('code', ?, 1, 1.0, '')", (person,))
            events = (
                event(10 * number + 4, "call.started", f"c-{number}", remote=person),
                event(10 * number + 5, "call.ended", f"c-{number}"),
                event(10 * number + 6, "code.used", code=f"k-{number}"),
                event(10 * number + 7, "message.received", text=f"for\n{person}, with love " + "x" * 9000),
            )
            connection.executemany(
                "INSERT INTO events VALUES (?, ?)", [(each["id"], json.dumps(each)) for each in events]
            )
            for which, entry in enumerate(
                (
                    RecordingFacts(0, f"r-{number}a", f"c-{number}", "sip:x@192.0.2.1", envelope(1)["time"]),
                    RecordingFacts(
                        0, f"r-{number}b", "", "sip:x@192.0.2.1", envelope(1)["time"], note=f"{person} rang"
                    ),
                )
            ):
                recording_index.insert(connection, entry)
                sound = self.state / "recordings" / f"{entry.id}{('.wav', '.opus')[which]}"
                sound.write_bytes(bytes(100))
                for beside in (".json", ".peaks", ".keep"):
                    sound.with_suffix(beside).write_text(json.dumps({"party": person}))

    def has(self, name):
        """The files that have a name, as text or as JSON writes it, or are named so."""
        wanted = {name.casefold(), json.dumps(name)[1:-1].casefold()}
        found = set()
        for path in (*self.state.rglob("*"), *self.config.parent.rglob("*")):
            text = path.read_bytes().decode(errors="replace").casefold() if path.is_file() else ""
            if any(each in text or each in path.name.casefold() for each in wanted):
                found.add(path.name)
        return found

    def rows(self, query):
        with closing(database.reader(self.state)) as connection:
            return [row[0] for row in connection.execute(query)]


@pytest.fixture(params=["Ann", "Ann Miller", "Jürgen Groß", 'Ann "the" [O\'Neil] %'])
def station(request, tmp_path):
    return Station(tmp_path, request.param)


def test_nothing_on_the_disc_has_the_name_any_more(station):
    assert station.has(station.name) >= {database.FILE, "sip.trace", "r-1a.json", "r-1b.json"}
    kept = station.has(OTHER)
    done = wipe.person(station.name, station.state, station.config)
    rows = {"recordings": 2, "codes": 1, "calls": 1, "events": 4, "answers": 1, "audit": 2, "refusals": 1, "devices": 0}
    assert done["rows"] == rows
    if station.name != "Ann":  # which is a part of the other's name
        assert (done["left"], station.has(station.name)) == ([], set())
    assert station.has(OTHER) == kept, "the other one is untouched"
    assert station.rows("SELECT id FROM codes") == ["k-2"]
    assert station.rows("SELECT id FROM calls") == ["c-2"]
    assert station.rows("SELECT who FROM lockouts") == [OTHER]
    assert station.rows("SELECT id FROM events ORDER BY id") == [24, 25, 26, 27]
    sound = [path.name for path in (station.state / "recordings").iterdir() if path.suffix in {".wav", ".opus"}]
    assert sorted(sound) == ["r-2a.wav", "r-2b.opus"]
    assert {path.name[:3] for path in (station.state / "recordings").iterdir()} == {"r-2"}
    assert sorted(station.rows("SELECT id FROM recordings")) == ["r-2a", "r-2b"]


def test_the_devices_of_a_person_are_notified_no_longer(tmp_path):
    station = Station(tmp_path, "Ann Miller")
    given = {"endpoint": "https://push.example.net/1", "keys": KEYS, "language": "en"}
    known = Subscriptions(station.state, lambda _: True)
    for n, client in enumerate(("Ann-Miller-phone", "ann.miller", "Joann-Miller", "kitchen")):
        known.add(given | {"endpoint": f"https://push.example.net/{n}"}, f"{n:064}", "", f"http:{client}")
    done = wipe.person(station.name, station.state, station.config)
    assert done["rows"]["devices"] == 2
    left = Subscriptions(station.state, lambda _: True)
    left.load()
    assert [each["client"] for each in left.list(None)] == ["http:Joann-Miller", "http:kitchen"]
    assert (station.state / "push.json").stat().st_mode & 0o777 == 0o600


def test_what_was_deleted_long_ago_is_not_on_the_disc_either(tmp_path):
    station = Station(tmp_path, "Ann Miller")
    with closing(database.connect(station.state)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        texts = [(1000 + number, json.dumps({"text": "Ann Miller " * 999})) for number in range(20)]
        connection.executemany("INSERT INTO events VALUES (?, ?)", texts)
        connection.execute("DELETE FROM events WHERE id >= 1000")
    assert b"Ann Miller Ann Miller" in (station.state / database.FILE).read_bytes(), "SQLite left it there"
    wipe.person("Ann Miller", station.state, station.config)
    assert station.has("Ann Miller") == set()


def test_deleted_rows_are_overwritten_before_the_file_is_packed(tmp_path, monkeypatch):
    station, connect = Station(tmp_path, "Ann Miller"), database.connect

    class Unpacked:
        """A connection that packs nothing."""

        def __init__(self, directory):
            self._connection = connect(directory)
            self._connection.execute("PRAGMA secure_delete = OFF")

        def __getattr__(self, name):
            return getattr(self._connection, name)

        def execute(self, sql, *values):
            return self._connection.execute("SELECT 1" if sql == "VACUUM" else sql, *values)

    monkeypatch.setattr(database, "connect", Unpacked)
    wipe.person("Ann Miller", station.state, station.config)
    assert station.has("Ann Miller") == set()


def test_the_audit_stays_a_chain_and_shows_how_many_rows_were_erased(station):
    wipe.person(station.name, station.state, station.config)
    (doors,) = (each for each in examine(station.state) if each.check == "log.doors")
    assert (doors.rows, doors.erased, doors.faults) == (6, 3, ())
    writer = Writer(station.state, Inbox())
    audit = Audit(writer)
    audit.append(event(99, "door.unlocked"))
    assert [each["id"] for each in audit.list()] == [99, 23, 22, 21]
    assert writer.close(PATIENCE_S)
    with closing(database.connect(station.state)) as connection:
        assert chain.faults(connection, "audit") == []
        connection.execute("UPDATE audit SET envelope = '' WHERE number = 3")
        assert chain.faults(connection, "audit") == ["row 3 was changed"]


@pytest.mark.parametrize("removed", [[], ["web-push.json"]])
def test_files_that_were_removed_for_a_name_are_said(removed):
    done = {"rows": {"calls": 2}, "removed": removed, "left": [], "trimmed": True}
    said = wipe.words(done)
    assert "Erased rows: 2 of calls." in said
    assert ("Removed, as they may have the name: web-push.json." in said) == bool(removed)
    assert said.count("Removed") == len(removed)


def test_files_that_people_must_edit_are_named(tmp_path):
    station = Station(tmp_path, "Ann Miller")
    station.flats.write_text("flat,name,targets\n2,ann miller,\n")
    done = wipe.person("Ann Miller", station.state, station.config)
    assert done["left"] == [str(station.flats)]
    assert f"still have this text: {station.flats}" in wipe.words(done)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Ann", "Ann", True),
        ("Ann", "for ann, now", True),
        ("ANN", "ann@192.0.2.1", True),
        ("Ann", "Annabel", False),
        ("Ann", "Joann", False),
        ("Ann Miller", "Ann  Miller", True),
        ("Ann Miller", "Ann and Miller", False),
        (".*", "anything", False),
    ],
)
def test_a_name_is_found_as_whole_words(name, text, found):
    assert Person(name).named(text) is found


@pytest.mark.parametrize("name", ["", " ", "A", "  A "])
def test_a_text_that_most_texts_have_is_no_name(name):
    with pytest.raises(IntercomError, match="is no name"):
        wipe.a_name(name)


def test_a_name_has_no_space_around_it():
    assert wipe.a_name("  Ann   Miller ") == "Ann Miller"


@pytest.mark.parametrize("text", ["of c-1", "/v1/recordings/r-1/audio", '{"of": ["k-1"]}', '{"k-1": 0}'])
def test_an_id_is_found_as_a_whole_word(text):
    person = Person("Ann")
    person.ids = {"c-1", "r-1", "k-1"}
    assert person.meant(text)
    assert not person.meant(text.replace("-1", "-12"))


@pytest.mark.parametrize("before", [0, 1, (1 << 20) - 3, 1 << 20, (3 << 20) - 1])
def test_a_name_is_found_anywhere_in_a_large_file(tmp_path, before):
    file = tmp_path / "file"
    file.write_bytes(b"\xff" * before + "JÜRGEN Groß".encode() + b"\x00" * 1000)
    assert wipe.has(file, "Jürgen Groß")
    assert not wipe.has(file, "Jürgen Grau")


@pytest.mark.parametrize(
    "erase", [lambda *place: wipe.person("Ann Miller", *place), lambda *place: wipe.everything(*place, print)]
)
def test_where_no_station_is_nothing_is_said_to_be_erased(tmp_path, monkeypatch, erase):
    monkeypatch.setattr(overwrite, "fill", lambda _: None)
    with pytest.raises(IntercomError, match="There is no station in "):
        erase(tmp_path / "misspelt", tmp_path / "door.toml")
    assert list(tmp_path.iterdir()) == []


def test_while_a_daemon_runs_that_is_no_service_nothing_is_erased(tmp_path):
    station = Station(tmp_path, "Ann")
    held = lock.take(station.state)
    for act in (
        lambda: wipe.person("Ann", station.state, station.config),
        lambda: wipe.everything(station.state, station.config, [].append),
    ):
        with pytest.raises(IntercomError, match="Another daemon"):
            act()
    assert held >= 0 and station.rows("SELECT count(*) FROM events") == [8]


@pytest.mark.parametrize(
    ("wrong", "left"), [("", False), ("volume = 11\n", False), ("[no TOML", True)], ids=["right", "wrong", "no TOML"]
)
def test_a_station_that_is_wiped_has_nothing_of_before_and_begins_as_new(tmp_path, monkeypatch, wrong, left):
    """Where the configuration cannot be read, the files that it named are left, and shown."""
    station = Station(tmp_path / "station", "Ann Miller")
    password = station.config.parent / "office.password"
    password.write_text("secret of Ann Miller")
    with station.config.open("a") as file:
        file.write('[account.office]\nuser = "201"\nregistrar = "pbx.example"\npassword_file = "office.password"\n')
    save(tmp_path / "saved", station.state, station.config)
    station.config.with_name("door.toml.old").write_text('[station]\nname = "Miller"\n')
    with station.config.open("a") as file:
        file.write(wrong)
    other = (station.state / "recordings").rename(tmp_path / "another disc")
    (station.state / "recordings").symlink_to(other)
    (other / "of another program.wav").touch()
    filled = []
    monkeypatch.setattr(overwrite, "fill", filled.append)  # of the disc of the machine
    said = []
    done = wipe.everything(station.state, station.config, said.append)
    assert filled == [station.state]
    assert len(said) == 1 and said[0].endswith(f"of free space on the disc of {station.state}.")
    assert {path.name for path in station.state.iterdir()} == {"lock"}
    assert [path.name for path in other.iterdir()] == ["of another program.wav"]
    beside = {path.name for path in station.config.parent.iterdir()} - {station.config.name}
    assert beside == ({"office.password", "flats.csv"} if left else set())
    assert station.has("Miller") == beside
    assert all(name in wipe.words(done) for name in beside)
    assert load(station.config).station.name == "Intercom"
    assert f"{station.config} has the settings of a new station" in wipe.words(done)


def test_damaged_bytes_of_a_row_cost_neither_the_list_nor_the_wipe(tmp_path):
    station = Station(tmp_path / "station", "Ann Miller")
    with closing(database.connect(station.state)) as connection:
        for table, column in (("calls", "call"), ("events", "envelope"), ("codes", "code"), ("audit", "envelope")):
            connection.execute(f"UPDATE {table} SET {column} = CAST(replace({column}, 'Annabel', x'ff') AS TEXT)")
    assert any("\N{REPLACEMENT CHARACTER} Miller" in call for call in station.rows("SELECT call FROM calls"))
    rows = wipe.person("Ann Miller", station.state, station.config)["rows"]
    assert (rows["calls"], rows["codes"], rows["events"]) == (1, 1, 4)


def test_what_a_killed_restore_left_goes_with_each_wipe(tmp_path, monkeypatch):
    monkeypatch.setattr(overwrite, "fill", lambda _disc: None)
    station = Station(tmp_path, "Ann")
    left = tmp_path / f"{staging.RESTORE}0123"
    (station.state / "recordings").mkdir(exist_ok=True)
    part = station.state / "recordings" / "r-9.wav.restored"
    for act in (
        lambda: wipe.person("Ann", station.state, station.config),
        lambda: wipe.everything(station.state, station.config, [].append),
    ):
        left.mkdir()
        (left / "device.key").write_text("secret")
        part.parent.mkdir(exist_ok=True)
        part.write_text("sound")
        act()
        assert not left.exists() and not part.exists()


def test_a_disc_that_cannot_forget_free_blocks_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(overwrite, "trim", lambda _disc: False)
    station = Station(tmp_path, "Ann")
    done = wipe.person("Ann", station.state, station.config)
    assert not done["trimmed"]
    assert "The disc cannot forget its free blocks" in wipe.words(done)
