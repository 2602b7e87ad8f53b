"""Registrars for tests: Kamailio as PBXs use it, and one that answers just as a test says."""

import os
import re
import secrets
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.support.daemon import loopback
from tests.support.peers.messages import found
from tests.support.peers.sipp import free_port
from tests.support.waiting import until

Address = tuple[str, int]
Answer = tuple[int, dict[str, str]]

REALM = "test"
CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
children=2
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
use_dns_cache=no
listen=udp:{address}:{port}
{alias}
listen=tcp:{address}:{port}
{listen_tls}
mpath="{modules}/"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "auth.so"
{load_tls}
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "timer_interval", 5)
modparam("registrar", "max_expires", 3600)
modparam("tm", "fr_timer", 5000)
modparam("rr", "append_fromtag", 1)

request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (!is_method("ACK") && t_precheck_trans()) {{ t_check_trans(); exit; }}
    t_check_trans();
    if (has_totag()) {{
        if (loose_route() || t_check_trans()) {{ t_relay(); exit; }}
        if (!is_method("ACK")) sl_send_reply("404", "Not Here");
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_auth_check("{realm}", "pw-$au", "0", "0")) {{ auth_challenge("{realm}", "1"); exit; }}
        if ($au != $tU) {{ sl_send_reply("403", "Not your address"); exit; }}
        if (!save("location")) sl_reply_error();
        xlog("L_NOTICE", "REGISTERED $tU by $proto for $hdr(Expires) from $ct\\n");
        exit;
    }}
    if (!pv_auth_check("{realm}", "pw-$au", "0", "0")) {{ auth_challenge("{realm}", "1"); exit; }}
    consume_credentials();
    if ($hdr(Route) != $null) {{ sl_send_reply("400", "A Route that nobody asked for"); exit; }}
    {record_route};
    if (!lookup("location")) {{ sl_send_reply("480", "Not Registered"); exit; }}
    t_relay();
}}
"""


LISTEN_TLS = """enable_tls=yes
listen=tls:{address}:{port}"""
LOAD_TLS = """loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "private_key", "{key}")"""


class Kamailio:
    """Registrar with digest, and proxy that wants a password for each call: every user's is pw- and its name.

    Its locations are in memory only: one that was killed has forgotten all. certificate: files of a certificate and its
    key, with which it is there by TLS as well, at `tls_port`. within: what begins its command, to run in a network
    namespace. name: what it calls itself in its Record-Route, instead of its address.
    """

    def __init__(
        self,
        directory: Path,
        certificate: tuple[str, str] | None = None,
        address: str = "",
        within: Sequence[str] = (),
        name: str = "",
    ) -> None:
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.address = address or loopback()
        self.port = 5070 if within else free_port(self.address)  # a namespace is ours alone
        self.tls_port = self.port + 1
        self.certificate, self.within, self.name = certificate, within, name
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        modules = next(Path("/usr/lib").glob("*-linux-gnu/kamailio/modules"))
        config = self.directory / "kamailio.cfg"
        listen_tls = load_tls = ""
        if self.certificate:
            certificate, key = self.certificate
            listen_tls = LISTEN_TLS.format(address=self.address, port=self.tls_port)
            load_tls = LOAD_TLS.format(certificate=certificate, key=key)
        config.write_text(
            CONFIG.format(
                address=self.address,
                port=self.port,
                alias=f"alias={self.name}:{self.port}" if self.name else "",
                record_route=f'record_route_preset("{self.name}:{self.port}")' if self.name else "record_route()",
                modules=modules,
                realm=REALM,
                listen_tls=listen_tls,
                load_tls=load_tls,
            )
        )
        with (self.directory / "kamailio.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self.within,
                    *("kamailio", "-f", config, "-DD", "-E", "-m", "32", "-M", "4"),
                    *("-w", self.directory, "-Y", self.directory, "-P", self.directory / "pid"),
                ],
                env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self.listens if self.within else self.answers, "Kamailio")
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it and its children in an instant, as a crash does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    @property
    def log(self) -> str:
        return (self.directory / "kamailio.log").read_text(errors="replace")

    def listens(self) -> bool:
        assert self.process and self.process.poll() is None, self.log
        return "Listening on" in self.log

    def answers(self) -> bool:
        assert self.process and self.process.poll() is None, self.log
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.bind((self.address, 0))
            asker.settimeout(0.1)
            here = f"{self.address}:{asker.getsockname()[1]}"
            text = (
                f"OPTIONS sip:x@{self.address} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{secrets.token_hex(4)}"
                f"\r\nFrom: <sip:t@{here}>;tag=1\r\nTo: <sip:x@{self.address}>\r\nCall-ID: {secrets.token_hex(4)}\r\n"
                "CSeq: 1 OPTIONS\r\nMax-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
            )
            try:
                asker.sendto(text.encode(), (self.address, self.port))
                return asker.recv(2000).startswith(b"SIP/2.0")
            except OSError:
                return False


class Scripted:
    """A registrar over UDP. `answers`: (code, headers) one after the other, the last for all that come later; each of
    its users begins with the first.

    A code of 0 is silence, 200 grants. `requests` are the REGISTERs that came, without retransmissions. An INVITE is
    answered with the code `calls`.
    """

    def __init__(self, *answers: Answer, port: int = 0, calls: int = 0) -> None:
        self.answers, self.calls = answers, calls
        self.requests: list[str] = []
        self.times: list[float] = []
        self._left: dict[str, list[Answer]] = {}
        self._seen: dict[tuple[str, str], Answer] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = loopback()
        self.socket.bind((self.address, port))
        self.port = self.socket.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def _run(self) -> None:
        while True:
            try:
                data, peer = self.socket.recvfrom(65535)
            except OSError:
                return
            text = data.decode(errors="replace")
            if text.startswith("INVITE ") and self.calls:
                self.socket.sendto(answer(text, self.calls, {}), peer)
            if not text.startswith("REGISTER "):
                self.other(text, peer)
                continue
            key = found(r"^Call-ID:.*$", text)[0], found(r"^CSeq:.*$", text)[0]
            if key not in self._seen:
                self.requests.append(text)
                self.times.append(time.monotonic())
                left = self._left.setdefault(user(text), list(self.answers))
                self._seen[key] = left.pop(0) if len(left) > 1 else left[0]
            code, headers = self._seen[key]
            if code:
                self.socket.sendto(answer(text, code, headers), peer)

    def other(self, text: str, peer: Address) -> None:
        """Another request than REGISTER, or an answer to our request."""


class Notifier(Scripted):
    """A registrar that reports contacts as well, with the fate of each SUBSCRIBE in turn, the last for all later ones.

    As (code, None), or (202, (Subscription-State, type, body)) of the NOTIFY that follows; 489 for other packages than
    it knows. `subscribed` has those that came, `ended` how many were taken back.
    """

    def __init__(self, *told: Any, packages: Sequence[str] = ("presence", "dialog")) -> None:
        super().__init__((200, {}))
        self.told, self.packages, self.ended = list(told), packages, 0
        self.subscribed: list[str] = []
        self._handled: set[tuple[str, str]] = set()

    def other(self, text: str, peer: Address) -> None:
        if not text.startswith("SUBSCRIBE "):
            return
        key = found(r"^Call-ID:.*$", text)[0], found(r"^CSeq:.*$", text)[0]
        if key in self._handled:
            return
        self._handled.add(key)
        if re.search(r"^Expires: 0\b", text, re.MULTILINE):
            self.ended += 1
            self.socket.sendto(answer(text, 200, {"Expires": "0"}), peer)
            return
        self.subscribed.append(text)
        code, notify = 489, None
        if found(r"^Event: (\w+)", text)[1] in self.packages:
            code, notify = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        here = f"<sip:{self.address}:{self.port}>"
        self.socket.sendto(answer(text, code, {"Contact": here, "Expires": "600"}), peer)
        if notify:
            self.socket.sendto(self._notify(text, *notify), peer)

    def _notify(self, subscribe: str, state: str, kind: str, body: str) -> bytes:
        def of(name: str) -> str:
            return found(rf"^{name}: *(.*?)\r?$", subscribe)[1]

        target = found(r"<(sip:[^>]+)>", of("Contact"))[1]
        lines = [
            f"NOTIFY {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{secrets.token_hex(6)}",
            f"From: {of('To')};tag=1",
            f"To: {of('From')}",
            f"Call-ID: {of('Call-ID')}",
            "CSeq: 1 NOTIFY",
            f"Contact: <sip:{self.address}:{self.port}>",
            "Max-Forwards: 70",
            f"Event: {of('Event')}",
            f"Subscription-State: {state}",
            *([f"Content-Type: {kind}"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*lines, "", body]).encode()


def account(directory: Path, registrar: Any, user: str, password: str | None = None, **settings: Any) -> dict[str, Any]:
    """A table of the configuration; the right password is pw- and the user's name."""
    file = directory / f"{user}-{len(list(directory.iterdir()))}"
    file.write_text(f"{password or f'pw-{user}'}\n")
    file.chmod(0o600)
    where = f"{registrar.address}:{registrar.port}"
    return {"user": user, "registrar": where, "password_file": str(file), **settings}


def user(request: str) -> str:
    """Whose address it registers."""
    return found(r"^To:[^\r]*sip:([^@]+)@", request)[1]


def answer(request: str, code: int, headers: dict[str, str]) -> bytes:
    """A response; a challenge and the contact come by themselves."""
    copied = re.findall(r"^(?:Via|From|Call-ID|CSeq):.*$", request, re.MULTILINE)
    lines = [f"SIP/2.0 {code} Said", *(line.strip() for line in copied)]
    lines.append(found(r"^To:.*$", request)[0].strip() + ";tag=1")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if code == 401:
        lines.append(
            f'WWW-Authenticate: Digest realm="{REALM}", nonce="{secrets.token_hex(8)}", algorithm=MD5, qop="auth"'
        )
    if code == 200:
        expires = "" if "Expires" in headers else ";expires=300"
        lines.append(found(r"^Contact:[^>\r]*>", request)[0] + expires)
    return "\r\n".join([*lines, "Content-Length: 0", "", ""]).encode()
