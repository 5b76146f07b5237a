"""Lists in words."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["several"]


def several(texts: Sequence[str], last: str = " or ", *, most: int = 3) -> str:
    """The first few, and how many more."""
    shown = texts if len(texts) <= most else (*texts[:most], f"{len(texts) - most} more")
    return last.join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
