"""The package under test, made again with another version: what upgrades are tried with."""

import subprocess
from collections.abc import Callable
from pathlib import Path


def repacked(package: Path, into: Path, suffix: str, change: Callable[[Path], None] = lambda _tree: None) -> Path:
    """Make the package again, with the suffix after its version, after `change` has changed its unpacked tree."""
    tree = into / "tree"
    into.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN/control"
    lines = control.read_text().splitlines()
    version = next(line.split()[1] for line in lines if line.startswith("Version: ")) + suffix
    control.write_text("".join(f"{'Version: ' + version if x[:9] == 'Version: ' else x}\n" for x in lines))
    change(tree)
    deb = into / f"intercomd_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", tree, deb], check=True)
    return deb
