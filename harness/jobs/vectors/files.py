"""The files of vectors in a folder, beside their schema."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from harness.jobs.vectors.build import SCHEMA, Data
from harness.jobs.vectors.text import json_text
from harness.model.errors import UnusableInput
from harness.reporting.files import write_page

_SCHEMA_FILE = Path(__file__).with_name(SCHEMA)


def check_vector_folder(folder: Path) -> None:
    """Make the folder. Raises UnusableInput if it cannot be written to, or holds another schema."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableInput(f"{folder}: expected a folder to write to, found: {error.strerror}; name another") from None
    if not os.access(folder, os.W_OK):
        raise UnusableInput(f"{folder}: expected a folder that may be written to, found that it may not; name another")
    schema = folder / SCHEMA
    if schema.exists() and _title(schema) != _title(_SCHEMA_FILE):
        raise UnusableInput(f"{schema}: expected the schema of vectors or no file, found another; name another folder")


def _title(schema: Path) -> str:
    """The lines of a schema that say what it is the schema of."""
    lines = schema.read_text(encoding="utf-8", errors="replace").splitlines() if schema.is_file() else []
    return "".join(lines[:3])


def write_vectors(folder: Path, files: Mapping[str, Data]) -> None:
    """Write the files and their schema. Raises UnusableInput rather than replace a file of others, and OSError."""
    for name, data in files.items():
        write_page(folder / name, json_text(data) + "\n")
    (folder / SCHEMA).write_bytes(_SCHEMA_FILE.read_bytes())
