"""What AWS policies mean, for people who only want the proof.

`contains` proves that everything some policies allow is allowed by others, or shows one request that is not. `evaluate` decides one request
against everything that is attached. `effective` tells all that a principal of an account can come to. Nothing is contacted.

Names are loaded when they are first used: whoever reads one document loads no catalogue.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from guardrails.iam.account import Account as Account
    from guardrails.iam.comparison import Compared as Compared
    from guardrails.iam.comparison import compare as compare
    from guardrails.iam.containment import Containment as Containment
    from guardrails.iam.containment import contains as contains
    from guardrails.iam.decisions import Decision as Decision
    from guardrails.iam.decisions import Policies as Policies
    from guardrails.iam.decisions import Request as Request
    from guardrails.iam.decisions import evaluate as evaluate
    from guardrails.iam.documents import Document as Document
    from guardrails.iam.documents import Kind as Kind
    from guardrails.iam.documents import read as read
    from guardrails.iam.layers import UNKNOWN as UNKNOWN
    from guardrails.iam.layers import Unknown as Unknown
    from guardrails.iam.permissions import Effective as Effective
    from guardrails.iam.permissions import effective as effective
    from guardrails.iam.truth import Reason as Reason

_HOMES = {
    "account": ("Account",),
    "comparison": ("Compared", "compare"),
    "containment": ("Containment", "contains"),
    "documents": ("Document", "Kind", "read"),
    "permissions": ("Effective", "effective"),
    "decisions": ("Decision", "Policies", "Request", "evaluate"),
    "layers": ("UNKNOWN", "Unknown"),
    "truth": ("Reason",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [*sorted(_HOME_OF)]  # noqa: PLE0604  # computed from the one list of homes


def __getattr__(name: str) -> Any:  # noqa: ANN401  # any public name
    if name not in _HOME_OF:
        raise AttributeError(f"module 'guardrails.iam' has no attribute {name!r}")
    return getattr(import_module(f"guardrails.iam.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
