"""Documents that are generated from the code, so that both always agree: `python -m appliance.generate`."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from appliance.generate import (
    bus_texts,
    client,
    commands,
    completions,
    configuration,
    contract,
    errors,
    events,
    languages,
    openapi,
    ordered,
    sequence,
    sounds,
    states,
)

ROOT = Path(__file__).parents[2]
REFERENCE = Path("docs/reference")
MANUALS = Path("packaging/manpages")
COMPLETIONS = Path("packaging/completions")
BUILT_IN_SOUNDS = Path("appliance/sip/stack/media/sounds")
CLIENT = Path("client/intercomd_client")
RINGS = Path("docs/images/one-ring.svg"), Path("appliance/api/web/one-ring.svg")  # for readers, and at /docs

DOCUMENTS: dict[Path, Callable[[], str | bytes]] = {
    ordered.PATH: ordered.description,  # first: the commands, and what is made from them, read it
    REFERENCE / "configuration.md": configuration.reference,
    REFERENCE / "intercomd.example.toml": configuration.example,
    REFERENCE / "events.md": events.reference,
    REFERENCE / "call-states.md": states.reference,
    REFERENCE / "errors.md": errors.reference,
    REFERENCE / "contract.md": contract.reference,
    **bus_texts.documents(),
    openapi.PATH: openapi.description,
    MANUALS / "intercomd.8": commands.daemon_manual,
    MANUALS / "intercomctl.1": commands.client_manual,
    MANUALS / "intercomd-setup.8": commands.setup_manual,
    COMPLETIONS / "bash" / "intercomd-setup": completions.of_setup(completions.bash),
    COMPLETIONS / "bash" / "intercomd": completions.of_daemon(completions.bash),
    COMPLETIONS / "bash" / "intercomctl": completions.of_client(completions.bash),
    COMPLETIONS / "zsh" / "_intercomd-setup": completions.of_setup(completions.zsh),
    COMPLETIONS / "zsh" / "_intercomd": completions.of_daemon(completions.zsh),
    COMPLETIONS / "zsh" / "_intercomctl": completions.of_client(completions.zsh),
    COMPLETIONS / "fish" / "intercomd-setup.fish": completions.of_setup(completions.fish),
    COMPLETIONS / "fish" / "intercomd.fish": completions.of_daemon(completions.fish),
    COMPLETIONS / "fish" / "intercomctl.fish": completions.of_client(completions.fish),
    CLIENT / "words.py": client.words,
    CLIENT / "answers.py": client.answers,
    CLIENT / "bodies.py": client.bodies,
    CLIENT / "operations.py": client.operations,
    CLIENT / "refusals.py": client.refusals,
    Path("appliance/api/web/base/languages.js"): languages.module,
    **dict.fromkeys(RINGS, sequence.picture),
    **{BUILT_IN_SOUNDS / f"{name}.wav": partial(sounds.wav, name) for name in sounds.SOUNDS},
}


def write(root: Path = ROOT) -> list[Path]:
    """Generate every document below `root`; returns the changed ones."""
    changed = []
    for path, make in DOCUMENTS.items():
        made = make()
        if not _same(root, path, made):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(_bytes(made))
            changed.append(path)
    return changed


def stale(root: Path = ROOT) -> list[Path]:
    """The documents below `root` that differ from the code."""
    return [path for path, make in DOCUMENTS.items() if not _same(root, path, make())]


def _bytes(made: str | bytes) -> bytes:
    return made.encode() if isinstance(made, str) else made


def _same(root: Path, path: Path, made: str | bytes) -> bool:
    try:
        there = (root / path).read_bytes()
    except FileNotFoundError:
        return False
    if isinstance(made, str) and path == openapi.PATH:
        return openapi.same(there.decode(), made)
    return there == _bytes(made)
