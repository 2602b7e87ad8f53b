"""The base of all records: immutable values, compared field by field."""

from typing import Any, ClassVar, TypeVar, dataclass_transform

from msgspec import Struct, field

A = TypeVar("A", bound=Struct)


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


def carried(kind: type[A], source: object, /, **values: Any) -> A:
    """Make a record of the fields of the same names of `source`, and of `values` for all others.

    A field that neither has is an error, even if it has a default: else a renamed field would silently keep it.
    """
    names = [name for name in kind.__struct_fields__ if name not in values]
    return kind(**{name: getattr(source, name) for name in names}, **values)
