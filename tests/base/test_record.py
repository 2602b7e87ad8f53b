"""Records cannot change, and what logs and tracebacks show of them holds no secret."""

import re
from typing import get_type_hints

import pytest

from appliance.app import daemon
from appliance.base.record import Record
from appliance.core.inputs import AddCredential
from appliance.core.model import Credential, CredentialBook, CredentialId, CredentialKind, DoorId
from appliance.outlet.settings import Settings, Webhook
from appliance.setup.choices import PbxAccount
from appliance.sip.settings import CallerSettings, RegistrarSettings, SipSettings

SECRET = "open sesame"
CODE = Credential(
    id=CredentialId("k-1"), kind=CredentialKind.CODE, owner="Ada", digest=SECRET, doors=(DoorId("front"),)
)
ACCOUNT = RegistrarSettings(name="a", user="u", domain="d", servers=(), auth_user="", password=SECRET)
HOLDERS = [
    AddCredential(kind=CredentialKind.CODE, digits=SECRET, owner="Ada", doors=()),
    CODE,
    CredentialBook(SECRET, (CODE,)),
    SipSettings(accounts=(ACCOUNT,), callers=(CallerSettings(name="c", user="u", password=SECRET),)),
    PbxAccount("registrar", "user", SECRET),
]
NAMES = {(Settings, "token"), (Webhook, "token")}  # the name of a token, which is no secret


def kinds(of: type[Record]) -> set[type[Record]]:
    return {of}.union(*map(kinds, of.__subclasses__()))


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_no_secret_shows_where_a_record_is_printed(holder):
    assert SECRET not in f"{holder} {[holder]!r}"
    assert type(holder).__name__ in repr(holder)


def test_every_field_that_is_called_a_secret_is_left_out():
    assert daemon  # has imported the records of the whole service
    found = {
        f"{kind.__name__}.{name}": name in getattr(kind, "SECRETS", ())
        for kind in kinds(Record)
        for name in kind.__struct_fields__
        if re.search("password|secret|digest|token", name) and get_type_hints(kind)[name] is str
        if (kind, name) not in NAMES
    }
    assert {"Credential.digest", "CredentialBook.secret", "RegistrarSettings.password"} <= found.keys()
    assert all(found.values()), found


def test_a_record_cannot_be_changed():
    with pytest.raises(AttributeError):
        CODE.owner = "Bob"


def test_a_record_is_equal_to_its_like_and_to_no_other_kind():
    class One(Record):
        x: int

    class Other(Record):
        x: int

    assert One(1) == One(1) != One(2)
    assert One(1) != Other(1)
    assert len({One(1), One(1), Other(1)}) == 2
