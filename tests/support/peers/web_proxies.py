"""nginx and Caddy before a station, with what their manuals show first, and Traefik as our recipe shows it."""

import contextlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

from tests.support.peers.sipp import free_port
from tests.support.waiting import until

START_S = 60.0
RECIPE = Path(__file__).parents[3] / "docs/how-to/reach-the-station-by-https.md"
INGRESS = "/api/hassio_ingress/0123456789/"  # where Home Assistant has an app's page
NGINX = """
daemon off; master_process off; pid {work}/pid; error_log {work}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
  uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  {servers}
}}
"""
# As Home Assistant does: its own page has the app's in a frame, whose paths come without their prefix.
OUTER = """
server {{
  listen 127.0.0.1:{port};
  location = / {{ default_type text/html; return 200 '<iframe src="{ingress}"></iframe>'; }}
  location {ingress} {{
    proxy_pass http://127.0.0.1:{inner}/;
    proxy_http_version 1.1;
    proxy_set_header X-Ingress-Path {ingress};
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
  }}
}}
"""
TRAEFIK = """
global: {{checkNewVersion: false, sendAnonymousUsage: false}}
entryPoints: {{websecure: {{address: 127.0.0.1:{port}}}}}
providers: {{file: {{filename: {recipe}, watch: false}}}}
"""
PASSED_ON = """
  gzip {gzip}; gzip_types text/event-stream;
  server {{ listen 127.0.0.1:{port}; location {prefix} {{ proxy_pass http://{station}{target}; }} }}
"""
CADDY = """
{{
  admin off
  auto_https off
  storage file_system {work}/storage
}}
http://:{port} {{
  bind 127.0.0.1
  handle_path {prefix}* {{
    reverse_proxy {station} {{
      header_up X-Forwarded-Prefix {prefix}
      header_up X-Forwarded-Server proxy
      header_up X-Real-Ip {{remote_host}}
    }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(work: Path, station: str, port: int, prefix: str = "/", gzip: str = "off") -> Generator[None, None, None]:
    """nginx at that port; `prefix` begins the paths of the station there."""
    target = "" if prefix == "/" else "/"  # with it nginx takes the prefix away
    server = PASSED_ON.format(station=station, port=port, prefix=prefix, target=target, gzip=gzip)
    with _nginx(work, server, port):
        yield


@contextlib.contextmanager
def caddy(work: Path, station: str, port: int, prefix: str = "/") -> Generator[None, None, None]:
    """Caddy at that port; `prefix` begins the paths of the station there."""
    work.mkdir()
    text = CADDY.format(work=work, station=station, port=port, prefix=prefix)
    (work / "Caddyfile").write_text(text, encoding="utf-8")
    with _running(["caddy", "run", "--adapter", "caddyfile", "--config", str(work / "Caddyfile")], port):
        yield


def block(kind: str, number: int = 0) -> str:
    """A block of the recipe, by its kind."""
    return RECIPE.read_text(encoding="utf-8").split(f"\n```{kind}\n")[1 + number].partition("\n```\n")[0]


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """The text with the names of this machine: each is in it."""
    for there, here in pairs:
        assert there in text, there
        text = text.replace(there, here)
    return text


@contextlib.contextmanager
def guided_nginx(work: Path, station: str, port: int) -> Generator[None, None, None]:
    """nginx at that port, by HTTP, with the server of the recipe."""
    tls = "    ssl_certificate /etc/ssl/door.crt;\n    ssl_certificate_key /etc/ssl/private/door.key;\n"
    server = changed(block("nginx"), ("443 ssl", f"127.0.0.1:{port}"), (tls, ""), ("127.0.0.1:8080", station))
    with _nginx(work, server, port):
        yield


@contextlib.contextmanager
def guided_ingress(work: Path, station: str, port: int) -> Generator[None, None, None]:
    """The recipe's nginx of an app of Home Assistant, behind another one that does what its ingress does."""
    inner = free_port()
    tls = "".join(
        f"            {line}\n" for line in block("nginx", 1).splitlines() for line in [line.strip()] if "_ssl_" in line
    )
    _, _, server = block("nginx", 1).partition("http {")
    server = changed(
        server.rpartition("}")[0],
        ("listen 8099", f"listen 127.0.0.1:{inner}"),
        ("allow 172.30.32.2", "allow 127.0.0.1"),
        ("https://door.local:8443", f"http://{station}"),
        (tls, ""),
    )
    with _nginx(work, server + OUTER.format(port=port, inner=inner, ingress=INGRESS), port):
        yield


@contextlib.contextmanager
def _nginx(work: Path, servers: str, port: int) -> Generator[None, None, None]:
    work.mkdir()
    (work / "nginx.conf").write_text(NGINX.format(work=work, servers=servers), encoding="utf-8")
    with _running(["nginx", "-p", str(work), "-e", str(work / "error.log"), "-c", str(work / "nginx.conf")], port):
        yield


@contextlib.contextmanager
def guided_caddy(work: Path, station: str, port: int) -> Generator[None, None, None]:
    """Caddy at that port, by HTTP, with the recipe's lines."""
    work.mkdir()
    site = next(
        each for each in RECIPE.read_text(encoding="utf-8").split("\n```\n") if each.startswith("door.example.org {")
    )
    name = f"http://127.0.0.1:{port}"
    site = changed(site, ("door.example.org", name), ("127.0.0.1:8080", station), ("{\n", "{\n    bind 127.0.0.1\n"))
    ours = f"{{\n  admin off\n  auto_https off\n  storage file_system {work}/storage\n}}\n"
    (work / "Caddyfile").write_text(f"{ours}{site}\n", encoding="utf-8")
    with _running(["caddy", "run", "--adapter", "caddyfile", "--config", str(work / "Caddyfile")], port):
        yield


@contextlib.contextmanager
def traefik(work: Path, station: str, port: int) -> Generator[None, None, None]:
    """Traefik at that port, by TLS, with the settings of the recipe but the names of this machine."""
    work.mkdir()
    recipe = changed(block("yaml"), ("house.example.org", "127.0.0.1"), ("127.0.0.1:8080", station))
    (work / "door.yml").write_text(recipe, encoding="utf-8")
    (work / "traefik.yml").write_text(TRAEFIK.format(port=port, recipe=work / "door.yml"), encoding="utf-8")
    with _running(["traefik", f"--configFile={work / 'traefik.yml'}"], port):
        yield


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Generator[None, None, None]:
    program = shutil.which(command[0], path=f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin")
    assert program, f"{command[0]} is not installed: packaging/bootstrap test or make test-traefik installs it."
    process = subprocess.Popen([program, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listens() -> bool:
        assert process.poll() is None, f"{command[0]} ended."
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), START_S):
            return True
        return False

    try:
        until(listens, command[0], START_S)
        yield
    finally:
        process.kill()
        process.wait(START_S)
