"""The languages of the station's page: one for each file of texts."""

import json
from pathlib import Path

TEXTS = Path(__file__).parents[1] / "api/web/texts"


def module() -> str:
    """The module of the page that names them."""
    names = sorted(path.stem for path in TEXTS.glob("*.json") if not path.stem.startswith("sentences."))
    return (
        "// The languages of the page: one for each file of texts. `make generated` writes this.\n\n"
        f"export const LANGUAGES = {json.dumps(names)};\n"
    )
