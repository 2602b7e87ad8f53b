"""The texts of the pages: in files, the same keys in each language, none in the code."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from appliance.api.answers import joined, site
from appliance.api.answers.site import FILES
from appliance.core.events import EVENTS
from appliance.core.model import (
    AccessScope,
    AccountState,
    Action,
    CallState,
    Cause,
    ContactState,
    CredentialKind,
    Day,
    Denial,
    Direction,
    DoorState,
    Hold,
    Pattern,
    Picture,
    RingResult,
    SoundResult,
    Space,
)
from appliance.store import audit

ROOT = Path(__file__).parents[2]
LANGUAGES = sorted(path.stem for path in (FILES / "texts").glob("??.json"))
TEXTS = {name: json.loads((FILES / "texts" / f"{name}.json").read_text(encoding="utf-8")) for name in LANGUAGES}
SCRIPTS = {path.relative_to(FILES).as_posix(): path.read_text(encoding="utf-8") for path in FILES.rglob("*.js")}
LATER = {  # by the entry of each part that comes later: the beginnings of its texts
    script: kinds.split() for _, script, kinds in site.LATER.findall((FILES / "index.html").read_text(encoding="utf-8"))
}
MARKUP = dict(
    re.findall(r'data-script="([^"]+)"\s+data-markup="([^"]+)"', (FILES / "index.html").read_text(encoding="utf-8"))
)
PAGES = {path.name: path.read_text(encoding="utf-8") for path in FILES.glob("*.html")}
WORDS = {
    "action": Action,
    "asked": AccessScope,
    "cause": Cause,
    "contact": ContactState,
    "day": Day,
    "denial": Denial,
    "direction": Direction,
    "display.ended": RingResult,
    "door": DoorState,
    "event": [name for name in EVENTS if name.startswith(audit.TYPES)],
    "hold": [hold for hold in Hold if hold is not Hold.NONE],
    "kind": CredentialKind,
    "may": [scope for scope in AccessScope if scope is not AccessScope.MESSAGE],
    "part": {
        name
        for path in ROOT.glob("appliance/**/*.py")
        for name in re.findall(r'\b(?:part|PART) ?= ?"([^"]+)"', path.read_text(encoding="utf-8"))
    }
    | {"stun", "turn"},  # what can fail
    "pattern": Pattern,
    "picture": Picture,
    "registration": AccountState,
    "sound": SoundResult,
    "space": Space,
    "state": CallState,
}
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
TEMPLATE = re.compile(r"`((?:[^`\\]|\\.)*)`")
VALUE = re.compile(r"\$\{[^{}]*\}")
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}|^[A-Z][a-z]+")
COMMAND = "sudo apt install ./intercomd_*.deb ./python3-pjsua2_*.deb"
NO_TEXT = {
    "Authorization",
    "Authorization: Bearer $TOKEN",
    "Bearer ",
    "Content-Type",
    "Date",
    "Enter",
    "Idempotency-Key",
    "InvalidStateError",
    "Order-Expires",
    "sudo intercomctl update install",
    COMMAND,
}
CLASSES = re.compile(r"""\b(?:className|class): (?:"[^"\n]*"|`[^`\n]*`)""")
NAME = re.compile(r"\{(\w+)\}")


def bare(script):
    """A script without its comments; addresses with // are in template strings only."""
    return COMMENT.sub("", re.sub(r"\}//\$\{", "}${", script))


def named(pages=PAGES, scripts=SCRIPTS):
    """All keys that pages and scripts name, and the beginnings of those that they make."""
    keys, begins = set(), set()
    for page in pages:
        keys |= set(re.findall(r'data-(?:text|label|hint)="([^"]+)"', PAGES[page]))
    for script in (bare(SCRIPTS[name]) for name in scripts):
        for call in re.findall(r"\bt\(((?:[^()]|\([^()]*\))*)\)", script):
            keys |= set(LITERAL.findall(call.split(", {")[0]))
        keys |= TEXTS["en"].keys() & set(LITERAL.findall(script))
        begins |= {f"{kind}." for kind in re.findall(r'\bword\("([a-z_.]+)"', script)}
        begins |= set(re.findall(r"\b(?:t|knows)\(`([a-z_.]+)\$\{", script))
    return keys, begins


def test_every_language_has_the_same_keys_and_none_is_empty():
    assert {"de", "en"} <= set(LANGUAGES)
    assert [name for name in LANGUAGES if TEXTS[name].keys() != TEXTS["en"].keys()] == []
    assert all(text.strip() for texts in TEXTS.values() for text in texts.values())


def test_a_text_has_the_same_values_in_every_language():
    for key, text in TEXTS["en"].items():
        assert [name for name in LANGUAGES if set(NAME.findall(TEXTS[name][key])) != set(NAME.findall(text))] == [], key


def test_every_key_that_the_pages_name_has_a_text():
    keys, _ = named()
    assert keys - TEXTS["en"].keys() == set()
    assert len(keys) > 50


def test_no_text_is_wanted_before_it_is_here():
    """The first picture has no texts of the parts that come later, and these have their own and those of the first."""
    first = modules("app.js", set()) | modules("display.js", set()) | modules("reference.js", set())
    groups = {"app.js": (first, [name for name in PAGES if not name.endswith(".part.html")])} | {
        script: (modules(script, set()) - first, [markup]) for script, markup in MARKUP.items()
    }
    for entry, (scripts, markup) in groups.items():
        marked, _ = named(markup, ())
        keys, begins = named((), scripts)
        keys = marked | {key for key in keys if "." in key}  # other words of scripts may be names of icons
        wanted = {key for key in TEXTS["en"] if key in keys or key.startswith(tuple(begins))}
        absent = {kind for script, kinds in LATER.items() for kind in kinds if script != entry}
        assert {key for key in wanted if key.split(".")[0] in absent} == set(), entry


@pytest.mark.parametrize("kind", WORDS)
def test_every_value_of_the_station_has_a_word(kind):
    assert {f"{kind}.{value}" for value in WORDS[kind]} - TEXTS["en"].keys() == set()


def test_every_text_is_used():
    keys, begins = named()
    assert {key for key in TEXTS["en"].keys() - keys if not key.startswith(tuple(begins))} == set()


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_text_is_left_in_a_script(name):
    script = CLASSES.sub("", bare(SCRIPTS[name]))
    literals = [*LITERAL.findall(script), *(VALUE.sub("", each) for each in TEMPLATE.findall(script))]
    assert [each for each in literals if SENTENCE.search(each) and each not in NO_TEXT] == []


class Texts(HTMLParser):
    """The texts of a page, without its name and what it says to a browser without scripts or too old for them."""

    def __init__(self):
        super().__init__()
        self.inside, self.found = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "link", "input"}:
            self.inside.append("noscript" if ("id", "too-old") in attrs else tag)
        self.found += [value for name, value in attrs if name in {"title", "alt", "placeholder", "aria-label"}]

    def handle_endtag(self, tag):
        self.inside.pop()

    def handle_data(self, data):
        if data.strip() and not {"title", "noscript"} & set(self.inside):
            self.found.append(data.strip())


@pytest.mark.parametrize("name", PAGES)
def test_no_text_is_left_in_a_page(name):
    reader = Texts()
    reader.feed(PAGES[name])
    assert reader.found == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_script_or_style_of_its_own(name):
    inline = re.compile(
        r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=\"[a-z]+\.js\")|https?:", re.IGNORECASE
    )
    assert inline.findall(PAGES[name]) == []


def modules(name, found):
    """A module and all that it imports, one by one."""
    if name not in found:
        found.add(name)
        for each in re.findall(r'^import (?:[^;]*? from )?"\./([^"]+)"', SCRIPTS[name], re.MULTILINE):
            modules((Path(name).parent / each).as_posix(), found)
        for each in re.findall(r'^import [^;]*? from "\.\./([^"]+)"', SCRIPTS[name], re.MULTILINE):
            modules(each, found)
    return found


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_module_has_the_forms_that_can_be_joined(name):
    lines = SCRIPTS[name].splitlines(keepends=True)
    begun = re.findall(r"^import\b.*", SCRIPTS[name], re.MULTILINE)
    assert len(begun) == len(joined.IMPORT.findall(SCRIPTS[name]))
    assert [line for line in lines if line.startswith("export") and not joined.EXPORT.match(line)] == []
    script = SCRIPTS[name].replace("import(new URL(script, document.baseURI))", "")  # which no module's place decides
    assert re.findall(r"\bimport\s*\(|\bimport\.meta\b|^const _\w+_js\b", script, re.MULTILINE) == []
    assert [each for each in TEMPLATE.findall(bare(SCRIPTS[name])) if "\n" in each] == [], "it loses its indentation"


@pytest.mark.parametrize("entry", ["app.js", "display.js", "reference.js"])
def test_the_joined_file_has_each_module_once_after_those_that_it_imports(entry):
    wanted = modules(entry, set())
    text = joined.joined(FILES, joined.order(FILES, entry))
    order = re.findall(r"^const (_\w+_js) = await \(async", text, re.MULTILINE)
    assert sorted(order) == sorted(f"_{re.sub('[^a-z0-9]', '_', name)}" for name in wanted)
    for place, name in enumerate(order):
        body = text.partition(f"const {name} = ")[2].partition("\n})();\n")[0]
        taken = re.findall(r"^const \{[^}]*\} = (_\w+_js);$", body, re.MULTILINE)
        assert set(taken) <= set(order[:place])
    assert not re.search(r"^(import|export)\b", text, re.MULTILINE)


def test_a_module_is_short():
    page = {"first.js", *(each for entry in ("app.js", *LATER) for each in modules(entry, set()))}
    assert {name: len(SCRIPTS[name].splitlines()) for name in page if len(SCRIPTS[name].splitlines()) > 300} == {}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_makes_no_html_of_text_and_loads_nothing_from_elsewhere(name):
    risky = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|https?://(?!www\.w3\.org/2000/svg\")"
    )
    assert risky.findall(SCRIPTS[name]) == []
