"""The base of all records: immutable values, compared field by field."""

from typing import ClassVar, dataclass_transform

from msgspec import Struct, field


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(Struct, frozen=True, gc=False):
    """An immutable value. Its fields hold immutable values too, so records form no cycles for the garbage collector."""


class RecordWithSecrets(Record):
    """A record with secrets: `repr` omits the fields that SECRETS names, as it reaches logs and tracebacks."""

    SECRETS: ClassVar[frozenset[str]]

    def __repr__(self) -> str:
        """The record without its secrets."""
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in self.SECRETS)
        return f"{type(self).__name__}({', '.join(shown)})"
