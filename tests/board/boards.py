"""A board made of files: /proc and /sys as the kernel writes them, and its cards as ALSA lists them."""

from appliance.audio import cards as audio

HDMI = ("vc4hdmi0", "vc4-hdmi-0", "vc4-hdmi-0", "", "0")
PHONE = ("usbphone", "USB Phone", "C-Media USB Phone at usb-0000:01:00.0-1.2, full speed", "0", "0")
DEVICE = ("Device", "USB Audio Device", "GeneralPlus USB Audio Device at usb-0000:01:00.0-1.3, full speed", "1", "0")
OTHER = ("Device_1", "USB Audio Device", "GeneralPlus USB Audio Device at usb-0000:01:00.0-1.4, full speed", "0", "0")
CARDS = (HDMI, PHONE, DEVICE, OTHER)


class Alsa:
    """pyalsaaudio, with these cards: id, name, long name, numbers of the capture and of the playback devices."""

    PCM_PLAYBACK, PCM_CAPTURE = 0, 1

    class ALSAAudioError(Exception):
        pass

    def __init__(self, *cards):
        self._cards = cards

    def card_indexes(self):
        return list(range(len(self._cards)))

    def cards(self):
        return [card[0] for card in self._cards]

    def card_name(self, number):
        return self._cards[number][1:3]

    def pcms(self, kind):
        devices = [(card[0], number) for card in self._cards for number in card[3 if kind == self.PCM_CAPTURE else 4]]
        return ["null", *(f"{way}:CARD={card},DEV={n}" for card, n in devices for way in ("hw", "plughw")), "pulse"]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def sound(monkeypatch, root, *cards):
    """A board below `root` with these cards, or with CARDS."""
    return only(monkeypatch, root, *(cards or CARDS))


def only(monkeypatch, root, *cards):
    """A board below `root` with these cards, perhaps none."""
    monkeypatch.setattr(audio, "SND", root)
    monkeypatch.setattr(audio, "alsa_library", lambda: Alsa(*cards))
    return root


def owned(root, card, way, pid, words, name="player"):
    """A process has a card's PCM open."""
    status = f"state: RUNNING\nowner_pid   : {pid}\ntrigger_time: 1.2\n"
    write(root / f"proc/asound/card{card}/pcm0{way[0]}/sub0/status", status)
    write(root / f"proc/{pid}/cmdline", words.replace(" ", "\0"))
    write(root / f"proc/{pid}/comm", f"{name}\n")


def raspberry(root, *, persists=None, arguments=""):
    """A Raspberry Pi, whose kernel says so much about strict_gpiod."""
    write(root / "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.5\0")
    write(root / "proc/device-tree/chosen/bootargs", arguments + "\0")
    if persists is not None:
        write(root / "sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs", f"{persists}\n")
    return root
