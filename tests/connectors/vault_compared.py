"""Comparisons of policies of Vault, each made once for a whole block: runs over the same server ask the same questions, and that takes longest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from guardrails.vault import containment

__all__ = ["compared_once"]


@contextmanager
def compared_once() -> Iterator[None]:
    """What is asked is a value and so is the answer; another question, in any part of it, is compared by itself."""
    compare, answers = containment._compared, {}

    def compared(one, declared):
        question = one, declared._declared, tuple(declared._acls)
        if question not in answers:
            answers[question] = compare(one, declared)
        return answers[question]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(containment, "_compared", compared)
        yield
