"""JSON data as the text that commands print."""

import json
from typing import Any


def json_text(document: Any) -> str:
    """Return JSON data as text that a person can read too: the same data, the same bytes."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
