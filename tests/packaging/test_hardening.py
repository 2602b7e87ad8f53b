"""The hardening of our pjsua2, read from the library itself: what a compiler and a linker can do against overflows."""

import importlib.util
import struct
from pathlib import Path

import pytest

PT_DYNAMIC, PT_GNU_STACK, PT_GNU_RELRO = 2, 0x6474E551, 0x6474E552
PF_EXECUTE = 1
DT_FLAGS, DT_FLAGS_1 = 30, 0x6FFFFFFB
DF_BIND_NOW, DF_1_NOW = 8, 1


class Library:
    """Program headers, dynamic flags and text of an ELF file of this machine's byte order (elf(5))."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        assert self.data[:4] == b"\x7fELF"
        self.wide = self.data[4] == 2
        offset, size, count = (
            struct.unpack_from("=Q14xHH", self.data, 32) if self.wide else struct.unpack_from("=I10xHH", self.data, 28)
        )
        self.segments = {}  # type: flags, place in the file, length there
        for place in range(offset, offset + size * count, size):
            if self.wide:
                kind, flags, start, length = struct.unpack_from("=IIQ16xQ", self.data, place)
            else:
                kind, start, length, flags = struct.unpack_from("=II8xI4xI", self.data, place)
            self.segments[kind] = flags, start, length

    def dynamic(self, wanted: int) -> int:
        """The value of this tag; 0 where there is none."""
        _, start, length = self.segments[PT_DYNAMIC]
        return dict(struct.iter_unpack("=QQ" if self.wide else "=II", self.data[start : start + length])).get(wanted, 0)

    def uses(self, symbol: bytes) -> bool:
        return b"\0" + symbol + b"\0" in self.data


@pytest.fixture(scope="module")
def library() -> Library:
    found = importlib.util.find_spec("_pjsua2")
    assert found and found.origin
    return Library(Path(found.origin))


def test_a_function_whose_stack_was_overwritten_does_not_return(library: Library) -> None:
    assert library.uses(b"__stack_chk_fail")


@pytest.mark.parametrize("function", [b"__memcpy_chk", b"__snprintf_chk"])
def test_copies_into_buffers_of_known_size_are_bounded(library: Library, function: bytes) -> None:
    assert library.uses(function)


def test_all_functions_are_bound_at_the_start_and_their_table_is_read_only_then(library: Library) -> None:
    assert PT_GNU_RELRO in library.segments
    assert library.dynamic(DT_FLAGS) & DF_BIND_NOW or library.dynamic(DT_FLAGS_1) & DF_1_NOW


def test_the_stack_cannot_be_executed(library: Library) -> None:
    flags, _, _ = library.segments[PT_GNU_STACK]
    assert not flags & PF_EXECUTE
