"""intercomd-setup as a command: writes only what it may, says what to wire, and what is not well."""

import subprocess
import sys

import pytest

from appliance.board.chips import Chip, Chips, KernelLine
from appliance.config.load import load
from appliance.setup import __main__ as command
from tests.board.boards import only, raspberry, sound

LINES = tuple(KernelLine(n, f"GPIO{n}") for n in range(28))
PI = Chips((Chip("/dev/gpiochip0", "gpiochip0", "pinctrl-bcm2711", LINES),))
EMPTY = '[station]\nname = "Intercom"\n'


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A Raspberry Pi with a USB phone, and its file."""
    for module in (command, command.lines.chips):
        monkeypatch.setattr(module, "chips", lambda *_: PI)
    return raspberry(sound(monkeypatch, tmp_path), persists="N")


def run(board, *words):
    return command.main(["--config", str(board / "etc/intercomd.toml"), *words], board)


def test_a_fresh_board_is_set_up_without_a_question_and_shows_what_to_wire(board, capsys):
    assert run(board, "--yes", "--ring", "sip:kitchen@192.0.2.10") == 0
    config = load(board / "etc/intercomd.toml")
    assert config.panel.button["ring"].target == "indoor"
    assert (board / "etc/intercomd.toml").stat().st_mode & 0o777 == 0o640
    told = capsys.readouterr().out
    assert "Button: between GPIO17 of pinctrl-bcm2711 (pin 11 of the connector) and ground." in told
    assert "systemctl restart intercomd" in told
    assert "Not well yet" not in told


def test_a_board_whose_button_rings_the_page_is_set_up_by_one_command(board, capsys):
    assert run(board, "--yes", "--ring", "browsers") == 0
    config = load(board / "etc/intercomd.toml")
    assert (config.panel.button["ring"].target, config.http.port) == ("browsers", 8443)
    assert "sudo intercomctl page" in capsys.readouterr().out


def test_a_fault_is_reported_and_the_status_says_so(board, capsys, monkeypatch):
    raspberry(only(monkeypatch, board), persists="Y")
    assert run(board, "--yes") == 0  # no card is wanted where there is none
    told = capsys.readouterr().out
    assert "warning: strict_gpiod:" in told
    assert "The button has no target yet" in told


def test_a_configuration_that_is_there_stays_unless_an_option_says_otherwise(board, capsys, monkeypatch):
    file = board / "etc/intercomd.toml"
    file.parent.mkdir()
    file.write_text(EMPTY)
    assert run(board, "--yes") == 0
    assert (board / "etc/intercomd.toml.old").read_text() == EMPTY
    first = file.read_text()
    assert run(board, "--yes", "--ring", "sip:a@b") == 1
    assert "--force" in capsys.readouterr().err
    assert file.read_text() == first
    monkeypatch.setattr(command, "_input", lambda _: "n")
    assert run(board) == 1
    assert file.read_text() == first
    assert run(board, "--yes", "--force", "--ring", "sip:a@b") == 0
    assert 'uri = "sip:a@b"' in file.read_text()
    assert (board / "etc/intercomd.toml.old").read_text() == first


def test_a_file_with_errors_is_somebodys_work_too(board):
    file = board / "etc/intercomd.toml"
    file.parent.mkdir()
    file.write_text("nonsense")
    assert run(board, "--yes") == 1
    assert file.read_text() == "nonsense"


def test_print_writes_nothing(board, capsys):
    assert run(board, "--print") == 0
    assert "[panel.button.ring]" in capsys.readouterr().out
    assert not (board / "etc").exists()


def test_who_answers_gets_his_account_with_its_password_in_a_file_of_its_own(board, monkeypatch, capsys):
    answers = ["", "", "", "", "", "", "pbx.example", "200", "201", "7"]
    monkeypatch.setattr(command, "_input", lambda _: answers.pop(0))
    monkeypatch.setattr(command.getpass, "getpass", lambda _: "s3cret")
    assert run(board) == 0
    password = board / "etc/pbx.password"
    assert (password.read_text(), password.stat().st_mode & 0o777) == ("s3cret\n", 0o600)
    assert "s3cret" not in (board / "etc/intercomd.toml").read_text() + capsys.readouterr().out
    assert load(board / "etc/intercomd.toml").account["pbx"].password_file == str(password)


def test_the_end_of_the_answers_leaves_all_as_it_was(board, monkeypatch, capsys):
    def end(_):
        raise EOFError

    monkeypatch.setattr(command, "_input", end)
    assert run(board) == 1
    assert "Nothing was written." in capsys.readouterr().err
    assert not (board / "etc").exists()


def test_as_a_program_it_reads_its_answers_from_a_pipe(tmp_path):
    """On whatever this machine has: no line is proposed without a chip."""
    argv = [sys.executable, "-m", "appliance.setup", "--config", str(tmp_path / "x.toml")]
    done = subprocess.run(argv, input="\n" * 20, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Name of this station [Front door]: " in done.stdout
    assert load(tmp_path / "x.toml").station.name == "Front door"
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *argv[:-1], str(tmp_path / "y.toml")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (closed.returncode, closed.stderr) == (1, "\nNothing was written.\n")
    argv.append("--fly")
    assert subprocess.run(argv, capture_output=True, timeout=120, check=False).returncode == 2


def test_a_place_that_cannot_be_written_is_reported_with_the_remedy(board, capsys):
    (board / "etc").write_text("a file where the directory should be")
    assert run(board, "--yes") == 1
    said = capsys.readouterr().err
    assert "cannot be written" in said
    assert "Check the path, and its disc." in said  # as no right is missing
