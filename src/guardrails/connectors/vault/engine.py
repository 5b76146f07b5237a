"""Which engine a server is, and of which version, as its own mount says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from guardrails.connectors.vault.answers import Found
from guardrails.connectors.vault.asking import Asker
from guardrails.model.facts import Setting

__all__ = ["Engine", "engine"]

_PLACE = "sys/mounts"
_BUILT_IN = re.compile(r"v(?P<major>\d+)\.(?P<minor>\d+)\.(?P<patch>\d+)\S*\+builtin\.(?P<maker>bao|vault)")
_MAKERS = {"bao": "openbao", "vault": "vault"}


@dataclass(frozen=True, slots=True)
class Engine:
    """`openbao` or `vault` and its version; both empty when it was not told."""

    name: str = ""
    version: tuple[int, int, int] | tuple[()] = ()

    @property
    def is_vault(self) -> bool:
        """Whether it surely is Vault, which lacks some of OpenBao's paths."""
        return self.name == "vault"

    @property
    def profile(self) -> str:
        """As policies are decided by it, such as `openbao-2.7.2`; empty when it was not told."""
        return f"{self.name}-{'.'.join(map(str, self.version))}" if self.name else ""

    def said(self, asker: Asker) -> Iterator[Setting]:
        """It as a setting, when it was told."""
        if self.name:
            version = ".".join(map(str, self.version))
            text = json.dumps({"engine": self.name, "version": version}, sort_keys=True, separators=(",", ":"))
            yield Setting(ref=asker.ref("server", "engine", "engine"), form=self.name, text=text, pointer=_PLACE)


def engine(asker: Asker) -> Engine:
    """What the mount of the system itself says; a namespace calls that `ns_system`."""
    answer = asker.source.read(_PLACE)
    mounts = answer.data.values() if isinstance(answer, Found) else ()
    own = [entry for entry in mounts if isinstance(entry, Mapping) and entry.get("type") in {"system", "ns_system"}]
    forms = {_BUILT_IN.fullmatch(str(entry.get("running_plugin_version", ""))) for entry in own}
    found = forms.pop() if len(forms) == 1 else None
    if found is None:
        return Engine()
    return Engine(_MAKERS[found["maker"]], (int(found["major"]), int(found["minor"]), int(found["patch"])))
