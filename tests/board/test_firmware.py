"""What the kernel says about outputs that nobody holds."""

import pytest

from appliance.board import firmware, processor
from tests.board.boards import raspberry, write


@pytest.mark.parametrize(
    ("shown", "arguments", "persists"),
    [
        ("Y", "", True),
        ("N", "", False),
        ("N", "pinctrl_bcm2835.persist_gpio_outputs=y", False),
        (None, "quiet pinctrl_bcm2835.persist_gpio_outputs=n root=/dev/x", False),
        (None, "pinctrl_rp1.persist_gpio_outputs=y", True),
        (None, "pinctrl-bcm2835.persist_gpio_outputs=y pinctrl-bcm2835.persist_gpio_outputs=n", False),
        (None, "quiet", None),
    ],
)
def test_strict_gpiod_is_read_from_the_driver_or_else_from_the_kernels_arguments(tmp_path, shown, arguments, persists):
    board = raspberry(tmp_path, persists=shown, arguments=arguments)
    assert firmware.outputs_persist(board) is persists
    assert firmware.model(board) == "Raspberry Pi 4 Model B Rev 1.5"


def test_a_machine_without_a_device_tree_has_no_model_and_says_nothing(tmp_path):
    assert firmware.model(tmp_path) == ""
    assert firmware.outputs_persist(tmp_path) is None


@pytest.mark.parametrize(
    ("model", "complexity"),
    [
        ("Raspberry Pi Zero W Rev 1.1", 2),
        ("Raspberry Pi Zero Rev 1.3", 2),
        ("Raspberry Pi Model B Plus Rev 1.2", 2),
        ("Raspberry Pi Compute Module Rev 1.0", 2),
        ("Raspberry Pi Zero 2 W Rev 1.0", 5),
        ("Raspberry Pi 2 Model B Rev 1.1", 5),
        ("Raspberry Pi 3 Model B Plus Rev 1.3", 5),
        ("Raspberry Pi Compute Module 3 Plus Rev 1.0", 5),
        ("Raspberry Pi 4 Model B Rev 1.5", 8),
        ("Raspberry Pi 400 Rev 1.0", 8),
        ("Raspberry Pi Compute Module 4 Rev 1.1", 8),
        ("Raspberry Pi 5 Model B Rev 1.0", 8),
        ("Radxa ZERO 3", 5),
    ],
)
def test_opus_takes_what_the_board_has_to_spare(tmp_path, model, complexity):
    write(tmp_path / "proc/device-tree/model", f"{model}\0")
    assert processor.opus_complexity(tmp_path) == complexity


def test_opus_takes_the_middle_on_a_machine_without_a_device_tree(tmp_path):
    assert processor.opus_complexity(tmp_path) == 5
