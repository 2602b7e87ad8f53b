"""Which answers of a TURN server show that it relays for us."""

import socket
from contextlib import contextmanager

import pytest

from appliance.base.errors import reason
from appliance.sip.settings import TurnSettings
from appliance.sip.stack.routing import turn
from tests.support.peers import stun
from tests.support.peers.turn import ALLOCATE, LIES, PASSWORD, USER, challenge, honest, signs


@contextmanager
def server(answer):
    """Give the settings of a server that answers so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        with stun.answers(receiver, answer, ALLOCATE):
            yield TurnSettings(server=receiver.getsockname(), user=USER, password=PASSWORD)


def test_an_honest_server_is_used():
    with server(honest) as settings:
        assert turn.check(settings, "") == f"127.0.0.1:{settings.server[1]}"


def test_a_nonce_that_became_old_is_replaced():
    old = []

    def answer(request, source):
        if signs(request) and not old:
            old.append(request)
            return challenge(request, 438)
        return honest(request, source)

    with server(answer) as settings:
        assert turn.check(settings, "")


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_counts_as_none(lie, set_times):
    set_times(ice_server_answers_s=0.05)
    with server(LIES[lie]) as settings, pytest.raises(OSError) as error:
        turn.check(settings, "")
    assert PASSWORD not in reason(error.value)


def test_a_user_whom_it_does_not_know_is_named_as_the_cause():
    with server(LIES["401 for ever"]) as settings, pytest.raises(OSError, match="refuses the user or the password"):
        turn.check(settings, "")
