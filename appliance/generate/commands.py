"""Man pages of all commands, from their options in the code."""

import argparse

import appliance
from appliance.__main__ import DEFAULT
from appliance.__main__ import parser as daemon
from appliance.cli.__main__ import parser as client
from appliance.setup.__main__ import BOOT
from appliance.setup.__main__ import parser as setup

MADE = "Made by python -m appliance.generate from the options in the code. Change those, not this."
_MANUAL = r""".\" {made}
.TH {title} {section} "" "intercomd {version}"
.SH NAME
{prog} \- {summary}
.SH SYNOPSIS
.B {prog}
{synopsis}
.SH DESCRIPTION
{description}
{lists}
.SH EXIT STATUS
{status}
{environment}.SH FILES
{files}
.SH SEE ALSO
{see}
"""


def daemon_manual() -> str:
    """packaging/manpages/intercomd.8."""
    return _manual(
        daemon(),
        8,
        summary="SIP intercom or door phone",
        synopsis=r"[\fIOPTION\fR]...",
        status="0: success; 1: an error, printed with its cause and remedy; 2: wrong usage.",
        files={
            str(DEFAULT): "The configuration; every setting is explained in the examples of the documentation.",
            "/var/lib/intercomd": "Journal, recordings and the token of the HTTP interface, where systemd runs it.",
            "/run/intercomd/http.sock": "The Unix socket of the HTTP interface, open to the group intercom.",
        },
        see=r"\fBintercomctl\fR(1)",
    )


def client_manual() -> str:
    """packaging/manpages/intercomctl.1."""
    return _manual(
        client(),
        1,
        summary="show and control a running intercomd",
        synopsis=r"[\fIOPTION\fR]... \fICOMMAND\fR [\fIARGUMENT\fR]...",
        status="0: success; 1: refused, or no daemon answers; 2: wrong usage; 3: it did not ring in time (wait).",
        files={"/run/intercomd/http.sock": "The daemon's Unix socket, open to the group intercom."},
        environment={
            "INTERCOM_TOKEN": "The token for --url.",
            "NO_COLOR": "If it is set, levels such as problem have no colours on a terminal.",
        },
        see=r"\fBintercomd\fR(8)",
    )


def setup_manual() -> str:
    """packaging/manpages/intercomd-setup.8."""
    return _manual(
        setup(),
        8,
        summary="propose, check and write a configuration for intercomd",
        synopsis=r"[\fIOPTION\fR]...",
        status="0: success; 1: refused or impossible, printed with cause and remedy, or the configuration does not "
        "work yet; 2: wrong usage.",
        files={
            str(DEFAULT): "The written file; the previous one is kept beside it as .old.",
            str(BOOT): "Imported once by intercomd-setup.service when the board starts: a configuration in which an "
            "account may have password instead of password_file. A copy without passwords and digits is left as "
            "intercomd.imported.toml; intercomd-errors.txt contains the reason for a refusal.",
        },
        see=r"\fBintercomd\fR(8), \fBintercomctl\fR(1)",
    )


def _manual(
    parser: argparse.ArgumentParser,
    section: int,
    *,
    summary: str,
    synopsis: str,
    status: str,
    files: dict[str, str],
    environment: dict[str, str] | None = None,
    see: str,
) -> str:
    subs = commands(parser)
    lists = [".SH OPTIONS", *_options(parser)]
    if subs:
        lists.append(".SH COMMANDS")
    for name, sub in subs.items():
        lists += [".TP", f"\\fB{_escaped(name)}\\fR{_positional(sub)}", _escaped(sub.description or "")]
        own = [*_explained(sub), *_options(sub, helps=False)]
        if own:
            lists += [".RS", *own, ".RE"]
    return _MANUAL.format(
        made=MADE,
        title=parser.prog.upper(),
        section=section,
        version=appliance.__version__,
        prog=parser.prog,
        summary=summary,
        synopsis=synopsis,
        description=_escaped(parser.description or ""),
        lists="\n".join(lists),
        status=_escaped(status),
        files=_terms(files),
        environment=f".SH ENVIRONMENT\n{_terms(environment)}\n" if environment else "",
        see=see,
    )


def _terms(explained: dict[str, str]) -> str:
    """Names and their texts, in roff."""
    return "\n".join(f".TP\n.I {_escaped(name)}\n{_escaped(text)}" for name, text in explained.items())


def _positional(parser: argparse.ArgumentParser) -> str:
    """A command's positional arguments, in roff."""
    names = [(f"\\fI{_escaped(action.dest.upper())}\\fR", action.nargs is None) for action in arguments(parser)]
    return "".join(f" {name}" if needed else f" [{name}]" for name, needed in names)


def _explained(parser: argparse.ArgumentParser) -> list[str]:
    """Its positional arguments as a list in roff."""
    lines = []
    for action in arguments(parser):
        lines += [".TP", f"\\fI{_escaped(action.dest.upper())}\\fR", _escaped(action.help or "")]
    return lines


def _options(parser: argparse.ArgumentParser, *, helps: bool = True) -> list[str]:
    """A list in roff; `helps`: include --help."""
    lines = []
    for action in parser._actions:  # noqa: SLF001
        if action.option_strings and (helps or action.dest not in {"help", "json", "utc"}):
            names = ", ".join(f"\\fB{_escaped(name)}\\fR" for name in action.option_strings)
            value = "" if action.nargs == 0 else f" \\fI{_escaped(str(action.metavar or action.dest.upper()))}\\fR"
            lines += [".TP", names + value, _escaped(action.help or "")]
    return lines


def _escaped(text: str) -> str:
    """Escape a text for roff."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Its commands by their first names, in their order, without the one for shells."""
    return {
        name: sub
        for action in parser._actions  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 - argparse has no public function for them
        for name, sub in action.choices.items()
        if sub.description and sub.prog.endswith(f" {name}")
    }


def arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Its positional arguments."""
    return [action for action in parser._actions if not action.option_strings]  # noqa: SLF001
