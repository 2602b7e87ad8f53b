"""Our build of pjsua2 by itself, in a process of its own: what a misuse by us, or an unlucky moment, may not do."""

import subprocess
import sys
import textwrap

import pytest

PATIENCE_S = 120
BEGIN = """
import struct, threading, wave
import pjsua2 as pj
config = pj.EpConfig()
config.logConfig.level = config.logConfig.consoleLevel = 0
endpoint = pj.Endpoint()
endpoint.libCreate()
endpoint.libInit(config)
endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, pj.TransportConfig())
endpoint.libStart()
endpoint.audDevManager().setNullDev()
with wave.open("short.wav", "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(16000)
    file.writeframes(struct.pack("<h", 1000) * 800)
speaker = endpoint.audDevManager().getPlaybackDevMedia()
"""
END = """
endpoint.libDestroy(1)
print("whole")
"""


@pytest.fixture
def library(tmp_path):
    """Run these lines between the start and the end of the library; what they print."""

    def run(lines):
        script = BEGIN + textwrap.dedent(lines) + END
        words = [sys.executable, "-c", script]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr[-2000:]
        assert "whole\n" in done.stdout  # the library's own lines may come after it
        return done.stdout

    return run


def test_a_player_that_is_dropped_at_its_end_calls_no_one(library):
    """The end of the second one's file waits behind the first one's callback while the second one is dropped."""
    said = library(
        """
        called = []
        class Player(pj.AudioMediaPlayer):
            def __init__(self, name, seconds):
                super().__init__()
                self.name, self.seconds = name, seconds
                self.createPlayer("short.wav", pj.PJMEDIA_FILE_NO_LOOP)
                self.startTransmit(speaker)
            def onEof2(self):
                called.append(self.name)
                threading.Event().wait(self.seconds)
        for turn in range(5):
            first = Player("first", 3.0)
            second = Player("second", 0)
            while called.count("first") == turn:
                threading.Event().wait(0.005)
            threading.Event().wait(0.2)
            del second
            others = [pj.AudioMediaPlayer() for _ in range(20)]  # take the memory that it had
            threading.Event().wait(3.5)
            del first, others
        print("first", called.count("first"), "second", called.count("second"))
        """
    )
    assert "first 5 second 0" in said


def test_a_call_with_more_media_than_fit_is_refused(library):
    said = library(
        """
        account = pj.Account()
        config = pj.AccountConfig()
        config.idUri = "sip:door@127.0.0.1"
        account.create(config)
        for count in (1, 17, 300, 2**32 - 1):
            call = pj.Call(account)
            parameters = pj.CallOpParam(True)
            parameters.opt.audioCount, parameters.opt.textCount, parameters.opt.videoCount = count, 0, 0
            try:
                call.makeCall("sip:far@127.0.0.1:9", parameters)
                print(count, "made")
            except pj.Error as error:
                print(count, "refused")
            del call
        endpoint.hangupAllCalls()
        del account
        """
    )
    assert "1 made" in said.splitlines()
    for count in (17, 300, 2**32 - 1):
        assert f"{count} refused" in said
