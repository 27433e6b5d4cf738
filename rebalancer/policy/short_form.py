"""Mappings that may be written as one of their values alone: `60%` for `{target: 60%}`."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True, eq=False)
class ShortForm:
    """Marks a section of which a lone text is the value of `key`; `schema` is the text's own."""

    key: str
    schema: dict[str, Any]

    def expand(self, value: Any) -> Any:
        """Return the long form of a value."""
        return {self.key: value} if isinstance(value, str) else value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read the long form of whichever form the file has."""
        return core_schema.no_info_before_validator_function(self.expand, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Allow both forms."""
        return {"anyOf": [self.schema, handler(schema)]}
