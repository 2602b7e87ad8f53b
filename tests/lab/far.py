"""The far end of a call, in the guest: baresip as a unit, which answers automatically or calls, on commands."""

from tests.lab.guest import Guest

CONFIG = """poll_method epoll
sip_listen {address}:{port}
call_local_timeout 120
audio_player {player}
audio_source {source}
audio_alert nothing,nil
ausrc_srate {rate}
ausrc_channels 2
net_interface {address}
audio_buffer 20-160
rtp_ports {rtp}-{rtp_end}
module_path /usr/lib/baresip/modules
module g711.so
module sndfile.so
module {module}.so
module_tmp uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {address}:{control}
snd_path {directory}
redial_attempts 0
ringback_disabled yes
statmode_default off
"""
# Says one thing to ctrl_tcp, in netstrings of JSON, and prints the answer; what happened meanwhile comes before it.
ASK = """
import json, socket, sys
asked = json.dumps({"command": sys.argv[2], "params": sys.argv[3], "token": "t"}).encode()
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) as tcp, tcp.makefile("rb") as heard:
    tcp.sendall(b"%d:%s," % (len(asked), asked))
    message = {}
    while message.get("token") != "t":
        length = b""
        while not length.endswith(b":"):
            length += heard.read(1) or sys.exit("baresip has gone")
        message = json.loads(heard.read(int(length[:-1]) + 1)[:-1].decode(errors="replace"))
print(message["data"])
"""


class FarEnd:
    """A SIP phone that sends 440 Hz and records received sound; `uri` is its address.

    answers: automatically, else on a command. plays: a WAV file of 8000 Hz and two channels, once, instead of the tone.
    Its output is in the journal of its unit.
    """

    def __init__(
        self, guest: Guest, name: str = "kitchen", port: int = 5070, *, answers: bool = True, plays: str = ""
    ) -> None:
        self.guest, self.unit, self.port, self.control = guest, f"far-{name}", port, port + 2  # + 1 is SIP over TLS
        self.uri = f"sip:{name}@127.0.0.1:{port}"
        directory = f"/root/{self.unit}"
        guest.check("mkdir", "-p", directory)
        values = {"address": "127.0.0.1", "port": port, "control": self.control, "rtp": port + 5000}
        sound = {"player": "nothing,nil", "source": "ausine,440", "module": "ausine", "rate": 48000}
        if plays:  # the module plays into a file as well, and then needs one
            sound = {"player": f"aufile,{directory}/played.wav", "source": f"aufile,{plays}", "module": "aufile"}
            sound["rate"] = 8000
        config = CONFIG.format(**values, **sound, rtp_end=port + 5060, directory=directory)
        guest.write(f"{directory}/config", config)
        mode = "auto" if answers else "manual"
        guest.write(f"{directory}/accounts", f"<{self.uri}>;regint=0;audio_codecs=pcma;answermode={mode}\n")
        guest.write(f"{directory}/contacts", "")
        guest.service(self.unit, "baresip", "-4", "-v", "-f", directory)
        guest.wait_for(self._listens, f"{name} listens")

    def tell(self, command: str, parameters: str = "") -> str:
        """baresip's answer to a command: dial URI, accept, hangup, hold, resume."""
        return self.guest.check("python3", "-c", ASK, str(self.control), command, parameters)

    def said(self) -> str:
        """All that it has printed."""
        return self.guest.journal(f"--unit={self.unit}", "--output=cat")

    def stop(self) -> None:
        """End it."""
        self.guest.run("systemctl", "stop", self.unit)

    def _listens(self) -> bool:
        return f":{self.control} " in self.guest.check("ss", "-Htln")
