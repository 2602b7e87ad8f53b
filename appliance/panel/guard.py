"""The relay guard: a separate process that holds the relay lines and ends every pulse itself.

Run as `python -I -S guard.py WHERE DOOR...` or `… WHERE --config FILE`; it needs only the standard library and
imports no other module of intercomd.

WHERE  a number: that inherited descriptor, one end of a SOCK_SEQPACKET pair; the guard exits at its end of file.
       a path: listens there, serves one daemon after another and releases no line until SIGTERM.
       `systemd`: the same on the one listening socket that systemd passed (sd_listen_fds(3)).
DOOR   `--door ID CAP HOLD`: a pulse lasts at most CAP seconds without a break, 60 at most, and a hold at most HOLD
       seconds, 43200 at most, 0 for no holds; then the relay's line:
       `--gpio CHIP LINE` or `--gpio-active-low CHIP LINE`: a chip by its label (or name, or path), a line by its name,
       or by its offset if that is all digits;
       `--simulated FILE`: the level is the first character of FILE, 0 or 1.
FILE   the daemon's configuration: its doors, if [guard] says that the guard is not a child of the daemon.

The first packet to a daemon is RECORD(HELLO, NONE, birth, 0) and the doors' ids, one a line; their order numbers the
doors. A daemon sends RECORD(door, PULSE or HOLD, pulse, until), or RECORD(door, NONE, 0, until) if no pulse is desired
any more. Each is answered by RECORD(door, energised, pulse, until), and so is the end of a pulse. `pulse` is the moment
of the decision; two comparisons energise it at most once, even if it is sent twice, late or after a restart: it must be
newer than the door's newest pulse, and newer than this connection. A hold is a pulse with another limit. Times are
nanoseconds of CLOCK_MONOTONIC.

systemd gets READY and watchdog messages (sd_notify(3)): nothing else notices a guard that hangs.

Exit status: 0 on SIGTERM or end of file; 1 a line or socket is not available; 2 wrong arguments, or a file that
cannot be used; 3 the file leaves nothing to guard. With a file, 1 and 2 follow some seconds late.
"""

import errno
import fcntl
import os
import select
import signal
import socket
import stat
import struct
import sys
import time

RECORD = struct.Struct("<BB6xqq")
HELLO = 255
NONE, PULSE, HOLD = 0, 1, 2
LONGEST_S, LONGEST_HOLD_S = 60, 43_200
LONGEST = 1 << 20  # bytes of a configuration
HURRY_US = 1_000_000  # the watchdog's limit while a pulse ends soon
USUAL_CAP_S, USUAL_HOLD_S = 10.0, 0.0  # the defaults of the file
IDLE = 3  # exit status: nothing to guard
PAUSE_S = 5
KINDS = {"--gpio": 2, "--gpio-active-low": 2, "--simulated": 1}  # kinds of lines, and how many words name each
SECOND = 1_000_000_000

# GPIO character device, second version: include/uapi/linux/gpio.h
CHIP_INFO, LINE_INFO, GET_LINE, SET_VALUES = 0x8044B401, 0xC100B405, 0xC250B407, 0xC010B40F
ACTIVE_LOW, OUTPUT = 1 << 1, 1 << 3
OUTPUT_VALUES = 2  # the id of the attribute

FREE_IT = "end that program (gpioinfo shows who has which line), or name another line"
OPEN_IT = "let this user open it: the group that owns /dev/gpiochip* (ls -l) is given by a udev rule"


class Refused(Exception):  # noqa: N818  what it says
    """The guard cannot run: exit status, cause, and remedy."""

    def __init__(self, status: int, cause: str, remedy: str = "") -> None:
        super().__init__(f"{cause}; {remedy}" if remedy else cause)
        self.status, self.cause, self.remedy = status, cause, remedy


class GpioLine:
    """A line of a GPIO chip, requested as output and inactive in one ioctl.

    In two steps (output, then active-low) the relay was energised in 13 % of the samples in between.
    """

    def __init__(self, chip: str, line: str, active_low: bool) -> None:
        path, offset = find(chip, line)
        opened = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            flags = OUTPUT | (ACTIVE_LOW if active_low else 0)
            config = struct.pack("=QI20xIIQQ216x", flags, 1, OUTPUT_VALUES, 0, 0, 1)  # values 0, for mask 1
            request = struct.pack("=I252x32s", offset, b"intercomd-guard") + config + struct.pack("=II20xi", 1, 0, -1)
            self.fd: int = struct.unpack_from("=i", fcntl.ioctl(opened, GET_LINE, request), 588)[0]
        except OSError as error:
            user = line_info(opened, offset)[32:64].rstrip(b"\0").decode(errors="replace")
            by = f", in use by {user!r}" if user else ""
            cause = f"line {line} of chip {chip} is not available: {error.strerror}{by}"
            raise Refused(1, cause, FREE_IT if user else "") from error
        finally:
            os.close(opened)

    def put(self, active: bool) -> None:
        """Set the level; the kernel applies active-low."""
        fcntl.ioctl(self.fd, SET_VALUES, struct.pack("=QQ", active, 1))


class SimulatedLine:
    """A line that is a file: locked by its holder, and keeping its level when released, as on some boards."""

    def __init__(self, path: str) -> None:
        try:
            self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.pwrite(self.fd, b"0\n", 0)
        except BlockingIOError as error:
            raise Refused(1, f"simulated line {path} is held by another guard") from error
        except OSError as error:
            raise Refused(1, f"simulated line {path} is not available: {error.strerror}") from error

    def put(self, active: bool) -> None:
        """Set the level: the file has one byte, so that a reader never sees half a change."""
        os.pwrite(self.fd, b"1" if active else b"0", 0)


Line = GpioLine | SimulatedLine


def line_info(chip: int, offset: int) -> bytes:
    """Return struct gpio_v2_line_info: the line's name in the first 32 bytes, its consumer in the next."""
    return fcntl.ioctl(chip, LINE_INFO, struct.pack("=64xI188x", offset))


def chips(where: str = "") -> tuple[list[tuple[str, str, int]], dict[str, str]]:
    """Return path, label and number of lines of each GPIO chip, and why others cannot be opened.

    `where`: the path of the only chip to examine. One chip may have two names in /dev: it is listed once.
    """
    names = [where] if where else [node.path for node in os.scandir("/dev") if node.name.startswith("gpiochip")]
    known: dict[int, tuple[str, str, int]] = {}  # by device number
    shut = {}
    for path in sorted(names):
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            shut[path] = str(error.strerror)
            continue
        try:
            info = fcntl.ioctl(fd, CHIP_INFO, bytes(68))
            label = info[32:64].rstrip(b"\0").decode(errors="replace")
            known.setdefault(os.fstat(fd).st_rdev, (path, label, struct.unpack_from("=I", info, 64)[0]))
        except OSError as error:
            shut[path] = str(error.strerror)
        finally:
            os.close(fd)
    return list(known.values()), shut


def find(chip: str, line: str) -> tuple[str, int]:
    """Return a chip's path and a line's offset. Raises Refused.

    By label and name, since chip numbers differ between boards and boots; a chip also by its name in /dev or its path,
    if two have the same label.
    """
    known, shut = chips(chip if chip.startswith("/") else "")
    there = [(path, lines) for path, label, lines in known if chip in {label, path, path.rpartition("/")[2]}]
    if not there:
        raise missing_chip(chip, [label for _, label, _ in known], shut)
    found = []
    names = []
    for path, lines in there:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            for offset in range(lines):
                name = line_info(fd, offset)[:32].rstrip(b"\0").decode(errors="replace")
                names.append(name)
                if offset == int(line) if line.isdecimal() else name == line:
                    found.append((path, offset))
        finally:
            os.close(fd)
    if not found:
        raise Refused(1, f"chip {chip} has no line {line!r}", meant(line, names, "gpioinfo shows its lines"))
    if len(found) > 1:
        more = "name the chip by its path and the line by its offset, as gpioinfo shows them"
        raise Refused(1, f"{len(found)} lines are named {line!r} on chips labelled {chip!r}", more)
    return found[0]


def missing_chip(chip: str, labels: list[str], shut: dict[str, str]) -> Refused:
    """Return the error for a chip that does not exist."""
    if shut:
        which = ", ".join(f"{path}: {why}" for path, why in shut.items())
        return Refused(1, f"GPIO chip {chip!r} cannot be opened by this user ({which})", OPEN_IT)
    if not labels:
        return Refused(1, "this machine has no GPIO chip (/dev/gpiochip*)", "load the driver of its GPIO lines")
    there = f"no GPIO chip is labelled {chip!r}; there are: {', '.join(sorted(labels))}"
    return Refused(1, there, meant(chip, labels, "gpiodetect shows the chips"))


def meant(word: str, known: list[str], otherwise: str) -> str:
    """Return a question with the nearest known word, else `otherwise`."""
    import difflib  # noqa: PLC0415  late: only who errs pays for it

    near = difflib.get_close_matches(word, [name for name in known if name], 1)
    return f"did you mean {near[0]!r}?" if near else otherwise


class GuardedDoor:
    """A door's relay: energised while now < `until`, which only a newer pulse can raise."""

    def __init__(self, name: str, cap: int, hold: int, line: Line) -> None:
        self.name, self._caps, self._line = name, {PULSE: cap, HOLD: hold}, line
        self.energised = False
        self.until = 0
        self._pulse = 0  # the newest accepted id
        self._began = 0  # when it was last energised, or should have been
        self._ended = 0

    def ask(self, kind: int, pulse: int, until: int, born: int, now: int) -> None:
        """Apply a record, if it is valid; `settle` must follow.

        A newer pulse replaces a running one, but keeps its beginning: together they stay within the newer one's cap.
        This also holds for a pulse that was decided while the door was energised but arrived later.
        """
        if kind == NONE:
            self.until = min(self.until, now)
        elif pulse == self._pulse:
            self.until = min(self.until, until)
        elif max(self._pulse, born) < pulse <= now:
            self._pulse = pulse
            if not self.energised and pulse > self._ended:
                self._began = now
            self.until = min(until, self._began + self._caps[kind])

    def settle(self, now: int) -> bool:
        """Set the relay to its desired level; True: it changed. Raises OSError: the level is unknown."""
        wanted = now < self.until
        if wanted == self.energised:
            return False
        if wanted:
            self.energised = True  # before the level: a failure in between counts as energised
            self._line.put(True)
        else:
            self.rest(now)
        return True

    @property
    def fd(self) -> int:
        """The line's descriptor, which hangs up when the line's chip is removed."""
        return self._line.fd

    def rest(self, now: int) -> None:
        """Make the relay inactive in any state, and end its pulse. Raises OSError: the level is unknown."""
        self._line.put(False)
        self.until = min(self.until, now)
        if self.energised:
            self.energised, self._ended = False, now

    def record(self, number: int) -> bytes:
        """Return the record of this door's state, for a daemon."""
        return RECORD.pack(number, self.energised, self._pulse, max(0, self.until))


class Manager:
    """The connection to systemd, if it runs us: reports that we are ready, and repeatedly that we do not hang."""

    def __init__(self) -> None:
        path = os.environ.get("NOTIFY_SOCKET", "")
        self._path = "\0" + path[1:] if path.startswith("@") else path
        micros = os.environ.get("WATCHDOG_USEC", "")
        mine = os.environ.get("WATCHDOG_PID") == str(os.getpid())
        self._usual = self._patience = int(micros) if micros.isdecimal() and mine else 0  # of the watchdog, in µs
        self.due: int | None = None  # when the next watchdog message is due

    def notify(self, text: bytes) -> None:
        """Send a message. If systemd does not read, that must not keep a pulse from ending."""
        if self._path:
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                    sock.sendto(text, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL, self._path)
            except OSError:
                return

    def beat(self, now: int, end: int | None = None) -> None:
        """Send a watchdog message, if there is a watchdog and it is time; `end`: of the pulse that ends first.

        Nothing else ends a pulse of a stopped guard, so the watchdog's limit is shorter near a pulse's end.
        """
        if not self._usual:
            return
        close = end is not None and end - now < 2 * self._usual * 1000
        patience = min(self._usual, HURRY_US) if close else self._usual
        if patience != self._patience:
            self._patience = patience
            self.notify(b"WATCHDOG_USEC=%d\nWATCHDOG=1" % patience)
        elif self.due is None or now >= self.due:
            self.notify(b"WATCHDOG=1")
        else:
            return
        self.due = now + patience * 1000 // 4


class Guard:
    """Serves a daemon, or one after another, and ends each pulse in time whatever they do."""

    def __init__(self, doors: list[GuardedDoor], stop: int) -> None:
        self._doors, self._stop = doors, stop
        self._manager = Manager()
        self._daemon: socket.socket | None = None
        self._born = 0

    def run(self, sock: socket.socket, listening: bool) -> None:
        """Return when descriptor `stop` becomes readable, or at the end of file of a `sock` that does not listen."""
        if not listening:
            self._welcome(sock)
        names = ", ".join(door.name for door in self._doors)
        self._manager.notify(b"READY=1\nSTATUS=holds the relays of " + names.encode(errors="replace"))
        while True:
            self._settle()
            self._manager.beat(time.monotonic_ns(), min(self._moments(), default=None))
            stopped, readable, gone = self._wait(sock)
            if stopped:
                return
            if gone or (readable and self._daemon and not self._read(self._daemon)):
                self._dismiss()
                if not listening:
                    return
            elif readable and not self._daemon:
                try:
                    self._welcome(sock.accept()[0])
                except OSError:  # the client left before its turn
                    continue

    def _settle(self) -> None:
        for number, door in enumerate(self._doors):
            if door.settle(time.monotonic_ns()):
                self._send(door.record(number))

    def _moments(self) -> list[int]:
        return [door.until for door in self._doors if door.energised]

    def _wait(self, listener: socket.socket) -> tuple[bool, bool, bool]:
        """Wait for a pulse's end, a beat or a message; returns: stop requested, data to read, daemon gone."""
        poller = select.poll()
        poller.register(self._stop, select.POLLIN)
        poller.register(self._daemon or listener, select.POLLIN | select.POLLRDHUP)
        due = min([*self._moments(), *([self._manager.due] if self._manager.due else [])], default=None)
        left = None if due is None else max(0, due - time.monotonic_ns()) / 1e6  # ms, rounded up by poll
        for door in self._doors:
            poller.register(door.fd, 0)
        came = dict(poller.poll(left))
        for door in self._doors:
            if door.fd in came:
                # At once, not at the next pulse: when the chip returns, its lines are free until we request them.
                raise Refused(1, f"door {door.name}: the chip of its relay's line was removed", "reconnect it")
        flags = came.get((self._daemon or listener).fileno(), 0)
        # The last messages of a daemon that is gone are not read: it no longer wants a pulse.
        gone = self._daemon is not None and bool(flags & (select.POLLHUP | select.POLLRDHUP | select.POLLERR))
        return self._stop in came, bool(flags), gone

    def _welcome(self, daemon: socket.socket) -> None:
        self._daemon, self._born = daemon, time.monotonic_ns()
        names = "\n".join(door.name for door in self._doors)
        self._send(RECORD.pack(HELLO, NONE, self._born, 0) + names.encode())

    def _dismiss(self) -> None:
        for door in self._doors:
            door.rest(time.monotonic_ns())
        if self._daemon:
            self._daemon.close()
        self._daemon = None

    def _read(self, daemon: socket.socket) -> bool:
        """Process one record. False: end of file, or an invalid record, which is handled alike."""
        try:
            data = daemon.recv(RECORD.size + 1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if len(data) != RECORD.size:
            return False
        number, kind, pulse, until = RECORD.unpack(data)
        if number >= len(self._doors) or kind > HOLD or pulse < 0 or (kind != NONE) != (pulse > 0):
            return False
        door = self._doors[number]
        door.ask(kind, pulse, until, self._born, time.monotonic_ns())
        door.settle(time.monotonic_ns())
        self._send(door.record(number))
        return True

    def _send(self, packet: bytes) -> None:
        """Send a packet to the daemon. If it does not read, or is gone, that must not keep a pulse from ending."""
        if self._daemon:
            try:
                self._daemon.send(packet, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
            except OSError:
                return


def parse(words: list[str]) -> list[tuple[str, int, int, list[str]]]:
    """Return each door's id, caps in nanoseconds, and the words that name its line. Raises Refused."""
    doors: list[tuple[str, int, int, list[str]]] = []
    rest = iter(words)
    for option in rest:
        name, cap, hold, kind = next(rest, ""), next(rest, ""), next(rest, ""), next(rest, "")
        where = [kind, *(next(rest, "") for _ in range(KINDS.get(kind, 0)))]
        if option != "--door" or not name or not name.isprintable():
            raise Refused(2, f"--door ID CAP HOLD expected, not {option} {name!r}")
        if not (is_number(cap) and 0 < float(cap) <= LONGEST_S):
            raise Refused(2, f"door {name}: a cap is more than 0 and at most {LONGEST_S} seconds, not {cap!r}")
        if not (is_number(hold) and 0 <= float(hold) <= LONGEST_HOLD_S):
            raise Refused(2, f"door {name}: it is held for 0 to {LONGEST_HOLD_S} seconds, not {hold!r}")
        if kind not in KINDS or "" in where:
            raise Refused(2, f"door {name}: {' or '.join(KINDS)} expected, with what belongs to it")
        doors.append((name, int(float(cap) * SECOND), int(float(hold) * SECOND), where))
    if not 0 < len(doors) < HELLO:
        raise Refused(2, "no door, or too many")
    for what, values in (("door", [d[0] for d in doors]), ("line", [" ".join(d[3][1:]) for d in doors])):
        if len(set(values)) < len(values):
            raise Refused(2, f"a {what} is named twice: {', '.join(values)}")
    return doors


def configured(path: str) -> list[tuple[str, int, int, list[str]]]:
    """Return what `parse` returns, from the daemon's configuration file. Raises Refused.

    The daemon, which reads the file too, reports every error in it; this function checks only the guard's settings.
    """
    import tomllib  # noqa: PLC0415  late: a daemon's child does not need it

    try:
        raw = tomllib.loads(contents(path).decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(2, f"{path} cannot be read: {spoken(error)}") from error
    doors, own, panel = table(raw, "door"), table(raw, "guard"), table(raw, "panel")
    if not doors or not own.get("socket") or panel.get("lines") == "simulated":
        raise Refused(IDLE, "nothing to guard: no [door.…], no [guard] socket, or simulated lines")
    words = []
    for name in doors:
        door = table(doors, name)
        chip, line = door.get("chip"), door.get("line")
        active_low = door.get("active_low", False)
        caps = door.get("max_s", USUAL_CAP_S), door.get("max_hold_s", USUAL_HOLD_S)
        if not (isinstance(chip, str) and isinstance(line, str) and chip and line):
            raise Refused(2, f"door {name}: its chip and line must be given")
        if not isinstance(active_low, bool) or any(isinstance(cap, str) for cap in caps):
            raise Refused(2, f"door {name}: active_low is true or false, max_s and max_hold_s are numbers")
        words += ["--door", name, *map(str, caps), "--gpio-active-low" if active_low else "--gpio", chip, line]
    return parse(words)


def contents(path: str) -> bytes:
    """Return a regular file's contents. Raises OSError, also for other files, such as a FIFO, and for endless ones."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "It is not a regular file")
        found = b""
        while (part := os.read(descriptor, LONGEST + 1 - len(found))) and len(found) <= LONGEST:
            found += part
    finally:
        os.close(descriptor)
    if len(found) > LONGEST:
        raise OSError(errno.EFBIG, "It is longer than 1 MiB")
    return found


def table(of: dict[str, object], name: str) -> dict[str, object]:
    """Return a table, empty if it does not exist. Raises Refused."""
    found = of.get(name, {})
    if not isinstance(found, dict):
        raise Refused(2, f"{name} must be a table")
    return found


def is_number(text: str) -> bool:
    """Whether the text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def take(where: list[str]) -> Line:
    """Claim a line as `parse` returned it. Raises Refused."""
    if where[0] == "--simulated":
        return SimulatedLine(where[1])
    return GpioLine(where[1], where[2], where[0] == "--gpio-active-low")


def meet(where: str) -> tuple[socket.socket, bool]:
    """Return the socket that WHERE names, and whether it listens. Raises Refused."""
    if "/" in where:
        return listen(where), True
    if where == "systemd":
        if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
            raise Refused(2, "systemd: one socket of a .socket unit is expected (LISTEN_PID, LISTEN_FDS)")
        return inherited(3, listening=True), True
    if not where.isdecimal():
        raise Refused(2, f"{where!r} is not a number of a descriptor, no path with a slash, nor systemd")
    return inherited(int(where), listening=False), False


def spoken(error: Exception) -> str:
    """Return an error's text without the number that Python puts before it."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def inherited(number: int, *, listening: bool) -> socket.socket:
    """Return the descriptor as the expected kind of socket. Raises Refused."""
    try:
        sock = socket.socket(fileno=number)
        fits = sock.family == socket.AF_UNIX and sock.type == socket.SOCK_SEQPACKET
        if fits and bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)) == listening:
            return sock
    except (OSError, OverflowError) as error:
        raise Refused(2, f"descriptor {number} is no socket: {spoken(error)}") from error
    raise Refused(
        2, f"descriptor {number} is no {'listening' if listening else 'connected'} SOCK_SEQPACKET Unix socket"
    )


def listen(path: str) -> socket.socket:
    """Listen on a socket that only our own user may connect to. Raises Refused."""
    try:
        if os.path.lexists(path):
            if not stat.S_ISSOCK(os.lstat(path).st_mode):
                raise Refused(2, f"{path} is there and no socket")
            # Left by an earlier guard, which is gone, as we hold our lines alone. (pathlib costs a start 8 ms.)
            os.unlink(path)  # noqa: PTH108
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mask = os.umask(0o177)
        try:
            sock.bind(path)
        finally:
            os.umask(mask)
        sock.listen(1)
    except OSError as error:
        raise Refused(1, f"cannot listen on {path}: {spoken(error)}") from error
    return sock


def listen_for_stop(listening: bool) -> int:
    """Return a descriptor that becomes readable at SIGTERM, and ignore signals that are not meant for a guard.

    A guard that is a daemon's child ignores SIGTERM too: it exits at the end of file, when nobody can want a pulse.
    """
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_IGN)
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, (lambda _number, _frame: None) if listening else signal.SIG_IGN)
    return reader


def main(words: list[str]) -> int:
    """Run the guard; returns the exit status."""
    doors: list[GuardedDoor] = []
    where, file = "".join(words[:1]), words[2] if words[1:2] == ["--config"] and len(words) == 3 else ""  # noqa: PLR2004
    stop = listen_for_stop(not where.isdecimal())
    begun, status, why = False, 0, ""
    try:
        for name, cap, hold, line in configured(file) if file else parse(words[1:]):
            doors.append(GuardedDoor(name, cap, hold, take(line)))
        sock, listening = meet(where)
        begun = True
        Guard(doors, stop).run(sock, listening)
    except Refused as refusal:
        why, status = str(refusal), refusal.status
    except OSError as error:
        why, status = f"a line or socket failed: {spoken(error)}", 1
    finally:
        # Before any message: its reader may keep us waiting.
        left = [door.name for door in doors if not came_to_rest(door)]
    if status == IDLE:
        Manager().notify(b"READY=1")  # otherwise systemd treats it as a failure, whatever the status is
    if why:
        complain(why)
    if left:
        complain(f"relays that cannot be made inactive: {', '.join(left)}")
    if file and not begun and status != IDLE:
        # systemd restarts us without a delay, so that a relay is released as briefly as possible; a guard that cannot
        # even start must not keep a core busy with that. The lines that we have stay ours, inactive.
        select.select([stop], [], [], PAUSE_S)
    return status


def came_to_rest(door: GuardedDoor) -> bool:
    """Make a relay inactive, as the last act; returns whether that worked."""
    try:
        door.rest(time.monotonic_ns())
    except OSError:
        return False
    return True


def complain(text: str) -> None:
    """Report an error, to systemd and on stderr, even if nobody reads it."""
    Manager().notify(b"STATUS=" + text.encode(errors="replace"))
    try:
        os.write(2, f"intercomd-guard: {text}\n".encode(errors="replace"))
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
