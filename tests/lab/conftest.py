"""Guests for the lab's tests: each test module has one of its own, with intercomd installed on its disc."""

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.lab.guest import Guest

HERE = Path(__file__).parent
_living: list[Guest] = []


def pytest_configure(config: pytest.Config) -> None:
    """Make the place that all workers of this run share; a short path, since sockets lie in it."""
    if "LAB_SESSION" not in os.environ:
        os.environ["LAB_SESSION"] = tempfile.mkdtemp(prefix="lab-", dir="/var/tmp")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop("LAB_SESSION"), ignore_errors=True))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this directory, so that make test leaves it out."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.lab)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the guests' journals where a test failed."""
    report = yield
    if report.failed and item.path.is_relative_to(HERE):
        for guest in _living:
            report.sections.append((f"Journal of {guest.directory.name}", guest.told()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured; nothing depends on it."""
    file = Path(os.environ.get("LAB_SESSION", "")) / "measured"
    if file.is_file():
        terminalreporter.section("measured in the lab")
        for line in file.read_text().splitlines():
            terminalreporter.write_line("{:<60} {}".format(*json.loads(line)))


@pytest.fixture(scope="session")
def session() -> Path:
    return Path(os.environ["LAB_SESSION"])


@pytest.fixture(scope="session")
def measured(session: Path) -> Callable[[str, object], None]:
    """Remembers a figure for the summary: `measured("boot to READY", "3.2 s")`."""

    def remember(what: str, figure: object) -> None:
        text = f"{figure:.2f} s" if isinstance(figure, float) else str(figure)
        with (session / "measured").open("a") as file:
            file.write(json.dumps([what, text]) + "\n")

    return remember


@pytest.fixture(scope="session")
def counts() -> Callable[[int, int], int]:
    """How often: `counts(short, full)`, by make test-lab and make test-lab-full."""
    return lambda short, full: full if os.environ.get("LAB_FULL") else short


def prepared(name: str) -> Path:
    """What tests/lab/prepare made, which tests/lab/test runs before pytest."""
    assert name in os.environ, f"{name} is not set: run the lab's tests by make test-lab, or some by tests/lab/test"
    return Path(os.environ[name])


@pytest.fixture(scope="session")
def bare_disc() -> Path:
    """A disc without intercomd; what its packages need lies in apt's cache there."""
    return prepared("LAB_IMAGE")


@pytest.fixture(scope="session")
def debs() -> list[Path]:
    """The packages under test."""
    return sorted(prepared("LAB_DEBS").glob("*.deb"))


def install(guest: Guest, debs: list[Path]) -> None:
    """`apt install` of the packages, in the guest; what they depend on lies in apt's cache there."""
    guest.copy_in(*debs, to="/root/debs")
    guest.shell("apt-get -qq -y install /root/debs/*.deb", timeout_s=1200)


@pytest.fixture(scope="session")
def installed_disc(session: Path, bare_disc: Path, debs: list[Path], measured: Callable[[str, object], None]) -> Path:
    """A disc on which intercomd was installed by apt, as its package leaves it, and the guest was shut down."""
    disc = session / "installed.ext4"
    with (session / "installed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first worker makes it
        if not disc.exists():
            guest = Guest(session / "install", bare_disc)
            _living.append(guest)
            try:
                guest.boot()
                begun = time.monotonic()
                install(guest, debs)
                measured("apt install", time.monotonic() - begun)
                guest.halt()
                (guest.directory / "disc").rename(disc)
            finally:
                _living.remove(guest)
                guest.remove()
    return disc


@pytest.fixture(scope="module")
def make_guest(session: Path) -> Generator[Callable[..., Guest]]:
    """Guests from a disc of one's own choice: `make_guest(disc, arguments="…")`, not booted; the module's own."""
    made: list[Guest] = []

    def make(disc: Path, **options: object) -> Guest:
        directory = Path(tempfile.mkdtemp(prefix="g", dir=session))
        guest = Guest(directory, disc, **options)
        made.append(guest)
        _living.append(guest)
        return guest

    yield make
    for guest in made:
        _living.remove(guest)
        guest.remove()


@pytest.fixture(scope="module")
def guest(make_guest: Callable[..., Guest], installed_disc: Path) -> Guest:
    """A booted guest with intercomd as its package leaves it: running, not configured. The module's own."""
    return make_guest(installed_disc).boot()
