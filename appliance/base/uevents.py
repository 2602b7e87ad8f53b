"""Reports of the kernel and of udev about devices, by netlink(7) (lib/kobject_uevent.c, libudev's monitor)."""

import socket

NETLINK_KOBJECT_UEVENT = 15  # include/uapi/linux/netlink.h
FROM_KERNEL, FROM_UDEV = 1, 2  # multicast groups; udev's report comes when the device's file has its group and mode
LARGEST = 8192  # a report has at most 2 KiB of variables, and the path


def listen(groups: int) -> socket.socket:
    """A socket that receives the reports of these groups and never blocks. Raises OSError."""
    kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    made = socket.socket(socket.AF_NETLINK, kind, NETLINK_KOBJECT_UEVENT)
    try:
        made.bind((0, groups))
    except OSError:
        made.close()
        raise
    return made
