"""The models of the configuration, built before daemons are forked: pydantic builds each at its first use.

That takes a fourth of the processor time of a forked daemon's start.
"""

from pydantic import BaseModel

from appliance.config import load  # noqa: F401 # which knows all of them


def _build(models: list[type[BaseModel]]) -> None:
    for model in models:
        model.model_rebuild()
        _build(model.__subclasses__())


_build(BaseModel.__subclasses__())
