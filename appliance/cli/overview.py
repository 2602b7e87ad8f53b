"""The help of `intercomctl`: its commands in groups, and examples."""

import argparse

from appliance.cli import ordered

GROUPS = {
    "See what happens": ("state", "watch", "log", "wait", "idle"),
    "Calls": (
        *("dial", "ring", "answer", "reject", "hangup", "hold", "resume", "mute", "unmute"),
        *("dtmf", "digits", "transfer", "conference", "record", "recordings"),
    ),
    "Texts": ("message", "messages"),
    "Sound": ("audio", "talk", "tone", "play", "say"),
    "Doors and panel": ("door", "code", "press", "panel", "clear", "rules"),
    "Who is called": ("contacts", "targets", "accounts", "dnd", "forward"),
    "The station": (
        "doctor",
        "config",
        "page",
        "push",
        "token",
        "support-bundle",
        "update",
        "backup",
        "restore",
        "wipe",
    ),
}
# The group of an order that stands in none of them, by what it is about.
OF_TAG = {
    "accounts": "Who is called",
    "audio": "Sound",
    "calls": "Calls",
    "conferences": "Calls",
    "contacts": "Who is called",
    "doors": "Doors and panel",
    "messages": "Texts",
    "panel": "Doors and panel",
    "recordings": "Calls",
}
EXAMPLES = {
    "intercomctl state": "what the station does now",
    "intercomctl door front --seconds 5": "open the door front for 5 s",
    "intercomctl dial kitchen": "call the target kitchen",
    "intercomctl wait ring && intercomctl answer": "answer the next call",
    "intercomctl log --since 2026-11-20 --follow": "past calls since then, and each one that ends",
    "intercomctl watch --json --until ring.started": "events as JSON until a visitor rings",
    "intercomctl recordings --party kitchen": "recordings of calls with kitchen",
}


def groups() -> dict[str, tuple[str, ...]]:
    """The commands of each group: those of orders that are not named here come last."""
    named = {name for names in GROUPS.values() for name in names}
    others = {name: OF_TAG.get(made["tag"], "The station") for name, made in ordered.commands().items()}
    return {
        title: (*names, *(each for each, group in others.items() if group == title and each not in named))
        for title, names in GROUPS.items()
    }


def text(parser: argparse.ArgumentParser) -> str:
    """The list of commands that the program's help has after its options."""
    listed = {
        each.dest: each
        for action in parser._actions  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 - argparse has no public function for them
        for each in action._choices_actions  # noqa: SLF001
    }
    formatter = argparse.HelpFormatter(parser.prog)
    for title, names in groups().items():
        formatter.start_section(title)
        formatter.add_arguments(listed[name] for name in names)
        formatter.end_section()
    width = max(map(len, EXAMPLES))
    examples = "".join(f"  {command:<{width}}  {what}\n" for command, what in EXAMPLES.items())
    more = f"`{parser.prog} COMMAND --help` explains a command, `man {parser.prog}` all of them."
    return f"\n{formatter.format_help()}\nExamples:\n{examples}\n{more}\n"
