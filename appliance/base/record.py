"""The base of all records: immutable values, compared field by field."""

from typing import ClassVar, dataclass_transform

from msgspec import Struct, field


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Record(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An immutable value. Its fields hold immutable values too, so records form no cycles for the garbage collector."""


class Tagged(Record, tag=True):
    """One of several kinds that may stand in the same place: encoded, it names its kind in the field `type`."""


class RecordWithSecrets(Record):
    """A record with secrets: `repr` omits the fields that SECRETS names, as it reaches logs and tracebacks."""

    SECRETS: ClassVar[frozenset[str]]

    def __repr__(self) -> str:
        """The record without its secrets."""
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in self.SECRETS)
        return f"{type(self).__name__}({', '.join(shown)})"
