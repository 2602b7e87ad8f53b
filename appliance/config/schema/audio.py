"""[audio] and [recording]."""

from appliance.config.schema.base import Table, setting


class AudioTable(Table):
    """Speaker and microphone."""

    capture: str = setting(
        'ALSA PCM of the microphone, such as "plughw:CARD=usbphone,DEV=0". "null": no microphone; silence is sent.',
        allowed='the name of an ALSA PCM, or "null"',
        default="default",
        pattern=r"^[^\x00-\x1f\x7f]{1,128}$",
    )
    playback: str = setting(
        'ALSA PCM of the speaker. "null": no speaker; received sound is dropped.',
        allowed='the name of an ALSA PCM, or "null"',
        default="default",
        pattern=r"^[^\x00-\x1f\x7f]{1,128}$",
    )
    microphone_file: str = setting(
        "WAV file (16 bit, mono) to play in a loop instead of the microphone, for demonstrations. Empty: none.",
        allowed='the path of a file, or ""',
        default="",
        pattern=r"^[^\x00]*$",
    )
    hold_music: str = setting(
        "WAV file (16 bit, mono) that held far ends hear in a loop. Empty: silence.",
        allowed='the path of a file, or ""',
        default="",
        pattern=r"^[^\x00]*$",
    )


class RecordingTable(Table):
    """Recording of calls. Respect the law: in many countries everybody who is recorded must know it."""

    enabled: bool = setting("Record every call, in both directions, from its answer to its end.", default=False)
