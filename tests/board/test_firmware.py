"""What the kernel says about outputs that nobody holds."""

import pytest

from appliance.board import firmware
from tests.board.boards import raspberry


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
