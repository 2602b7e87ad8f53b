"""A message to a push service: to the address that was looked at, and to none of the house."""

import socket
import ssl

import pytest

from appliance.push.deliver import RefusedError, post

PATIENCE_S = 60.0


def look(*answers):
    """A look-up that gives these lists of addresses, one each time; and how often it was asked."""
    asked = []

    def look_up(_host, port, **_):
        asked.append(port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers[len(asked) - 1]]

    return look_up, asked


def test_one_address_of_several_that_leads_inside_spoils_all(monkeypatch):
    look_up, asked = look(["8.8.8.8", "192.168.1.1"])
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "socket", None)  # so nothing is connected to
    with pytest.raises(RefusedError, match=r"192\.168\.1\.1, which is not on the Internet"):
        post("https://push.example.net/1", {}, b"", ssl.create_default_context(), PATIENCE_S)
    assert len(asked) == 1
