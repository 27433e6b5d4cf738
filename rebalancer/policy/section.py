"""The common form of every mapping in a policy file."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A mapping of the file with a fixed set of keys."""

    # built once, from the whole document: each section on its own takes three times as long
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
