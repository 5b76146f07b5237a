"""Keeps real access, encryption and network exposure equal to what is declared, with a proof for every difference.

```python
import guardrails as g

org = g.load("declaration/")
seen = g.observe(org)
report = g.reconcile(org, seen)
print(g.as_text(report))
```

Names are loaded when they are first used, so that importing this package loads no SDK.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from guardrails.version import __version__

if TYPE_CHECKING:
    from guardrails.adoption import Adoption as Adoption
    from guardrails.api import adopt as adopt
    from guardrails.api import load as load
    from guardrails.api import observe as observe
    from guardrails.api import reconcile as reconcile
    from guardrails.errors import AuthorError as AuthorError
    from guardrails.errors import ConnectorError as ConnectorError
    from guardrails.errors import DeclarationError as DeclarationError
    from guardrails.errors import GuardrailsError as GuardrailsError
    from guardrails.errors import OperatorError as OperatorError
    from guardrails.errors import ReviewerError as ReviewerError
    from guardrails.errors import SecretError as SecretError
    from guardrails.errors import SnapshotError as SnapshotError
    from guardrails.model.declaration import Declaration as Declaration
    from guardrails.model.facts import Gap as Gap
    from guardrails.model.findings import Assessment as Assessment
    from guardrails.model.findings import ExitCode as ExitCode
    from guardrails.model.findings import Finding as Finding
    from guardrails.model.findings import Selection as Selection
    from guardrails.model.findings import Witness as Witness
    from guardrails.model.observation import Observation as Observation
    from guardrails.model.snapshot import dump_observations as dump_observations
    from guardrails.model.snapshot import load_observations as load_observations
    from guardrails.model.words import Severity as Severity
    from guardrails.model.words import Verdict as Verdict
    from guardrails.reports import as_json as as_json
    from guardrails.reports import as_text as as_text
    from guardrails.trust.succession import Anchor as Anchor

_HOMES = {
    "adoption": ("Adoption",),
    "api": ("adopt", "load", "observe", "reconcile"),
    "errors": (
        "AuthorError",
        "ConnectorError",
        "DeclarationError",
        "GuardrailsError",
        "OperatorError",
        "ReviewerError",
        "SecretError",
        "SnapshotError",
    ),
    "model.declaration": ("Declaration",),
    "model.facts": ("Gap",),
    "model.findings": ("Assessment", "ExitCode", "Finding", "Selection", "Witness"),
    "model.observation": ("Observation",),
    "model.snapshot": ("dump_observations", "load_observations"),
    "model.words": ("Severity", "Verdict"),
    "reports": ("as_json", "as_text"),
    "trust.succession": ("Anchor",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604  # computed from the one list of homes
    "__version__",
    *sorted(_HOME_OF),
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # any public name
    if name not in _HOME_OF:
        raise AttributeError(f"module 'guardrails' has no attribute {name!r}")
    return getattr(import_module(f"guardrails.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
