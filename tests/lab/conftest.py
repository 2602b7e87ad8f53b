"""Guests for the lab's tests, with intercomd installed on their discs: shared ones, and those of a single module."""

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.lab import jobs
from tests.lab.guest import Guest, GuestError

HERE = Path(__file__).parent
PLACE, PREFIX = "/var/tmp", "lab-"
# Files in the order of their start: first those with guests of their own, then those that share one with one processor,
# then those that share one with two; of each kind the longest first, so that all workers end at about the same time.
OWN = (
    *("tutorial", "home_assistant_guide", "update", "upgrade", "unattended_upgrade"),
    *("setup", "read_only", "first_call", "power", "doors"),
)
ONE_PROCESSOR = ("entrance", "entry", "buttons", "panel")
TWO_PROCESSORS = (
    *("service_faults", "relay_kills", "service", "line_faults", "watchdogs", "cards", "card_rates", "echo", "delay"),
    *("press_tone", "self_test", "weight", "xruns", "gestures", "upkeep", "lamps", "control", "signed_repository"),
)
ORDER = [f"test_{name}" for name in (*OWN, *ONE_PROCESSOR, *TWO_PROCESSORS)]
_living: list[Guest] = []


def _remove_the_dead() -> None:
    """Remove what earlier runs left that were killed: nobody holds their lock any more."""
    for left in Path(PLACE).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - 3600 and not jobs.alive(left):
                shutil.rmtree(left)


def pytest_configure(config: pytest.Config) -> None:
    """Make the place that all workers of this run share; a short path, since sockets lie in it."""
    if "LAB_SESSION" not in os.environ:
        os.environ["LAB_SESSION"] = tempfile.mkdtemp(prefix=PREFIX, dir=PLACE)
        lock = (Path(os.environ["LAB_SESSION"]) / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        config.add_cleanup(lock.close)
        _remove_the_dead()
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop("LAB_SESSION"), ignore_errors=True))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this directory, so that make test leaves it out; and put the longest files first."""
    here = {file for file in {item.path for item in items} if file.is_relative_to(HERE)}
    ours = [item for item in items if item.path in here]
    for item in ours:
        item.add_marker(pytest.mark.lab)
    ours.sort(key=lambda item: ORDER.index(item.path.stem) if item.path.stem in ORDER else -1)
    items[:] = [item for item in items if item.path not in here] + ours


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


@pytest.fixture(scope="session")
def installed_disc() -> Path:
    """A disc on which intercomd was installed by apt, as its package leaves it, and the guest was shut down."""
    return prepared("LAB_INSTALLED")


def install(guest: Guest, debs: list[Path]) -> None:
    """`apt install` of the packages, in the guest; what they depend on lies in apt's cache there."""
    guest.copy_in(*debs, to="/root/debs")
    guest.shell("apt-get -qq -y install /root/debs/*.deb", timeout_s=1200)


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


# The service does not start at the boot of a guest that files share: `reset` unmasks it, and each file starts it.
MASKED = {
    f"/etc/systemd/system/intercomd{unit}": Path("/dev/null")
    for unit in (".service", "-guard.socket", "-guard.service", "-setup.service")
}
# A second dummy card, which `reset` unplugs: of one rate, and with room for one program, as most real cards have.
NARROW = "snd_dummy.enable=1,1 snd_dummy.id=Dummy,Narrow snd_dummy.model=,ac97 snd_dummy.pcm_substreams=8,1"


class SharedGuest:
    """A worker's guest that files of tests use one after another, each as it was after its boot."""

    def __init__(self, session: Path, disc: Path) -> None:
        self._session, self._disc = session, disc
        self._guest, self._cpus = None, 0

    def take(self, cpus: int) -> Guest:
        """It, with that number of processors."""
        if self._guest and self._cpus == cpus:
            try:
                self._guest.reset()
            except GuestError:
                self.drop()
        else:
            self.drop()
        if not self._guest:
            directory = Path(tempfile.mkdtemp(prefix="g", dir=self._session))
            self._guest, self._cpus = Guest(directory, self._disc, arguments=NARROW, cpus=cpus), cpus
            _living.append(self._guest)
            self._guest.put(MASKED).boot()
            self._guest.reset()
        return self._guest

    def drop(self) -> None:
        """Switch it off; the next file has another one."""
        if self._guest:
            _living.remove(self._guest)
            self._guest.remove()
            self._guest = None


@pytest.fixture(scope="session")
def shared_guest(session: Path, installed_disc: Path) -> Generator[SharedGuest]:
    shared = SharedGuest(session, installed_disc)
    yield shared
    shared.drop()


def taken(shared: SharedGuest, request: pytest.FixtureRequest, cpus: int) -> Generator[Guest]:
    """A module's turn with the shared guest, which no module has again after a failure."""
    failed = request.session.testsfailed
    yield shared.take(cpus)
    if request.session.testsfailed > failed:
        shared.drop()


@pytest.fixture(scope="module")
def guest(request: pytest.FixtureRequest, shared_guest: SharedGuest) -> Generator[Guest]:
    """A booted guest with intercomd installed, neither configured nor started; modules share it, one after another."""
    yield from taken(shared_guest, request, 2)


@pytest.fixture(scope="module")
def one_processor(request: pytest.FixtureRequest, shared_guest: SharedGuest) -> Generator[Guest]:
    """The same with one processor, so that no edge is lost: see programs/simulated_lines.py."""
    yield from taken(shared_guest, request, 1)


@pytest.fixture(scope="module")
def own_guest(make_guest: Callable[..., Guest], installed_disc: Path) -> Guest:
    """A guest for one module that boots it again, cuts its power or changes what is installed; the service runs."""
    return make_guest(installed_disc).boot()
