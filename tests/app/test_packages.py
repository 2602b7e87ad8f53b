"""The daemon reports packages that are half installed, their repair, and newer ones that apt offers."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.app import packages as watcher
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs
from appliance.system import packages
from appliance.upkeep import offered
from tests.upkeep import apt_machine

HALF = IntercomError(ErrorCode.UNAVAILABLE, "An upgrade stopped", "dpkg has it as unpacked.", "Run dpkg.")


@pytest.fixture
def watched(monkeypatch, set_times):
    """Let the watcher see these answers of dpkg, one after the other; returns what it posts."""

    def play(installing, half):
        states, faults = iter(installing), iter(half)
        monkeypatch.setattr(packages, "installing", lambda: next(states, False))
        monkeypatch.setattr(packages, "half_installed", lambda: next(faults))
        set_times(packages_again_s=0.0)
        posted = []
        asyncio.run(asyncio.wait_for(watcher.watch(posted.append), 60))
        return [(type(each), each.part) for each in posted]

    return play


def test_whole_packages_are_not_reported(watched):
    assert watched([False], [None]) == []


def test_while_something_installs_packages_nothing_is_asked(watched):
    assert watched([True, True, False], [None]) == []


def test_packages_that_are_half_installed_are_reported_and_so_is_their_repair(watched):
    failed, recovered = (inputs.PartFailed, "packages"), (inputs.PartRecovered, "packages")
    assert watched([False, False, True, False], [HALF, HALF, None]) == [failed, failed, recovered]


def reported(machine: apt_machine.Machine, marks, *after: Callable[[], None]) -> list[str]:
    """The versions that the watcher reports, of a real apt: it does this after the first one, and so on."""
    environment = {**offered.ENGLISH, "APT_CONFIG": machine.environment["APT_CONFIG"]}
    told: asyncio.Queue[str] = asyncio.Queue()

    async def play() -> list[str]:
        watching = asyncio.create_task(
            watcher.offers(lambda given: told.put_nowait(given.version), marks, environment), name="offers"
        )
        versions = [await asyncio.wait_for(told.get(), 120)]
        for act in after:
            await asyncio.to_thread(act)
            versions.append(await asyncio.wait_for(told.get(), 120))
        watching.cancel()
        return versions

    return asyncio.run(play())


@pytest.fixture
def machine(tmp_path):
    with apt_machine.made(tmp_path) as made:
        yield made


def test_what_apt_offers_is_reported_and_so_is_its_end(machine, set_times):
    set_times(offers_again_s=0.05)
    marks = [machine.root / "var/lib/apt/lists", machine.root / "var/lib/dpkg/status"]
    machine.publish("intercomd", "0.2.0")
    later = (lambda: machine.publish("intercomd", "0.3.0"), lambda: machine.told("install"))
    assert reported(machine, marks, *later) == ["0.2.0", "0.3.0", ""]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("preferences", "Package: *\nPin: release *\nPin-Priority: -1\n"),
        ("preferences.d/none", "Package: *\nPin: release *\nPin-Priority: -1\n"),
        ("sources.list", "# nothing\n"),
    ],
)
def test_a_change_of_apts_own_files_counts_at_once(file, text, there, machine, set_times):
    """Also one that is written in place, which leaves its directory as it was."""
    set_times(offers_again_s=0.05)
    marks = [machine.root / each.relative_to("/") for each in watcher.MARKS]
    if there:
        with (machine.root / "etc/apt" / file).open("a") as before:
            before.write("# as it was\n")
    machine.publish("intercomd", "0.2.0")
    assert reported(machine, marks, lambda: (machine.root / "etc/apt" / file).write_text(text)) == ["0.2.0", ""]


def test_links_that_lead_nowhere_hide_no_file_beside_them(tmp_path):
    for number in range(20):
        (tmp_path / f"{number}.sources").symlink_to(f"{number}.sources" if number % 2 else "nothing")
    there = tmp_path / "there.sources"
    there.touch()
    assert set(watcher._changes([tmp_path, tmp_path / "not"])) == {tmp_path, there}


def test_while_apts_files_are_the_same_apt_is_not_asked_again(set_times, monkeypatch):
    """Reading all lists takes a slow board seconds."""
    set_times(offers_again_s=0.0)
    looks, asked = [], []

    async def run(*words, **_):
        asked.append(words)
        return 0, b"", ""

    def changes(marks):
        looks.append(marks)
        if len(looks) > 20:
            raise InterruptedError
        return {Path("/var/lib/dpkg/status"): 1}

    monkeypatch.setattr(watcher.idle_programs, "run", run)
    monkeypatch.setattr(watcher, "_changes", changes)
    with pytest.raises(InterruptedError):
        asyncio.run(watcher.offers(lambda _: None))
    assert len(asked) == 1


def test_an_apt_that_fails_offers_nothing_and_is_asked_again(machine, set_times):
    """Somebody has broken its sources; the watcher goes on, and reports once they are mended."""
    set_times(offers_again_s=0.05)
    machine.publish("intercomd", "0.2.0")
    broken = machine.root / "etc/apt/sources.list.d/broken.sources"
    broken.write_text("Types: nonsense\n")
    environment = {**offered.ENGLISH, "APT_CONFIG": machine.environment["APT_CONFIG"]}
    told: asyncio.Queue[str] = asyncio.Queue()

    async def play() -> str:
        assert await watcher._offered(environment) is None
        watching = asyncio.create_task(
            watcher.offers(lambda given: told.put_nowait(given.version), [broken], environment), name="offers"
        )
        broken.unlink()
        version = await asyncio.wait_for(told.get(), 120)
        watching.cancel()
        return version

    assert asyncio.run(play()) == "0.2.0"


def test_apt_answers_where_nothing_can_be_written(machine):
    """As in the unit's sandbox, with apt's settings as Debian has them: it cannot keep a cache of its lists."""
    settings = machine.root / "apt.conf"
    text = settings.read_text()
    settings.write_text("".join(line for line in text.splitlines(keepends=True) if "pkgcache" not in line))
    assert settings.read_text() != text
    machine.publish("intercomd", "0.2.0")
    cache = machine.root / "var/cache/apt"
    for each in cache.glob("*.bin"):
        each.unlink()
    box = ("--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/var/tmp")
    nobody = ("--unshare-user", "--uid", "65534", "--gid", "65534", "--setenv", "TMPDIR", "/var/tmp")
    english = ("--setenv", "LC_ALL", offered.ENGLISH["LC_ALL"])
    said = machine.check("bwrap", *box, *nobody, *english, *offered.QUESTION)
    assert offered.read(said)["intercomd"].offered == "0.2.0"
    assert list(cache.glob("*.bin")) == []
