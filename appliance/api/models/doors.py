"""Doors."""

from appliance.api.models.base import AnswerBody
from appliance.core.views.doors import Door


class Doors(AnswerBody):
    """All doors."""

    doors: list[Door]
