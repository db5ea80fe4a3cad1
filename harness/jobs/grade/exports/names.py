"""File names from the names of students, whatever these are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

_LONGEST = 100  # bytes of the name before the digest: file systems take 255, and a suffix and a folder follow
_DIGEST = 16  # hexadecimal digits
# As a plain name never ends like one with a digest, the two kinds cannot meet.
_NOT_PLAIN = re.compile(rf"-[0-9a-f]{{{_DIGEST}}}$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def file_names(students: Sequence[str]) -> tuple[str, ...]:
    """A file name without a suffix for each student: letters and digits of any script, `.`, `_` and `-`.

    No name is hidden, has a path, is reserved on Windows or is longer than 120 bytes. Different students have names
    that differ, also where case is ignored: where cleaning makes two equal, a digest of the student follows.
    """
    plain = [_cleaned(student) for student in students]
    times = Counter(name.casefold() for name in plain)
    return tuple(
        name if name and times[key := name.casefold()] == 1 and not _NOT_PLAIN.search(key) else _with_digest(name, one)
        for one, name in zip(students, plain, strict=True)
    )


def _cleaned(student: str) -> str:
    text = unicodedata.normalize("NFC", student)
    text = re.sub(r"[^\w.-]+", "_", text).strip("._-")
    return text.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore").strip("._-")


def _with_digest(name: str, student: str) -> str:
    digest = sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{name or 'student'}-{digest}"
