"""The budget: limits of figures and forbidden modules, from budget.toml, and what exceeds them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent / "budget.toml"


@dataclass(frozen=True, slots=True)
class Limit:
    """The largest allowed value of a figure. remedy: what to do if it is exceeded."""

    title: str
    limit: float
    remedy: str


@dataclass(frozen=True, slots=True)
class Budget:
    """All limits by figure, such as `modules.sip`, and by process the modules that it must not load."""

    limits: dict[str, Limit]
    forbidden: dict[str, tuple[str, ...]]


def read(path: Path = FILE) -> Budget:
    """The budget of this checkout."""
    groups = tomllib.loads(path.read_text(encoding="utf-8"))
    forbidden = {process: tuple(names) for process, names in groups.pop("forbidden").items()}
    limits = {f"{group}.{name}": Limit(**limit) for group, named in groups.items() for name, limit in named.items()}
    return Budget(limits, forbidden)


def excesses(budget: Budget, figures: Mapping[str, float], loaded: Mapping[str, frozenset[str]]) -> list[str]:
    """A sentence for everything that exceeds the budget, and for each figure or process that only one of them has."""
    found = []
    for name, limit in budget.limits.items():
        if name not in figures:
            found.append(f"{name}: was not measured. Measure it, or remove its limit from {FILE.name}.")
        elif figures[name] > limit.limit:
            found.append(f"{limit.title}: {show(figures[name])}, the limit is {show(limit.limit)}. {limit.remedy}")
    found += [f"{name}: has no limit. Add one to {FILE.name}." for name in figures if name not in budget.limits]
    for process, names in budget.forbidden.items():
        if process not in loaded:
            found.append(f"{process}: its modules were not measured. Measure them, or remove it from {FILE.name}.")
            continue
        for name in names:
            inside = sorted(each for each in loaded[process] if each == name or each.startswith(f"{name}."))
            if inside:
                more = f" ({len(inside)} modules)" if len(inside) > 1 else ""
                found.append(
                    f"{process}: loads {name}{more}, and must not. "
                    f"Import it where it is used, or in another process; `python -v` shows who imports it."
                )
    return found


def table(budget: Budget, figures: Mapping[str, float]) -> list[str]:
    """A line for each measured figure: how much, the limit, and the room between them."""
    lines = []
    for name, limit in budget.limits.items():
        if name in figures:
            room = (1 - figures[name] / limit.limit) * 100
            lines.append(f"{show(figures[name]):>8} of {show(limit.limit):>6}  {room:4.0f} % room  {limit.title}")
    return lines


def show(value: float) -> str:
    """A figure with three significant digits, or all of a larger number."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004
