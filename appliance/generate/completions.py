"""Completion for bash, zsh and fish of all commands, from their options in the code."""

import argparse
import shlex
from collections.abc import Callable
from pathlib import Path

from appliance.__main__ import parser as daemon
from appliance.cli.__main__ import parser as client
from appliance.cli.complete import KINDS
from appliance.generate.commands import MADE, arguments, commands
from appliance.setup.__main__ import parser as setup

_BASH = """# bash completion of {prog}. {made}
_{prog}() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} words={words}
    case ${{COMP_WORDS[COMP_CWORD - 1]}} in
{after}    esac
{commands}    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -F _{prog} {prog}
"""
_BASH_FILES = """        {names})
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
            ;;
"""
_BASH_WORDS = """        {name})
            mapfile -t COMPREPLY < <(compgen -W '{words}' -- "$word")
            return
            ;;
"""
_BASH_COMMANDS = """    local each before='' ids='' place=()
    for each in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $before in
            {place}) place+=("$before" "$each") ;;
        esac
        before=$each
        case $each in
{cases}        esac
    done
    if [[ $ids && $word != -* ]]; then
        words+=" $("${{COMP_WORDS[0]}}" "${{place[@]}}" ids $ids 2>/dev/null)"
    fi
"""
_ZSH = """#compdef {prog}
# zsh completion of {prog}. {made}
local each before='' command='' ids=''
local -a place options values
for each in "${{(@)words[2,CURRENT-1]}}"; do
    case $before in
        {place}) place+=("$before" "${{(Q)each}}") ;;
        *) [[ $each == -* || -n $command ]] || command=$each ;;
    esac
    before=$each
done
case $before in
{after}esac
case $command in
{cases}esac
if [[ -n $ids && $PREFIX != -* ]]; then
    for each in ${{(f)"$("${{(Q)words[1]}}" $place ids ${{=ids}} 2>/dev/null)"}}; do
        values+=("${{each//:/\\\\:}}")
    done
fi
_describe -o option options
_describe value values
"""
_FISH = """# fish completion of {prog}. {made}
complete -c {prog} -f
{rows}
"""
_FISH_COMMANDS = """function __{prog}_is
    set -l before ''
    set -l command ''
    for each in (commandline -opc)[2..-1]
        if not contains -- "$before" {place}; and not string match -q -- '-*' "$each"
            set command $each
            break
        end
        set before $each
    end
    test "$command" = "$argv[1]"
end
function __{prog}_ids
    set -l line (commandline -opc)
    set -l before ''
    set -l place
    for each in $line[2..-1]
        if contains -- "$before" {place}
            set -a place $before $each
        end
        set before $each
    end
    $line[1] $place ids $argv 2>/dev/null
end
"""

Shell = Callable[[argparse.ArgumentParser], str]


def bash(parser: argparse.ArgumentParser) -> str:
    """The completion for bash."""
    subs = commands(parser)
    files, choices = _files(parser), _choices(parser)
    after = [_BASH_FILES.format(names=" | ".join(files))] if files else []
    after += [_BASH_WORDS.format(name=name, words=" ".join(words)) for name, words in choices.items()]
    cases = [
        f"            {name}) words='{' '.join([*_names(sub), *_values(sub)])}' ids='{' '.join(_kinds(sub))}' ;;\n"
        for name, sub in subs.items()
    ]
    return _BASH.format(
        made=MADE,
        prog=parser.prog,
        words=shlex.quote(" ".join([*_names(parser), *subs])),
        after="".join(after),
        commands=_BASH_COMMANDS.format(place=" | ".join(_place(parser)), cases="".join(cases)) if subs else "",
    )


def zsh(parser: argparse.ArgumentParser) -> str:
    """The completion for zsh, a function that the shell loads by the file's name."""
    files, choices = _files(parser), _choices(parser)
    after = [f"    {'|'.join(files)}) _files; return ;;\n"] if files else []
    after += [
        f"    {name}) values=({' '.join(words)}); _describe value values; return ;;\n"
        for name, words in choices.items()
    ]
    first = [shlex.quote(f"{name}:{sub.description}") for name, sub in commands(parser).items()]
    cases = [f"    '') options=({_described(parser)}) values=({' '.join(first)}) ;;\n"]
    cases += [
        f"    {name}) options=({_described(sub)}) values=({' '.join(_values(sub))}) ids='{' '.join(_kinds(sub))}' ;;\n"
        for name, sub in commands(parser).items()
    ]
    place = "|".join(_place(parser))
    return _ZSH.format(made=MADE, prog=parser.prog, place=place, after="".join(after), cases="".join(cases))


def fish(parser: argparse.ArgumentParser) -> str:
    """The completion for fish."""
    subs = commands(parser)
    rows = [_FISH_COMMANDS.format(prog=parser.prog, place=" ".join(_place(parser)))] if subs else []
    for name, sub in {"": parser, **subs}.items():
        here = f"complete -c {parser.prog}" + (f""" -n "__{parser.prog}_is '{name}'" """.rstrip() if subs else "")
        rows += [f"{here} {_fish_option(action)}" for action in sub._actions if action.option_strings]  # noqa: SLF001
        values = _values(sub)
        rows += [f"{here} -a {_fish_quoted(' '.join(values))}"] if values else []
        kinds = _kinds(sub)
        rows += [f"{here} -a '(__{parser.prog}_ids {' '.join(kinds)})'"] if kinds else []
        if not name:
            rows += [f"{here} -a {each} -d {_fish_quoted(of.description or '')}" for each, of in subs.items()]
    return _FISH.format(made=MADE, prog=parser.prog, rows="\n".join(rows))


def of_client(shell: Shell) -> Callable[[], str]:
    """A function that makes the completion of `intercomctl` for this shell."""
    return lambda: shell(client())


def of_daemon(shell: Shell) -> Callable[[], str]:
    """A function that makes the completion of `intercomd` for this shell."""
    return lambda: shell(daemon())


def of_setup(shell: Shell) -> Callable[[], str]:
    """A function that makes the completion of `intercomd-setup` for this shell."""
    return lambda: shell(setup())


def _fish_option(action: argparse.Action) -> str:
    names = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in action.option_strings]
    if action.type is Path:
        names.append("-r -F")
    elif action.nargs != 0:
        names.append("-x")
    names += [f"-a {_fish_quoted(' '.join(map(str, action.choices)))}"] if action.choices else []
    return f"{' '.join(names)} -d {_fish_quoted(action.help or '')}"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _described(parser: argparse.ArgumentParser) -> str:
    """The long options as words of zsh, each with its help."""
    return " ".join(
        shlex.quote(f"{name}:{action.help}")
        for action in parser._actions  # noqa: SLF001
        for name in action.option_strings
        if name.startswith("--")
    )


def _all(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The options of the program and of all its commands."""
    whole = (parser, *commands(parser).values())
    return [action for each in whole for action in each._actions if action.option_strings]  # noqa: SLF001


def _files(parser: argparse.ArgumentParser) -> list[str]:
    """The options that take a file."""
    return [name for action in _all(parser) if action.type is Path for name in action.option_strings]


def _choices(parser: argparse.ArgumentParser) -> dict[str, list[str]]:
    """The options that take one of a few words, with these."""
    return {
        name: list(map(str, action.choices))
        for action in _all(parser)
        if action.choices
        for name in action.option_strings
    }


def _place(parser: argparse.ArgumentParser) -> list[str]:
    """The options of the whole program that take a value: for `intercomctl`, where the station is."""
    return [name for action in parser._actions if action.nargs is None for name in action.option_strings]  # noqa: SLF001


def _values(parser: argparse.ArgumentParser) -> list[str]:
    """The allowed values of its positional arguments."""
    if commands(parser):
        return []
    return [str(word) for action in arguments(parser) for word in action.choices or ()]


def _kinds(parser: argparse.ArgumentParser) -> list[str]:
    """The kinds of ids of its positional arguments."""
    return [action.dest for action in arguments(parser) if action.dest in KINDS]


def _names(parser: argparse.ArgumentParser) -> list[str]:
    """The long names of its options."""
    return [name for action in parser._actions for name in action.option_strings if name.startswith("--")]  # noqa: SLF001
