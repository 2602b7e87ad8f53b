"""A board made of files: /proc and /sys as the kernel writes them."""

CARDS = """ 0 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0
                      vc4-hdmi-0
 1 [usbphone       ]: USB-Audio - USB Phone
                      C-Media USB Phone at usb-0000:01:00.0-1.2, full speed
 2 [Device         ]: USB-Audio - USB Audio Device
                      GeneralPlus USB Audio Device at usb-0000:01:00.0-1.3, full speed
 3 [Device_1       ]: USB-Audio - USB Audio Device
                      GeneralPlus USB Audio Device at usb-0000:01:00.0-1.4, full speed
"""
PCMS = """00-00: MAI PCM i2s-hifi-0 : MAI PCM i2s-hifi-0 : playback 1
01-00: USB Audio : USB Audio : playback 1 : capture 1
02-00: USB Audio : USB Audio : playback 1
02-01: USB Audio #1 : USB Audio #1 : capture 1
03-00: USB Audio : USB Audio : playback 1 : capture 1
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def sound(root, cards=CARDS, pcms=PCMS):
    """Cards below `root`."""
    write(root / "proc/asound/cards", cards)
    write(root / "proc/asound/pcm", pcms)
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
