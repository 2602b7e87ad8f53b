"""The reference of the configuration and its example file, from the schema."""

import textwrap

from appliance.config import describe
from appliance.config.describe import NAME, Described, Setting

# The example's names for the user's tables.
_EXAMPLE_NAMES = {
    "panel.button": "ring",
    "panel.chord": "both",
    "panel.lamp": "status",
    "panel.keypad": "front",
    "panel.reader": "gate",
    "panel.sensor": "leaf",
    "account": "office",
    "door": "front",
    "rule": "practice",
    "target": "kitchen",
    "webhook": "house",
    "plan": "house",
    "profile": "office",
}
# A table that needs others than the example's one of each kind, and a setting that needs a file.
_COMMENTED = {"panel.chord.both", "target.kitchen.password_file"}
_WIDTH = 100

_REFERENCE = """<!-- Made by python -m appliance.generate from appliance/config/schema/. Change that, not this. -->
# Configuration

`intercomd --config FILE` reads one [TOML](https://toml.io) file; `intercomd --check` lists all its errors and starts
nothing. Every setting has a default, except those marked *required*. `<name>` stands for a name that you choose:
at most 32 small letters, digits, `-` and `_`. The [example file](intercomd.example.toml) has every setting.
"""

_EXAMPLE = """\
# Every setting of intercomd. Made by python -m appliance.generate from appliance/config/schema/.
#
# A setting that is left out has its default. Test a changed file with: intercomd --check --config FILE
"""


def reference() -> str:
    """docs/reference/configuration.md."""
    return "\n".join([_REFERENCE, *(_section(table) for table in describe.tables())])


def _section(table: Described) -> str:
    rows = "".join(
        f"| `{setting.key}` | {_cell(_meaning(setting))} | {_cell(setting.allowed)} | {_default(table, setting)} |\n"
        for setting in table.settings
    )
    columns = "| key | meaning | allowed | default |\n| --- | --- | --- | --- |\n"
    return f"## [{_cell(table.name)}]\n{_cell(table.text)}\n\n{columns}{rows}"


def _meaning(setting: Setting) -> str:
    return f"{setting.text} Unit: {setting.unit}." if setting.unit else setting.text


def _default(table: Described, setting: Setting) -> str:
    if setting.required:
        return "*required*"
    if setting.default is None and table.without.get(setting.key) is None:
        return "none"
    shown = f"`{describe.toml(setting.default)}`" if setting.default is not None else "none"
    # Without the table of pictures the lamp has other pictures than with an empty one.
    return f"{shown}; without the table `{describe.toml(table.without[setting.key])}`" if table.without else shown


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def example() -> str:
    """docs/reference/intercomd.example.toml."""
    return "\n".join([_EXAMPLE, *(_table(table) for table in describe.tables())])


def _table(table: Described) -> str:
    name = table.name
    for named, chosen in _EXAMPLE_NAMES.items():
        name = name.replace(f"{named}.{NAME}", f"{named}.{chosen}")
    lines = [*_comment(table.text), f"[{name}]"]
    for setting in table.settings:
        value = setting.example if setting.example is not None else setting.default
        if table.without:
            value = table.without[setting.key]
        default = "required" if setting.required else f"default: {_shown(setting.default)}"
        lines += ["", *_comment(_meaning(setting)), *_comment(f"Allowed: {setting.allowed}; {default}.")]
        out = value is None or f"{name}.{setting.key}" in _COMMENTED
        lines.append("#" * out + f"{setting.key} = {describe.toml('on' if value is None else value)}")
    if name in _COMMENTED:
        lines = [line if line.startswith("#") or not line else f"#{line}" for line in lines]
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    return "none" if default is None else describe.toml(default)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
