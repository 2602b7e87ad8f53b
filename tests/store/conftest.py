"""What all tests of the storage share."""

import pytest

from appliance.store.finished import peaks


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A count of peaks, which runs only when nothing else does, may take its time."""
    monkeypatch.setattr(peaks, "WITHIN_S", 300)
