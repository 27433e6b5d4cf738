"""The JSON Schema of policy files, generated from the document: what editors complete from."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from rebalancer.policy.document import PolicyDocument

SCHEMA_ID = "urn:rebalancer:schema:policy:1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a policy file."""
    schema: dict[str, Any] = PolicyDocument.model_json_schema(schema_generator=_FileSchema)
    return {"$schema": DIALECT, "$id": SCHEMA_ID, "title": "Policy"} | schema


class _FileSchema(GenerateJsonSchema):
    """Says what a file may hold: never null, and without names of our own classes."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Return the schema of a value that may be left out, but is never null."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema of a value without the null that stands for its absence."""
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, _schema: Any) -> bool:
        """Return that keys need no second name."""
        return False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        """Return the schema of the whole, its parts named as people call them."""
        return dict(_in_plain_words(super().generate(schema, mode)))


def _in_plain_words(value: Any) -> Any:
    """Return a schema without class titles, `ConditionDocument` being `Condition`."""
    if isinstance(value, dict):
        is_class = value.get("type") == "object"
        return {
            key.removesuffix("Document"): _in_plain_words(inner)
            for key, inner in value.items()
            if not (is_class and key == "title")
        }
    if isinstance(value, list):
        return [_in_plain_words(item) for item in value]
    return value.removesuffix("Document") if isinstance(value, str) else value
