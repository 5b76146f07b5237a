"""The Merkle tree of RFC 6962: the hash of a list of records, and proofs that one is in it or that it only grew.

A proof is a list of hashes. What is proved is recomputed from it, so a proof that is wrong in any bit proves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["EMPTY", "Frontier", "Tree", "grew", "is_included", "leaf_hash"]

EMPTY = hashlib.sha256(b"").digest()
"""The root of no records."""


def leaf_hash(record: bytes) -> bytes:
    """The hash of one record; its first byte keeps it apart from the hash of a node."""
    return hashlib.sha256(b"\x00" + record).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed of a tree to add to it: the roots of its whole subtrees, the greatest first, and how many leaves it has."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def grown(self, leaves: Iterable[bytes]) -> Frontier:
        """With more hashes of leaves behind the others."""
        size, roots = self.size, list(self.roots)
        for leaf in leaves:
            joined, size = leaf, size + 1
            # as many subtrees become whole as the new size has zeros at its end
            for _ in range((size & -size).bit_length() - 1):
                joined = _node(roots.pop(), joined)
            roots.append(joined)
        return Frontier(size, tuple(roots))

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.roots:
            return EMPTY
        *others, joined = self.roots
        for whole in reversed(others):
            joined = _node(whole, joined)
        return joined


class Tree:
    """A whole tree, from which proofs are drawn; holds about twice the hashes of its leaves."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        self._levels = [list(leaves)]
        while len(last := self._levels[-1]) > 1:
            self._levels.append([_node(last[at], last[at + 1]) for at in range(0, len(last) - 1, 2)])

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        return self._root(0, self.size) if self.size else EMPTY

    def _root(self, start: int, end: int) -> bytes:
        count = end - start
        if not count & count - 1 and not start % count:
            return self._levels[count.bit_length() - 1][start // count]
        middle = start + _split(count)
        return _node(self._root(start, middle), self._root(middle, end))

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """That the leaf at an index is in the tree (RFC 6962, 2.1.1); hashes from the leaf upwards.

        Raises:
            IndexError: There is no such leaf.
        """
        if not 0 <= index < self.size:
            raise IndexError(index)
        return self._inclusion(index, 0, self.size)

    def _inclusion(self, index: int, start: int, end: int) -> tuple[bytes, ...]:
        if end - start == 1:
            return ()
        middle = start + _split(end - start)
        if index < middle:
            return (*self._inclusion(index, start, middle), self._root(middle, end))
        return (*self._inclusion(index, middle, end), self._root(start, middle))

    def consistency(self, before: int) -> tuple[bytes, ...]:
        """That the tree of the first leaves is the beginning of the tree of all (RFC 6962, 2.1.2).

        Raises:
            IndexError: There were never so many.
        """
        if not 0 <= before <= self.size:
            raise IndexError(before)
        return self._consistency(before, 0, self.size) if 0 < before < self.size else ()

    def _consistency(self, before: int, start: int, end: int) -> tuple[bytes, ...]:
        if before == end:
            return (self._root(start, end),) if start else ()  # the whole old tree is known to whoever asks
        middle = start + _split(end - start)
        if before <= middle:
            return (*self._consistency(before, start, middle), self._root(middle, end))
        return (*self._consistency(before, middle, end), self._root(start, middle))


def _split(size: int) -> int:
    """The greatest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def is_included(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the leaf stands at an index of the tree with this size and root (RFC 9162, 2.1.3.2)."""
    sides = _sides(index, size - 1, len(proof)) if 0 <= index < size else None
    if sides is None:
        return False
    joined = leaf
    for step, is_left in zip(proof, sides, strict=True):
        joined = _node(step, joined) if is_left else _node(joined, step)
    return joined == root


def _sides(at: int, last: int, count: int) -> list[bool] | None:
    """Whether each hash on the way from a node up to the root stands on the left; `None` when there are not so many."""
    found = []
    for _ in range(count):
        if last == 0:
            return None
        is_left = bool(at & 1) or at == last
        while is_left and at and not at & 1:  # levels on which it is alone
            at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
        found.append(is_left)
    return found if last == 0 else None


def grew(before: int, old: bytes, size: int, new: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the tree of one size and root became the other by growing alone (RFC 9162, 2.1.4.2)."""
    if before in {0, size}:
        return not proof and old == (EMPTY if before == 0 else new)
    at, last = before - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    # the old tree is whole by itself, and so begins the proof without being told
    first, *steps = [*([] if at else [old]), *proof] or [EMPTY]
    sides = _sides(at, last, len(steps)) if 0 < before < size else None
    if sides is None:
        return False
    was = now = first
    for step, is_left in zip(steps, sides, strict=True):
        was, now = (_node(step, was), _node(step, now)) if is_left else (was, _node(now, step))
    return (was, now) == (old, new)
