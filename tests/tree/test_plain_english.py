"""Documents, messages and docstrings avoid words that a reader must decode; each has a plain one."""

import ast
import io
import re
import tokenize

import pytest

from tests.tree.sources import ROOT, modules, nodes, text

PLAIN = {
    r"can not": "cannot",
    r"tells?|told|telling": "report, show, print, say or answer",
    r"who(?:m|so)?ever": "everyone who, or the role",
    r"anew": "again",
    r"be it": "even if, or also",
    r"(?:is|are|was|were) so(?= already| from| in\b|[.,;:])": "the state itself",
    r"of (?:ours|theirs)(?! that)": "our, or the owner's name",
    r"whence|thence|hence": "so, or from where",
    r"nobody's": "of no one",
    r"is well|all is well": "OK, or has no error",
    r"is to be (?:otherwise|had)|to be had|cannot be had|be otherwise": "is not available, or changes",
    r"as many as may be|as may be": "the limit",
    r"is of no use": "has no effect",
}
WORDS = re.compile("|".join(rf"(?P<w{number}>\b(?:{word})\b)" for number, word in enumerate(PLAIN)), re.IGNORECASE)
BETTER = list(PLAIN.values())

DOCUMENTS = (
    *(f"{name}.md" for name in ("README", "SECURITY", "CHANGELOG", "CONTRIBUTING")),
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
    "client/README.md",
    "integrations/homeassistant/README.md",
    "tests/doubts.md",
    "tests/lab/README.md",
)
CODE = ("appliance", "benchmarks", "client", "integrations", "packaging", "tests")  # docstrings, comments and log lines
# Scripts, units and board files, read whole.
SCRIPTS = (
    "Makefile",
    "pyproject.toml",
    ".ci/run",
    "hardware/*.toml",
    "monitoring/*",
    "systemd/*",
    "packaging/*",
    "packaging/debian/**/*",
    "packaging/pjsua2/*",
    "packaging/pjsua2/debian/**/*",
    "tests/lab/*",
)
MESSAGES = "appliance"
NOT_FOR_USERS = {"appliance/generate"}  # drawings and shell scripts
LOGGED = {"debug", "info", "warning", "error", "exception"}
TEXTS = {"allowed", "why", "description", "help", "message", "cause", "resolution", "epilog", "summary"}


def hits(said, line=1):
    """Each refused word of a text: its line, itself and a better one."""
    for found in WORDS.finditer(said):
        better = BETTER[int(found.lastgroup[1:])]
        yield line + said.count("\n", 0, found.start()), f'"{found[0]}" is not plain: {better}'


def written(node):
    """The text of a string; "" for anything else."""
    match node:
        case ast.Constant(value=str(said)):
            return said
        case ast.JoinedStr(values=values):
            return "".join(written(value) or "{}" for value in values)
    return ""


def messages(path):
    """The strings that a call of IntercomError, setting, Field or add_argument is given."""
    for node in nodes(path):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in {"IntercomError", "setting", "Finding"}:
            yield from ((each.lineno, written(each)) for each in node.args)
        yield from ((each.value.lineno, written(each.value)) for each in node.keywords if each.arg in TEXTS)


def docstrings(path):
    for node in nodes(path):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            yield node.body[0].lineno, node.body[0].value.value


def comments(path):
    source = text(path)
    for token in tokenize.generate_tokens(io.StringIO(source).readline) if "#" in source else ():
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def log_lines(path):
    for node in nodes(path):
        match node:
            case ast.Call(func=ast.Attribute(attr=attr), args=[said, *_]) if attr in LOGGED:
                yield said.lineno, written(said)


def listed(path, found):
    return [f"{path.relative_to(ROOT)}:{line}: {said}" for line, said in found]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_in_plain_english(name):
    found = listed(ROOT / name, hits(text(ROOT / name)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("pattern", SCRIPTS)
def test_scripts_and_units_are_in_plain_english(pattern):
    paths = [path for path in ROOT.glob(pattern) if path.is_file() and path.suffix not in {".py", ".pyc"}]
    assert paths, pattern
    found = [hit for path in paths for hit in listed(path, hits(text(path)))]
    assert not found, "\n".join(found)


def test_messages_are_in_plain_english():
    found = []
    for path in modules(MESSAGES):
        if not any(path.is_relative_to(ROOT / place) for place in NOT_FOR_USERS):
            found += listed(path, (hit for line, said in messages(path) for hit in hits(said, line)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("place", CODE)
def test_docstrings_comments_and_log_lines_are_in_plain_english(place):
    found = []
    for path in modules(place):
        texts = (*docstrings(path), *comments(path), *log_lines(path))
        found += listed(path, (hit for line, said in texts for hit in hits(said, line)))
    assert not found, "\n".join(found)


def test_our_c_and_headers_and_added_lines_of_patches_are_in_plain_english():
    found = []
    for path in sorted((ROOT / "packaging/pjsua2/src").iterdir()):
        found += listed(path, hits(text(path)))
    for path in sorted((ROOT / "packaging/pjsua2/patches").glob("*.patch")):
        ours, header = [], True
        for line in text(path).split("\n"):
            header = header and not line.startswith("--- ")
            ours.append(line if header or line.startswith("+") else "")  # all else is the source of the library
        found += listed(path, hits("\n".join(ours)))
    assert not found, "\n".join(found)


def test_names_of_tests_are_in_plain_english():
    found = []
    for path in modules("tests"):
        tests = (
            (node.lineno, node.name.replace("_", " "))
            for node in nodes(path)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        )
        found += listed(path, (hit for line, name in tests for hit in hits(name, line)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("said", ["It can not be", "an event tells it", "Whoever calls", "be it at night", "it is so."])
def test_a_word_of_the_list_is_found_with_its_line_and_a_better_one(said):
    ((line, better),) = hits(f"All is fine here.\n{said}")
    assert line == 2
    assert "is not plain: " in better
