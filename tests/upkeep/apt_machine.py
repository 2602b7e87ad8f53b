"""A directory that stands for the root of a machine, in which a real apt and a real dpkg install packages."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.system import packages
from tests.support import gnupg

# dpkg gives files to root, which a plain user is in a namespace of its own only.
AS_ROOT = () if os.geteuid() == 0 else ("unshare", "--map-root-user")
# Without apt's own cache of its lists: it reads them each time, as it does where that cache is old or is not there.
CONFIG = """
Dir "{root}/";
Dir::State::status "{root}/var/lib/dpkg/status";
Dir::Bin::dpkg "/usr/bin/dpkg";
DPkg::Options {{ "--root={root}"; "--log={root}/dpkg.log"; "--force-script-chrootless"; "--force-bad-path"; }};
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "root";
APT::Architecture "{architecture}";
Acquire::Languages "none";
"""


@dataclass
class Machine:
    """A directory that stands for /, in which apt and dpkg install packages from a repository."""

    root: Path
    home: Path  # of GnuPG, with the key that signs the repository
    programs: Path  # commands that stand for those of systemd

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.programs}:/usr/sbin:/sbin:{os.environ['PATH']}"
        return {**os.environ, "APT_CONFIG": str(self.root / "apt.conf"), "PATH": path}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [*AS_ROOT, *words]
        return subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=120, check=False)

    def update(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "appliance.cli", "--json", "update", *words)

    def told(self, *words: str) -> dict:
        ended = self.update(*words)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    def check(self, *words: str) -> str:
        ended = self.run(*words)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def publish(self, name: str, version: str, **scripts: str) -> None:
        """Add a package with nothing in it but these scripts to the repository, and let apt read its lists."""
        tree, repository = self.root / "tree", self.root / "repository"
        (tree / "DEBIAN").mkdir(parents=True)
        fields = {"Package": name, "Version": version, "Architecture": "all", "Maintainer": "p", "Description": "p"}
        (tree / "DEBIAN/control").write_text("".join(f"{key}: {value}\n" for key, value in fields.items()))
        for script, text in scripts.items():
            (tree / "DEBIAN" / script).write_text(text)
            (tree / "DEBIAN" / script).chmod(0o755)
        self.check("dpkg-deb", "--root-owner-group", "--build", str(tree), str(repository))
        shutil.rmtree(tree)
        listed = subprocess.run(
            ["apt-ftparchive", "packages", "."], cwd=repository, check=True, capture_output=True, text=True
        ).stdout
        (repository / "Packages").write_text(listed)
        released = subprocess.run(
            ["apt-ftparchive", "release", "."], cwd=repository, check=True, capture_output=True, text=True
        ).stdout
        signed = ["gpg", "--homedir", str(self.home), "--batch", "--clearsign"]
        (repository / "InRelease").write_text(
            subprocess.run(signed, input=released, check=True, capture_output=True, text=True).stdout
        )
        self.check("apt-get", "-q", "update")

    def installed(self, name: str = "intercomd") -> str:
        return self.check("dpkg-query", f"--admindir={self.root}/var/lib/dpkg", "-W", "-f", "${Version}", name)


@contextmanager
def made(directory: Path) -> Iterator[Machine]:
    """A machine with version 0.1.0 of both packages, and nothing else in the signed repository."""
    with gnupg.home() as home:
        yield _made(directory, home)


def _made(directory: Path, home: Path) -> Machine:
    root, programs = directory / "root", directory / "programs"
    for name in (
        *("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/parts", "var/lib/apt/lists/partial"),
        *("var/cache/apt/archives/partial", "var/log/apt", "etc/apt/apt.conf.d", "etc/apt/preferences.d", "repository"),
        *("etc/apt/sources.list.d", "tmp"),
    ):
        (root / name).mkdir(parents=True)
    programs.mkdir()
    (root / "var/lib/dpkg/status").touch()
    gnupg.make_key(home, "publisher")
    exported = ("gpg", "--homedir", str(home), "--batch", "--export", "--armor")
    (root / "key.asc").write_bytes(subprocess.run(exported, check=True, capture_output=True).stdout)
    (root / "etc/apt/sources.list").write_text(f"deb [signed-by={root}/key.asc] file:{root}/repository ./\n")
    architecture = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout
    (root / "apt.conf").write_text(CONFIG.format(root=root, architecture=architecture.strip()))
    machine = Machine(root, home, programs)
    for name in packages.NAMES:
        machine.publish(name, "0.1.0")
    machine.check("apt-get", "-q", "-y", "install", *packages.NAMES)
    return machine
