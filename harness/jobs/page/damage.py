"""Damaged files: each is reported once, and costs only its own section of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from harness.model.errors import BadFile

Warn: TypeAlias = Callable[[BadFile], None]


def raised(error: BadFile) -> None:
    """Raise the error, as callers need that have no other use for it."""
    raise error


@contextmanager
def reported(warn: Warn) -> Iterator[None]:
    """Leave the block at the first file that is damaged, pass the error to `warn`, and go on after the block."""
    try:
        yield
    except BadFile as error:
        warn(error)
