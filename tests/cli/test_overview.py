"""The help of intercomctl: every command in a group, and examples that the command line takes."""

import shlex

import pytest

from appliance.cli import overview
from appliance.cli.__main__ import parser
from appliance.generate.commands import commands


def test_every_command_is_in_one_group_and_in_the_help():
    grouped = [name for names in overview.groups().values() for name in names]
    assert sorted(grouped) == sorted(commands(parser()))
    lines = parser().format_help().splitlines()
    for title, names in overview.groups().items():
        begin = lines.index(f"{title}:")
        listed = [line.split()[0] for line in lines[begin + 1 : lines.index("", begin)] if line[2:3].strip()]
        assert tuple(listed) == names
    assert "ids" not in {line.split()[0] for line in lines if line.strip()}


@pytest.mark.parametrize("example", [each for line in overview.EXAMPLES for each in line.split(" && ")])
def test_an_example_is_a_command(example):
    assert example in parser().format_help()
    program, *words = shlex.split(example)
    assert program == parser().prog
    parser().parse_args(words)


def test_every_argument_and_option_of_a_command_has_a_help_text():
    without = [
        (name, action.dest)
        for name, command in commands(parser()).items()
        for action in command._actions
        if not action.help
    ]
    assert without == []


@pytest.mark.parametrize(("short", "words"), [("logs", ["--call", "c-1"]), ("account", ["register", "office"])])
def test_a_command_has_a_second_name_that_people_try(short, words):
    given = parser().parse_args([short, *words])
    assert given == parser().parse_args([{"logs": "log", "account": "accounts"}[short], *words])
