"""A patch is proposed only when it is proven: the changed sources are read again, and say what is wanted and all else as before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from guardrails.hcl.tree import NotRead
from guardrails.model.changes import Patch
from guardrails.written.cuts import Cut, applied
from guardrails.written.patching import patched, unified
from guardrails.written.rewriting import NoPatch

__all__ = ["Aim", "Sketch", "Sources", "patch_for", "telling"]


_BARE = "what stands behind it may hold a secret and is not told: use git apply --unidiff-zero"


class Sources(Protocol):
    """Files that are understood together."""

    def text(self, path: str) -> str:
        """One of them."""
        ...

    def with_text(self, path: str, text: str) -> Self:
        """The same with another one in its place."""
        ...

    def parts(self, path: str) -> Sequence[tuple[int, int]]:
        """Where in one of them each part is that stands by itself; none where it is one whole."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What would be changed.

    Attributes:
        path: The file.
        place: Where, for people.
        cuts: In that file.
        note: What it supposes.
        more: How many parts come to the file.
    """

    path: str
    place: str
    cuts: Sequence[Cut]
    note: str = ""
    more: int = 0


_S_contra = TypeVar("_S_contra", bound=Sources, contravariant=True)


class Aim(Protocol[_S_contra]):
    """Something that sources should say."""

    def sketch(self, sources: _S_contra) -> Sketch:
        """How they could be made to.

        Raises:
            NoPatch: They cannot, and why.
        """
        ...

    def is_met(self, sources: _S_contra) -> bool:
        """Whether they do, read anew.

        Raises:
            NoPatch: It cannot be told.
        """
        ...


_T = TypeVar("_T", bound=Sources)


def patch_for(sources: _T, aim: Aim[_T]) -> Patch:
    """What is proposed, with its proof behind it; or where it is written and why nothing is proposed there."""
    place = ""
    try:
        sketch = aim.sketch(sources)
        place = sketch.place
        diff = unified(sketch.path, sources.text(sketch.path), sketch.cuts)
        _require_proof(sources, aim, sketch, diff.text)
    except NoPatch as error:
        return Patch(place=error.place or place, note=str(error))
    note = "; ".join(filter(None, (sketch.note, _BARE if diff.is_bare else "")))
    return Patch(place=place, diff=diff.text, note=note)


def telling(found: Sequence[Patch]) -> tuple[Patch, ...]:
    """Of what several working copies came to: the patches; else where something was found; else one word of why nothing was."""
    kept = [patch for patch in found if patch.diff] or [patch for patch in found if patch.place] or found[:1]
    return tuple(dict.fromkeys(kept))


def _require_proof(sources: _T, aim: Aim[_T], sketch: Sketch, diff: str) -> None:
    """Of what the diff makes of the file, for that is what somebody will apply."""
    try:
        after = patched(sources.text(sketch.path), diff)
        changed = sources.with_text(sketch.path, after)
    except (NotRead, ValueError):
        raise NoPatch("the changed source would not be understood") from None
    if after != applied(sources.text(sketch.path), tuple(sketch.cuts)):
        raise NoPatch("the patch would make something else of the source")
    if not _is_else_same(sources, changed, sketch) or not aim.is_met(changed):
        raise NoPatch("the changed source would not say what is wanted")


def _is_else_same(sources: _T, changed: _T, sketch: Sketch) -> bool:
    """Every part that no cut is in is there as before, and none came that should not."""
    before, after = sources.text(sketch.path), changed.text(sketch.path)
    spans = sources.parts(sketch.path)
    untouched = Counter(before[start:end] for start, end in spans if not any(cut.start < end and cut.end > start for cut in sketch.cuts))
    now = Counter(after[start:end] for start, end in changed.parts(sketch.path))
    return untouched <= now and now.total() <= len(spans) + sketch.more
