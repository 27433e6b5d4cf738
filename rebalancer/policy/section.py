"""The common form of every mapping in a policy file."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A mapping of the file with a fixed set of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
