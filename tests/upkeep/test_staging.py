"""A directory on the way to a backup or restore goes with its program, or when the next one begins."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from appliance.upkeep import staging
from tests.support.waiting import until

STAGE = """
import sys, time
from pathlib import Path
from appliance.upkeep import staging
with staging.staging(Path(sys.argv[1]), staging.BACKUP) as place:
    (place / "device.key").write_text("secret")
    print(place, flush=True)
    sys.stdin.read()
"""


def begun(directory: Path) -> tuple[subprocess.Popen, Path]:
    """A program that stages there, and its directory."""
    program = subprocess.Popen(
        [sys.executable, "-c", STAGE, directory],
        cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return program, Path(program.stdout.readline().strip())


def test_it_goes_when_it_is_not_needed_any_more(tmp_path):
    with staging.staging(tmp_path, staging.BACKUP) as place:
        assert place.stat().st_mode & 0o777 == 0o700
        (place / "device.key").write_text("secret")
    assert list(tmp_path.iterdir()) == []


def test_one_that_a_killed_program_left_goes_when_the_next_begins_and_one_in_use_stays(tmp_path):
    killed, left = begun(tmp_path)
    running, used = begun(tmp_path)
    try:
        killed.kill()
        killed.wait()
        assert (left / "device.key").read_text() == "secret"
        with staging.staging(tmp_path, staging.BACKUP):
            assert not left.exists()
            assert (used / "device.key").read_text() == "secret"
    finally:
        running.communicate("")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["mkdir", "open", "flock"])
def test_it_goes_when_a_signal_ends_the_program_right_after_a_step_of_making_it(tmp_path, monkeypatch, step):
    where = fcntl if step == "flock" else os
    do = getattr(where, step)

    def ended(path: object, *given: object, **named: object) -> NoReturn:
        monkeypatch.undo()
        do(path, *given, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(where, step, ended)
    with pytest.raises(KeyboardInterrupt), staging.staging(tmp_path, staging.BACKUP):
        pytest.fail("the program went on")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "link", "of another kind"])
def test_what_is_no_such_directory_stays(tmp_path, kind):
    path = tmp_path / f"{staging.BACKUP}x"
    (tmp_path / "folder").mkdir()
    match kind:
        case "file":
            path.touch()
        case "link":
            path.symlink_to(tmp_path / "folder")
        case _:
            path = tmp_path / f"{staging.RESTORE}x"
            path.mkdir()
    assert staging.forget(tmp_path, staging.BACKUP) == []
    assert os.path.lexists(path)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_backup_that_is_ended_leaves_no_file_of_its_name(tmp_path, number):
    """It waits while it copies the database."""
    state, target = tmp_path / "state", tmp_path / "out"
    (state / "recordings").mkdir(parents=True)
    target.mkdir()
    (tmp_path / "x.toml").write_text('[station]\nname = "Door"\n')
    hold = (
        "import signal, sys\n"
        "from appliance.upkeep import save\n"
        "save.database.copy = lambda *_: signal.pause()\n"
        "save.archive.opened = lambda path: open('/dev/null', 'rb')\n"
        "from appliance.cli.__main__ import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    place = ["--state", state, "--config", tmp_path / "x.toml"]
    running = subprocess.Popen(
        ["env", "--default-signal", sys.executable, "-c", hold, "backup", target / "saved", *place],
        cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: list(target.glob(f"{staging.BACKUP}*")), "the backup begins")
        assert not (target / "saved").exists()
        running.send_signal(number)
        assert running.wait(120) != 0
    finally:
        running.kill()
        running.wait()
    left = list(target.iterdir())
    assert left == [] if number != signal.SIGKILL else [path.name[:17] for path in left] == [staging.BACKUP]
    staging.forget(target, staging.BACKUP)
    assert list(target.iterdir()) == []
