"""The formats, one file each."""

from __future__ import annotations

import json
from typing import Any


def json_document(value: Any) -> str:
    """A JSON document."""
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
