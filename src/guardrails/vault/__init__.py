"""What policies of Vault and OpenBao mean, for people who only want the proof. Nothing is contacted.

`contains` proves that everything some policies allow is allowed by others, or shows one request that is not. `evaluate` decides one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guardrails.vault.containment import Containment as Containment
    from guardrails.vault.decisions import Decision as Decision
    from guardrails.vault.decisions import Request as Request
    from guardrails.vault.documents import read as read
    from guardrails.vault.errors import PolicyError as PolicyError
    from guardrails.vault.profiles import Profile as Profile
    from guardrails.vault.profiles import profile as profile
    from guardrails.vault.questions import contains as contains
    from guardrails.vault.questions import evaluate as evaluate
    from guardrails.vault.rules import Policy as Policy
    from guardrails.vault.rules import Rule as Rule
    from guardrails.vault.writing import write as write
    from guardrails.vault.writing_json import write_json as write_json

_HOMES = {
    "containment": ("Containment",),
    "decisions": ("Decision", "Request"),
    "documents": ("read",),
    "errors": ("PolicyError",),
    "profiles": ("Profile", "profile"),
    "questions": ("contains", "evaluate"),
    "rules": ("Policy", "Rule"),
    "writing": ("write",),
    "writing_json": ("write_json",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*sorted(_HOME_OF)]  # noqa: PLE0604  # computed from the one list of homes


def __getattr__(name: str) -> Any:  # noqa: ANN401  # any public name
    if name not in _HOME_OF:
        raise AttributeError(f"module 'guardrails.vault' has no attribute {name!r}")
    return getattr(import_module(f"guardrails.vault.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
