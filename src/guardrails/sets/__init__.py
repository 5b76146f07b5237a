"""Mathematics only: exact sets that can be united, intersected, subtracted, compared and sampled.

Nothing here knows a system. Whatever cannot be answered within its budget raises `BudgetExceeded`; callers say `undecided`.
"""

from __future__ import annotations

from guardrails.sets.addresses import AddressError, Addresses
from guardrails.sets.budget import BudgetExceededError
from guardrails.sets.contexts import Context, Contexts
from guardrails.sets.finite import Catalogue, FiniteSet
from guardrails.sets.language import Language
from guardrails.sets.numbers import NumberError, Numbers
from guardrails.sets.pattern import Pattern
from guardrails.sets.ports import PortError, Ports
from guardrails.sets.region import Extent, Region, Space
from guardrails.sets.states import Domain, State, States
from guardrails.sets.tokens import UNKNOWN_TEXTS

__all__ = [
    "UNKNOWN_TEXTS",
    "AddressError",
    "Addresses",
    "BudgetExceededError",
    "Catalogue",
    "Context",
    "Contexts",
    "Domain",
    "Extent",
    "FiniteSet",
    "Language",
    "NumberError",
    "Numbers",
    "Pattern",
    "PortError",
    "Ports",
    "Region",
    "Space",
    "State",
    "States",
]
