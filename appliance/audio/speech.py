"""Texts as sound files, made by espeak-ng or Piper: one at a time, with a cache of texts without digits.

The text goes to standard input, so that it is neither an option nor in the list of processes; no error or log has it.
"""

import os
import re
import signal
import textwrap
import unicodedata
from collections import OrderedDict
from contextlib import ExitStack
from pathlib import Path

from msgspec.structs import replace

from appliance.audio.workers import MEMORY_MB, Queue, run
from appliance.base.errors import ErrorCode, IntercomError, reason
from appliance.core.model import FASTEST, LANGUAGE, LONGEST_TEXT, SLOWEST, VOICE, Words

ESPEAK, PIPER = "espeak-ng", "piper"
INSTALL = {ESPEAK: "apt install espeak-ng", PIPER: "docs/how-to/play-sounds.md says how"}
OWN_RATE = 160  # the default one, at which Piper speaks as fast as its voice was trained
# Piper needs 1.6 GB for one sentence of 1,500 characters, and 0.2 GB for the same in short lines.
LONGEST_LINE = 80
NO_MEMORY = r"bad_alloc|allocate memory|MemoryError|Unable to allocate"  # of C++, its runtime, Python and numpy
SENTENCE_ENDS = r"(?<=[.!?])\s+"
KEPT_BYTES, KEPT_FILES = 16_000_000, 32  # of the cache
HEADER = 44  # bytes of a WAV file without sound
# espeak-ng looks for a PulseAudio even if it writes a file; it must not start one, which would take the cards, and
# whose shared memory of 64 MB is over the limit of files.
PULSE = "autospawn = no\nenable-shm = no\n"
OVER_LIMIT = {-signal.SIGXFSZ, -signal.SIGXCPU}
CONTROL = {"Cc", "Cs", "Cn", "Co"}  # categories of Unicode: controls, halves of pairs, unassigned and private ones


class Spoken(Words):
    """Words with nothing left to the configuration: language, voice and rate are those that speak them.

    piper: the file of Piper's voice; "": espeak-ng speaks them.
    """

    rate: int = OWN_RATE
    piper: str = ""


class Speaker:
    """Makes the files in `directory`, which belongs to it alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._queue = Queue("texts", "The text")
        self._kept: OrderedDict[Spoken, tuple[Path, int]] = OrderedDict()  # with their bytes, the latest used last
        self._made = 0
        self._voices: frozenset[str] = frozenset()

    async def make(self, words: Spoken, file: Path) -> None:
        """Write the speech into `file`, a new one in the directory. Raises IntercomError."""
        words = checked(words)
        async with self._queue.turn():
            self._directory.mkdir(mode=0o700, exist_ok=True)
            (self._directory / "pulse.conf").write_text(PULSE)
            if not self._found(words, file):
                await self._speak(words, file)

    async def _speak(self, words: Spoken, file: Path) -> None:
        with ExitStack() as unless_made:
            unless_made.callback(file.unlink, missing_ok=True)
            await (self._by_piper(words, file) if words.piper else self._by_espeak(words, file))
            self._keep(words, file)
            unless_made.pop_all()

    async def _by_piper(self, words: Spoken, file: Path) -> None:
        for needed in (words.piper, f"{words.piper}.json"):
            if not os.access(needed, os.R_OK):  # some versions would download a voice that is missing
                raise IntercomError(
                    ErrorCode.UNAVAILABLE,
                    "The text cannot be spoken.",
                    f"The station cannot read {needed}.",
                    "Put the voice and its .json there, and let the station's user read both.",
                )
        slower = f"{OWN_RATE / words.rate:.2f}"
        # The names of the options are those that all versions know.
        options = ["--model", words.piper, "--output_file", str(file), "--length_scale", slower]
        longest = LONGEST_LINE * min(words.rate, OWN_RATE) // OWN_RATE  # slow speech needs more memory
        status, _, fault = await self._run(PIPER, options, lines(words.text, longest))
        check_piper(status, fault, file)

    async def _by_espeak(self, words: Spoken, file: Path) -> None:
        if words.voice and words.voice not in await self._variants():
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"espeak-ng has no voice {words.voice}.",
                "",
                "espeak-ng --voices=variant lists them.",
            )
        voice = f"{words.language}+{words.voice}" if words.voice else words.language
        options = ["-b", "1", "-v", voice, "-s", str(words.rate), "-w", str(file), "--stdin"]
        status, _, fault = await self._run(ESPEAK, options, words.text)
        check(status, fault, file, words.language)

    async def _variants(self) -> frozenset[str]:
        if not self._voices:
            _, listed, _ = await self._run(ESPEAK, ["--voices=variant"])
            self._voices = frozenset(re.findall(r"!v/(\S+)", listed))
        return self._voices

    async def _run(self, program: str, options: list[str], given: str = "") -> tuple[int, str, str]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "PULSE_CLIENTCONFIG": str(self._directory / "pulse.conf"),
            "PULSE_SERVER": "unix:/nonexistent",
        }
        try:
            return await run([program, *options], given, environment)
        except OSError as err:
            cause = f"{program} is missing." if isinstance(err, FileNotFoundError) else reason(err)
            install = INSTALL[program]
            raise IntercomError(
                ErrorCode.UNAVAILABLE, "Texts cannot be spoken.", cause, f"Install it: {install}"
            ) from err

    def _found(self, words: Spoken, file: Path) -> bool:
        """Give the file of an earlier text a second name; return whether there is one."""
        if words not in self._kept:
            return False
        self._kept.move_to_end(words)
        try:
            os.link(self._kept[words][0], file)
        except FileNotFoundError:  # somebody has emptied the directory
            del self._kept[words]
            return False
        return True

    def _keep(self, words: Spoken, file: Path) -> None:
        if any(character.isnumeric() for character in words.text):  # it may be a code
            return
        self._made += 1
        kept = self._directory / f"kept-{self._made}.wav"
        os.link(file, kept)
        self._kept[words] = kept, file.stat().st_size
        while len(self._kept) > KEPT_FILES or sum(size for _, size in self._kept.values()) > KEPT_BYTES:
            _, (oldest, _) = self._kept.popitem(last=False)
            oldest.unlink(missing_ok=True)


def checked(words: Spoken) -> Spoken:
    """Return the words with a clean text. Raises IntercomError for words that cannot be spoken."""
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
    return replace(words, text=text)


def clean(text: str) -> str:
    """The text without control characters, which are commands of espeak-ng, and without [[, which begins phonemes."""
    shown = "".join(" " if unicodedata.category(each) in CONTROL else each for each in text)
    return shown.replace("[[", " ").strip()


def lines(text: str, longest: int) -> str:
    """A clean text as Piper reads it, which speaks each line by itself."""
    sentences = re.split(SENTENCE_ENDS, text)
    return "".join(f"{line}\n" for each in sentences for line in textwrap.wrap(each, longest))


def check_piper(status: int, fault: str, file: Path) -> None:
    """Raise IntercomError unless Piper has written sound. Its errors are read, and never shown: they may have text."""
    made = file.stat().st_size if file.is_file() else 0
    if not status and made > HEADER:
        return
    if status in OVER_LIMIT or "File too large" in fault:
        raise IntercomError(
            ErrorCode.TEXT_TOO_LONG, "The text takes too long to speak.", "The limit is about 4 minutes.", "Shorten it."
        )
    if re.search(NO_MEMORY, fault):
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "The text cannot be spoken.",
            f"Piper needs more than {MEMORY_MB} MB of memory for it.",
            "Choose a smaller voice (medium or low), or shorter sentences.",
        )
    # For a text without words, Python's Piper fails as it closes an empty file, and nothing has failed before that.
    no_words = "channels not specified" in fault and "another exception occurred" not in fault
    if no_words or (not status and file.is_file()):
        raise IntercomError(ErrorCode.PARAMETER_INVALID, "There is nothing to say.", "The text has no words.")
    raise IntercomError(
        ErrorCode.UNAVAILABLE,
        "The text cannot be spoken.",
        f"Piper failed with status {status}.",
        "Try it at a shell: echo Hello | piper --model FILE --output_file /tmp/hello.wav",
    )


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
