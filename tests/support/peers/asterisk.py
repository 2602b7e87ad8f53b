"""Asterisk of Debian sid as a test's PBX: its own root (packaging/asterisk), by bubblewrap, on loopback."""

import math
import os
import random
import signal
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.support.daemon import loopback
from tests.support.peers.sipp import RTP_PORTS, free_port
from tests.support.waiting import until

ROOT = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "intercomd" / "peers" / "asterisk"
MUSIC_HZ = 700
READY = "Asterisk Ready"
MODULES = """res_pjproject res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_crypto
res_srtp res_rtp_asterisk res_musiconhold res_clioriginate res_convert res_mutestream res_format_attr_opus
res_pjsip res_pjsip_session res_pjsip_pubsub res_pjsip_registrar res_pjsip_authenticator_digest
res_pjsip_outbound_authenticator_digest res_pjsip_endpoint_identifier_user res_pjsip_sdp_rtp res_pjsip_caller_id
res_pjsip_dtmf_info res_pjsip_empty_info res_pjsip_refer res_pjsip_messaging res_pjsip_nat res_pjsip_logger
res_pjsip_header_funcs res_pjsip_rfc3326 res_pjsip_dlg_options res_pjsip_outbound_publish res_pjsip_exten_state
res_pjsip_pidf_body_generator res_pjsip_pidf_eyebeam_body_supplement
chan_pjsip pbx_config
app_dial app_echo app_playtones app_stack app_transfer app_verbose app_exec bridge_simple bridge_builtin_features
codec_alaw codec_ulaw codec_g722 codec_resample format_sln format_wav format_pcm
func_channel func_callerid func_logic func_strings func_pjsip_contact func_pjsip_aor func_pjsip_endpoint"""
DIALPLAN = """[default]
exten => _10X,hint,PJSIP/${EXTEN}
exten => _10X,1,Set(TO=${PJSIP_DIAL_CONTACTS(${EXTEN})})
 same => n,GotoIf($["${TO}" = ""]?gone)
 same => n,Dial(${TO},60)
 same => n,Hangup()
 same => n(gone),Hangup(20)
exten => 602,1,Answer()
 same => n,MusicOnHold(default)
exten => 603,1,Answer()
 same => n,Wait(1)
 same => n,Transfer(PJSIP/sip:602@{here})
 same => n,Hangup()
exten => 604,1,Answer()
 same => n,Wait(1)
 same => n,Transfer(PJSIP/sip:999@{here})
 same => n,MusicOnHold(default)
exten => 605,1,Answer()
 same => n,StartMusicOnHold(default)
 same => n,WaitDigit(120)
 same => n,Verbose(0,counted ${CHANNEL(rtcp,all,audio)})
 same => n,Hangup()
exten => 606,1,Progress()
 same => n,MusicOnHold(default,4)
 same => n,Answer()
 same => n,MusicOnHold(default)
exten => external_replaces,1,Verbose(0,for ${SIPREFERTOHDR} replacing ${SIPREPLACESHDR})
 same => n,Dial(PJSIP/out/${SIPREFERTOHDR})
 same => n,Hangup()
[messages]
exten => _10X,1,MessageSend(pjsip:${EXTEN},${MESSAGE(from)})
 same => n,Hangup()
"""
ENDPOINT = """[{name}]
type=endpoint
context=default
message_context=messages
disallow=all
allow={codecs}
auth={name}
aors={name}
callerid={name} <{name}>
direct_media=no
media_address={address}
bind_rtp_to_media_address=yes
[{name}]
type=auth
auth_type=digest
username={name}
password=pw-{name}
[{name}]
type=aor
max_contacts={contacts}
remove_existing={removes}
minimum_expiration=5
"""
# Whom an extension passes another one on to who is not ours (extension external_replaces).
OUT = """[out]
type=endpoint
context=default
disallow=all
allow=alaw
direct_media=no
media_address={address}
bind_rtp_to_media_address=yes
"""
EMPTY = (
    *("features", "udptl", "ccss", "stasis", "pjproject", "sorcery", "codecs", "dnsmgr", "manager"),
    *("http", "pjsip_notify", "extconfig"),
)
# Debian's own asterisk.conf has a template for this table: without its name's (!) the directories would be ignored.
MAIN = """[directories]
astcachedir => /peer/state
astetcdir => /peer/etc
astmoddir => {modules}
astvarlibdir => /peer/state
astdbdir => /peer/state
astkeydir => /peer/state
astdatadir => /usr/share/asterisk
astagidir => /peer/state
astspooldir => /peer/state
astrundir => /peer/run
astlogdir => /peer/log
astsbindir => /usr/sbin
[options]
nocolor=yes
verbose=4
"""


class Asterisk:
    """Registrar and PBX by UDP and TCP. Its extensions, 101 to 103, have pw- and the number for a password.

    Called: 101 to 103 each other; 602 plays music, which held far ends hear as well: a tone of MUSIC_HZ.
    603 passes who calls it on to 602 after a second, 604 to nobody. 605 plays music until a digit comes, and hangs
    up; `counted` has what it counted of the call's packets. 606 plays music for 4 s before it answers. within: what
    begins its command, to run in a network namespace.
    codecs: those of its extensions; it passes Opus through, but cannot convert it. contacts: how many addresses each
    extension may register; `removes`: whether a further one takes the place of the oldest, or is refused by 403.
    webrtc: the extensions that are browsers, for Asterisk.
    """

    def __init__(
        self,
        directory: Path,
        extensions: Sequence[str] = ("101", "102", "103"),
        address: str = "",
        within: Sequence[str] = (),
        codecs: str = "alaw,ulaw,g722",
        contacts: int = 5,
        *,
        removes: bool = True,
        webrtc: Sequence[str] = (),
    ) -> None:
        self.directory, self.extensions, self.within = Path(directory), extensions, within
        self.settings = {"codecs": codecs, "contacts": contacts, "removes": "yes" if removes else "no"}
        self.webrtc = webrtc
        self.address = address or loopback()
        self.port = 5070 if within else free_port(self.address)  # a namespace is ours alone
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        modules = next(ROOT.glob("usr/lib/*-linux-gnu/asterisk/modules"), None)
        assert modules is not None, f"no Asterisk in {ROOT}: run packaging/asterisk"
        for part in ("etc", "state/keys", "log", "moh", "run"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        samples = (int(8000 * math.sin(2 * math.pi * MUSIC_HZ * n / 8000)) for n in range(8000))
        (self.directory / "moh" / "tone.sln").write_bytes(b"".join(struct.pack("<h", sample) for sample in samples))
        for name, text in self._files(f"/{modules.relative_to(ROOT)}").items():
            (self.directory / "etc" / name).write_text(text)
        mounts = ["--ro-bind", ROOT, "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run"]
        box = [*mounts, "--bind", self.directory.resolve(), "/peer", "--unshare-pid", "--die-with-parent", "--clearenv"]
        box += ["--setenv", "PATH", "/usr/sbin:/usr/bin", "--chdir", "/peer"]
        before = self.log.count(READY)
        with (self.directory / "log" / "stdout.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.within, "bwrap", *map(str, box), "asterisk", "-f", "-C", "/peer/etc/asterisk.conf"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: self._starts() > before, "Asterisk", patience=120)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it in an instant, as a crash does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)  # bubblewrap's end takes its process namespace with it
            self.process.wait()
            self.process = None

    @property
    def log(self) -> str:
        logs = (self.directory / "log" / name for name in ("messages.log", "stdout.log"))
        return "\n".join(log.read_text(errors="replace") for log in logs if log.exists())

    @property
    def counted(self) -> dict[str, float]:
        """What it counted of the last call to 605: CHANNEL(rtcp,all,audio) of its dialplan, in its own words."""
        last = self.log.rpartition("counted ")[2].split()[0]
        return {name: float(value) for name, _, value in (each.partition("=") for each in last.split(";")) if value}

    def _starts(self) -> int:
        assert self.process and self.process.poll() is None, self.log
        return self.log.count(READY)

    def _files(self, modules: str) -> dict[str, str]:
        first = random.randrange(RTP_PORTS.start, RTP_PORTS.stop, 100)  # the address is ours alone
        transports = "".join(
            f"[{kind}]\ntype=transport\nprotocol={kind}\nbind={self.address}:{self.port}\n" for kind in ("udp", "tcp")
        )
        endpoints = "".join(
            ENDPOINT.format(name=name, address=self.address, **self.settings) for name in self.extensions
        )
        for name in self.webrtc:
            endpoints = endpoints.replace(f"[{name}]\ntype=endpoint\n", f"[{name}]\ntype=endpoint\nwebrtc=yes\n")
        endpoints += OUT.format(address=self.address)
        levels = "notice,warning,error,verbose(4)"
        return {
            "asterisk.conf": MAIN.format(modules=modules),
            # bridge_native_rtp would pass the holder's own packets on among those of the music
            "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in MODULES.split()),
            "logger.conf": f"[general]\nappendhostname=no\n[logfiles]\nmessages.log={levels}\n",
            "pjsip.conf": f"[global]\ntype=global\nuser_agent=asterisk-peer\n{transports}{endpoints}",
            "extensions.conf": DIALPLAN.replace("{here}", f"{self.address}:{self.port}"),
            "rtp.conf": f"[general]\nrtpstart={first}\nrtpend={first + 60}\nstrictrtp=yes\nicesupport=no\n",
            "musiconhold.conf": "[default]\nmode=files\ndirectory=/peer/moh\n",
            **dict.fromkeys(("cdr.conf", "cel.conf"), "[general]\nenable=no\n"),
            "acl.conf": "",
            "indications.conf": "[general]\ncountry=us\n[us]\ndescription=us\nringcadence=2000,4000\ndial=350+440\n"
            "busy=480+620/500,0/500\nring=440+480/2000,0/4000\ncongestion=480+620/250,0/250\n",
            **{f"{name}.conf": "[general]\n" for name in EMPTY},
        }
