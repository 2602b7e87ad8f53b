"""The table of telephone tones: whole, and within what ITU-T E.180 allows."""

from appliance.core.model import COUNTRIES, EUROPE, NATIONAL, PLAYABLE, CountryTone, Tone
from appliance.sip.stack.media import national_tones
from appliance.sip.stack.media.national_tones import ROWS, cadence, countries

NAMES = {"name", "ringback", "busy", "congestion", "call_waiting"}


def test_the_table_has_every_country_that_can_be_chosen_and_at_least_thirty():
    assert {EUROPE, *countries()} == set(COUNTRIES)
    assert len(countries()) >= 30
    assert list(countries()) == sorted(countries())


def test_every_row_is_a_tone_of_telephones_that_can_be_played():
    assert set(ROWS) == NATIONAL
    for country, rows in countries().items():
        assert {"name", "ringback", "busy"} <= set(rows) <= NAMES, country
        for tone in (Tone.RINGBACK, Tone.BUSY, Tone.CONGESTION, Tone.CALL_WAITING):
            for first, second, on_ms, off_ms in cadence(tone, country) or ():
                assert 300 <= first <= 1500, country
                assert second == 0 or first < second <= 700, country
                assert 30 <= on_ms <= 2000, country
                assert 100 <= off_ms <= 15000, country


def test_known_tones_are_as_the_itu_lists_them():
    assert cadence(Tone.DIALING, "us") == ((440, 480, 2000, 4000),)
    assert cadence(Tone.ERROR, "us") == ((480, 620, 500, 500),)
    assert cadence(Tone.RINGBACK, "gb") == ((400, 450, 400, 200), (400, 450, 400, 2000))
    assert cadence(Tone.BUSY, "de") == ((425, 0, 480, 480),)
    assert cadence(Tone.CALL_WAITING, "fr") == ((440, 0, 300, 10000),)
    assert cadence(Tone.CONGESTION, "fr") is None
    assert cadence(Tone.RINGING, "fr") is None


def test_a_station_without_a_country_reads_no_table(monkeypatch):
    from appliance.sip.stack.media.tones import TONES, sounding

    monkeypatch.setattr(national_tones, "countries", lambda: 1 / 0)
    for tone in (*PLAYABLE, Tone.DIALING):
        assert sounding(CountryTone(tone, EUROPE)) == sounding(CountryTone(tone)) == TONES[tone]
