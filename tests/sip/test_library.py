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
            def __init__(self, name):
                super().__init__()
                self.name = name
                self.createPlayer("short.wav", pj.PJMEDIA_FILE_NO_LOOP)
                self.startTransmit(speaker)
            def onEof2(self):
                called.append(self.name)
                if self.name == "first":
                    dropped.wait(1.0)  # as a drop may wait for it
        for turn in range(5):
            dropped = threading.Event()
            first, second = Player("first"), Player("second")
            while called.count("first") == turn:
                threading.Event().wait(0.005)
            threading.Event().wait(0.2)
            del second
            others = [pj.AudioMediaPlayer() for _ in range(20)]  # take the memory that it had
            dropped.set()
            threading.Event().wait(0.5)
            del first, others
        print("first", called.count("first"), "second", called.count("second"))
        """
    )
    assert "first 5 second 0" in said


@pytest.mark.parametrize("samples", [800, 3000])
def test_a_file_that_ends_within_a_sample_is_no_noise_in_a_loop(library, samples):
    """As of an upload that a full disc has cut: its header names more than there is."""
    said = library(
        f"""
        import os
        with wave.open("cut.wav", "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(struct.pack("<h", 1000) * {samples})
        os.truncate("cut.wav", 43 + 2 * {samples})
        """
        """
        player, recorder = pj.AudioMediaPlayer(), pj.AudioMediaRecorder()
        player.createPlayer("cut.wav")
        recorder.createRecorder("heard.wav")
        player.startTransmit(recorder)
        while os.path.getsize("heard.wav") < 40_000:
            threading.Event().wait(0.01)
        del player, recorder
        heard = struct.unpack("<18000h", open("heard.wav", "rb").read()[44:36_044])
        print("peak", max(map(abs, heard)))
        """
    )
    assert "peak 1000\n" in said


def test_a_file_without_channels_is_refused(library):
    said = library(
        """
        whole = bytearray(open("short.wav", "rb").read())
        whole[22:24] = whole[32:34] = bytes(2)  # channels, and bytes of a sample of all of them
        open("none.wav", "wb").write(whole)
        try:
            pj.AudioMediaPlayer().createPlayer("none.wav")
        except pj.Error as error:
            print("refused:", error.reason)
        """
    )
    assert "refused: Unsupported WAVE file format" in said


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


def test_packets_that_take_long_do_not_keep_the_thread_for_themselves(library):
    """Ten wait, each of which takes 20 ms: who waits for the thread gets it before all of them are done."""
    said = library(
        """
        import socket
        came = []
        class Account(pj.Account):
            def onInstantMessage(self, prm):
                came.append(prm.msgBody)
                threading.Event().wait(0.02)
        endpoint.libStopWorkerThreads()
        config = pj.AccountConfig()
        config.idUri = "sip:door@127.0.0.1"
        account = Account()
        account.create(config)
        here = endpoint.transportGetInfo(0).localName.rpartition(":")[2]
        far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        far.bind(("127.0.0.1", 0))
        at = f"127.0.0.1:{far.getsockname()[1]}"
        for number in range(10):
            lines = [
                f"MESSAGE sip:door@127.0.0.1:{here} SIP/2.0",
                f"Via: SIP/2.0/UDP {at};branch=z9hG4bK{number}",
                f"From: <sip:far@{at}>;tag={number}",
                "To: <sip:door@127.0.0.1>",
                f"Call-ID: {number}",
                "CSeq: 1 MESSAGE",
                "Max-Forwards: 70",
                "Content-Type: text/plain",
                "Content-Length: 5",
                "",
                "hello",
            ]
            far.sendto("\\r\\n".join(lines).encode(), ("127.0.0.1", int(here)))
        turns = []
        while len(came) < 10:
            before = len(came)
            endpoint.libHandleEvents(0)
            turns.append(len(came) - before)
        print("most at once", max(turns))
        del account
        """
    )
    assert "most at once 1\n" in said
