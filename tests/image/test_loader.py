"""U-Boot with the script of the image, on a card without a system: the tries of both slots, and a broken file."""

import subprocess
from pathlib import Path

import pytest

from tests.image.guest import Guest, boot_partition

pytestmark = [pytest.mark.far_end, pytest.mark.image]
IMAGE = Path(__file__).resolve().parents[2] / "packaging/image"
CARD = """
image card.img {
    hdimage { partition-table-type = "mbr" disk-signature = 0x1d00c0de align = 4M }
    partition boot { partition-type = 0x0c image = "boot.vfat" bootable = true }
    partition root-a { partition-type = 0x83 size = 8M }
    partition root-b { partition-type = 0x83 size = 8M }
}
"""


@pytest.fixture
def card(tmp_path):
    """A card with the script alone."""
    boot, script = tmp_path / "boot.vfat", tmp_path / "boot.scr"
    made = ["mkimage", "-A", "arm64", "-T", "script", "-d", IMAGE / "boot.cmd", script]
    subprocess.run(made, check=True, capture_output=True)
    boot.write_bytes(bytes(32 << 20))
    subprocess.run(["mkfs.vfat", "-n", "BOOT", boot], check=True, capture_output=True)
    subprocess.run(["mcopy", "-i", boot, script, "::"], check=True)
    (tmp_path / "card.cfg").write_text(CARD)
    (tmp_path / "empty").mkdir()
    places = ("rootpath", "empty"), ("tmppath", "tmp"), ("inputpath", "."), ("outputpath", "."), ("config", "card.cfg")
    words = ["genimage", *(word for name, value in places for word in (f"--{name}", value))]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    return tmp_path / "card.img"


def test_each_slot_is_tried_three_times_and_then_both_again(tmp_path, card):
    with Guest(tmp_path / "g", card).on() as guest:
        guest.said(r"slot \w does not start", 7)
        assert "".join(guest.slots()[:7]) == "AAABBBA"
        assert "no slot has a try left" in guest.console
    kept = guest.get("slots.env")
    assert "BOOT_ORDER=A B" in kept


def test_a_broken_file_of_tries_is_as_good_as_none(tmp_path, card):
    broken = tmp_path / "slots.env"
    broken.write_bytes(b"\x00\x01\x02\x03BOOT_ORDER=B A\x00BOOT_A_LEFT=0\x00".ljust(0x4000, b"\x00"))
    subprocess.run(["mcopy", "-i", boot_partition(card), broken, "::slots.env"], check=True)
    with Guest(tmp_path / "g", card).on() as guest:
        guest.said(r"slot A, order A B, left A 2 B 3")
