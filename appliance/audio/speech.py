"""Texts as sound files, made by espeak-ng: one at a time, with a cache of texts without digits.

The text goes to standard input, so that it is neither an option nor in the list of processes; no error or log has it.
"""

import asyncio
import os
import re
import resource
import signal
import unicodedata
from collections import OrderedDict
from contextlib import ExitStack, suppress
from pathlib import Path

from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.base.record import RecordWithSecrets
from appliance.core.model import FASTEST, LANGUAGE, LONGEST_TEXT, SLOWEST, VOICE

PROGRAM = "espeak-ng"
WITHIN_S = 7.0  # of the 10 s in which a playback must begin: the wait for other texts, and the text itself
QUEUE = 4  # texts that wait or are made
LONGEST_FILE = 12_000_000  # bytes: four and a half minutes of 22,050 samples a second
KEPT_BYTES, KEPT_FILES = 16_000_000, 32  # of the cache
HEADER = 44  # bytes of a WAV file without sound
NICENESS = 10  # calls come first
# espeak-ng looks for a PulseAudio even if it writes a file; it must not start one, which would take the cards, and
# whose shared memory of 64 MB is over the limit of files.
PULSE = "autospawn = no\nenable-shm = no\n"
OVER_LIMIT = {-signal.SIGXFSZ, -signal.SIGXCPU}
CONTROL = {"Cc", "Cs", "Cn", "Co"}  # categories of Unicode: controls, halves of pairs, unassigned and private ones


class Words(RecordWithSecrets):
    """A text, and how to speak it: language as in BCP 47, voice: a variant of espeak-ng or "", rate: words a minute."""

    SECRETS = frozenset({"text"})

    text: str
    language: str
    voice: str
    rate: int


class Speaker:
    """Makes the files in `directory`, which belongs to it alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._kept: OrderedDict[Words, tuple[Path, int]] = OrderedDict()  # with their bytes, the latest used last
        self._made = 0
        self._voices: frozenset[str] = frozenset()

    async def make(self, words: Words, file: Path) -> None:
        """Write the speech into `file`, a new one in the directory. Raises IntercomError."""
        words = checked(words)
        if self._waiting >= QUEUE:
            raise IntercomError(
                ErrorCode.RATE_LIMITED, "Too many texts are waiting.", f"The limit is {QUEUE}.", "Try again later."
            )
        self._waiting += 1
        try:
            async with asyncio.timeout(WITHIN_S), self._turn:
                self._directory.mkdir(mode=0o700, exist_ok=True)
                (self._directory / "pulse.conf").write_text(PULSE)
                if not self._found(words, file):
                    await self._speak(words, file)
        except TimeoutError as err:
            raise IntercomError(
                ErrorCode.UNAVAILABLE, "The text was not ready in time.", f"The limit is {WITHIN_S:g} s.", "Try again."
            ) from err
        except OSError as err:
            raise IntercomError(ErrorCode.UNAVAILABLE, "The text cannot be spoken.", reason(err)) from err
        finally:
            self._waiting -= 1

    async def _speak(self, words: Words, file: Path) -> None:
        if words.voice and words.voice not in await self._variants():
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"espeak-ng has no voice {words.voice}.",
                "",
                "espeak-ng --voices=variant lists them.",
            )
        voice = f"{words.language}+{words.voice}" if words.voice else words.language
        options = ["-b", "1", "-v", voice, "-s", str(words.rate), "-w", str(file), "--stdin"]
        with ExitStack() as unless_made:
            unless_made.callback(file.unlink, missing_ok=True)
            status, _, fault = await self._run(options, words.text)
            check(status, fault, file, words.language)
            self._keep(words, file)
            unless_made.pop_all()

    async def _variants(self) -> frozenset[str]:
        if not self._voices:
            _, listed, _ = await self._run(["--voices=variant"])
            self._voices = frozenset(re.findall(r"!v/(\S+)", listed))
        return self._voices

    async def _run(self, options: list[str], given: str = "") -> tuple[int, str, str]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "PULSE_CLIENTCONFIG": str(self._directory / "pulse.conf"),
            "PULSE_SERVER": "unix:/nonexistent",
        }
        return await run(options, given, environment)

    def _found(self, words: Words, file: Path) -> bool:
        """Give the file of an earlier text a second name; return whether there is one."""
        if words not in self._kept:
            return False
        self._kept.move_to_end(words)
        os.link(self._kept[words][0], file)
        return True

    def _keep(self, words: Words, file: Path) -> None:
        if any(character.isnumeric() for character in words.text):  # it may be a code
            return
        self._made += 1
        kept = self._directory / f"kept-{self._made}.wav"
        os.link(file, kept)
        self._kept[words] = kept, file.stat().st_size
        while len(self._kept) > KEPT_FILES or sum(size for _, size in self._kept.values()) > KEPT_BYTES:
            _, (oldest, _) = self._kept.popitem(last=False)
            oldest.unlink(missing_ok=True)


def checked(words: Words) -> Words:
    """The same with a clean text. Raises IntercomError for words that cannot be spoken."""
    if len(words.text) > LONGEST_TEXT:
        raise IntercomError(
            ErrorCode.TEXT_TOO_LONG,
            f"{len(words.text)} characters are too long.",
            f"The limit is {LONGEST_TEXT} characters.",
            "Say it in parts.",
        )
    text = clean(words.text)
    if not text:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "There is nothing to say.", "The text is empty.")
    if not re.fullmatch(LANGUAGE, words.language) or (words.voice and not re.fullmatch(VOICE, words.voice)):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            "Language or voice is not valid.",
            "",
            "Give a language such as en-gb, and a voice such as f3. espeak-ng --voices and --voices=variant list them.",
        )
    if not SLOWEST <= words.rate <= FASTEST:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"{words.rate} words a minute cannot be spoken.",
            "",
            f"Give {SLOWEST} to {FASTEST}.",
        )
    return Words(text, words.language, words.voice, words.rate)


def clean(text: str) -> str:
    """The text without control characters, which are commands of espeak-ng, and without [[, which begins phonemes."""
    shown = "".join(" " if unicodedata.category(each) in CONTROL else each for each in text)
    return shown.replace("[[", " ").strip()


def check(status: int, fault: str, file: Path, language: str) -> None:
    """Raise IntercomError unless espeak-ng has written sound."""
    if status in OVER_LIMIT:
        raise IntercomError(
            ErrorCode.TEXT_TOO_LONG, "The text takes too long to speak.", "The limit is about 4 minutes.", "Shorten it."
        )
    if status and "voice" in fault:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"espeak-ng has no language {language}.",
            "",
            "espeak-ng --voices lists them.",
        )
    if status or not file.is_file():
        raise IntercomError(
            ErrorCode.UNAVAILABLE, "The text cannot be spoken.", f"espeak-ng failed with status {status}.", "Try again."
        )
    if file.stat().st_size <= HEADER:
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "There is nothing to say.", "The text has no words.")


async def run(options: list[str], given: str, environment: dict[str, str]) -> tuple[int, str, str]:
    """Run espeak-ng; its status, output and errors. It never outlives this call. Raises IntercomError, OSError."""
    try:
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *options,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except FileNotFoundError as err:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "Texts cannot be spoken.",
            "espeak-ng is missing.",
            "Install it: apt install espeak-ng",
        ) from err
    try:
        with suppress(ProcessLookupError):  # it has ended already
            limit(process.pid)
        output, errors = await process.communicate(given.encode(errors="replace"))
    finally:
        with suppress(ProcessLookupError):  # it has ended, as have its children
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return process.returncode or 0, output.decode(errors="replace"), errors.decode(errors="replace")


def limit(process: int) -> None:
    """Limit the file and the processor time before the text comes. Raises ProcessLookupError."""
    resource.prlimit(process, resource.RLIMIT_FSIZE, (LONGEST_FILE, LONGEST_FILE))
    resource.prlimit(process, resource.RLIMIT_CPU, (int(WITHIN_S), int(WITHIN_S)))
    os.setpriority(os.PRIO_PROCESS, process, NICENESS)
