"""Scopes: what they are enough for."""

import pytest

from appliance.core.model import AccessScope, allows

VIEW, DOOR, ADMIN = AccessScope.VIEW, AccessScope.DOOR, AccessScope.ADMIN


@pytest.mark.parametrize(
    ("scopes", "enough"),
    [((), False), ((VIEW,), False), ((DOOR,), True), ((VIEW, DOOR), True), ((ADMIN,), True), (["admin"], True)],
)
def test_a_scope_is_enough_for_itself_and_admin_for_all(scopes, enough):
    assert allows(scopes, DOOR) is enough
