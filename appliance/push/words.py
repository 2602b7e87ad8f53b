"""What a notification says, in the languages of the page. Push services cannot read it (RFC 8291)."""

from appliance.push.settings import Kind, News

FIRST = "en"  # for a language that is not there
TEXTS: dict[str, dict[Kind, str]] = {
    "en": {
        "ring": "A visitor rings.",
        "answered": "Answered{by}.",
        "opened": "The door was opened{by}.",
        "unanswered": "Missed: nobody answered.",
        "canceled": "The ring is over.",
    },
    "de": {
        "ring": "Besuch klingelt.",
        "answered": "Angenommen{by}.",
        "opened": "Die Tür wurde geöffnet{by}.",
        "unanswered": "Verpasst: Niemand hat geantwortet.",
        "canceled": "Das Klingeln ist vorbei.",
    },
    "fr": {
        "ring": "Un visiteur sonne.",
        "answered": "Répondu{by}.",
        "opened": "La porte a été ouverte{by}.",
        "unanswered": "Manqué : personne n'a répondu.",
        "canceled": "La sonnerie est terminée.",
    },
}
BY = {"en": " by {who}", "de": " durch {who}", "fr": " par {who}"}
LONGEST = 60  # characters of a name, so that a message has room for it in each language


def title(station: str, news: News) -> str:
    """The first line: the station, and the button where it has a name of its own."""
    return " · ".join(part[:LONGEST] for part in (station, news.what) if part)


def body(news: News, language: str) -> str:
    """The second line."""
    language = language if language in TEXTS else FIRST
    by = BY[language].format(who=news.by[:LONGEST]) if news.by else ""
    return TEXTS[language][news.kind].format(by=by)
