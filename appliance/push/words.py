"""What a notification says, in the languages of the page. Push services cannot read it (RFC 8291)."""

from appliance.push.settings import Kind, News

LANGUAGES = "en", "de", "fr"  # the first one for a language that is not there
TEXTS: dict[Kind, tuple[str, ...]] = {
    "ring": ("A visitor rings.", "Besuch klingelt.", "Un visiteur sonne."),
    "answered": ("Answered{by}.", "Angenommen{by}.", "Répondu{by}."),
    "opened": ("The door was opened{by}.", "Die Tür wurde geöffnet{by}.", "La porte a été ouverte{by}."),
    "unanswered": ("Missed: nobody answered.", "Verpasst: Niemand hat geantwortet.", "Manqué : personne n'a répondu."),
    "canceled": ("The ring is over.", "Das Klingeln ist vorbei.", "La sonnerie est terminée."),
}
BY = " by {who}", " durch {who}", " par {who}"
LONGEST = 60  # characters of a name, so that a message has room for it in each language


def title(station: str, news: News) -> str:
    """The first line: the station, and the button where it has a name of its own."""
    return " · ".join(part[:LONGEST] for part in (station, news.what) if part)


def body(news: News, language: str) -> str:
    """The second line."""
    at = LANGUAGES.index(language) if language in LANGUAGES else 0
    by = BY[at].format(who=news.by[:LONGEST]) if news.by else ""
    return TEXTS[news.kind][at].format(by=by)
