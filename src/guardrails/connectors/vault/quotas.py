"""Quotas of a server: how many requests in a second, and how many leases, it takes. Kept as they are; nothing judges them yet."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.connectors.vault.answers import QUOTAS, Absent, Failed
from guardrails.connectors.vault.asking import Asker, Said
from guardrails.connectors.vault.engine import Engine
from guardrails.connectors.vault.kept import kept
from guardrails.model.facts import Setting
from guardrails.model.words import GapReason

__all__ = ["quotas"]


def quotas(asker: Asker, kind: Engine) -> Iterator[Said]:
    """Every quota of each kind, those of leases of a Vault alone; that there is none is an answer too."""
    for folder in QUOTAS if kind.is_vault else QUOTAS[:1]:
        before, names = asker.source.calls, list[str]()
        answer = asker.source.listed(folder)
        if isinstance(answer, Failed) and answer.reason is GapReason.UNSUPPORTED:
            answer = Absent()  # Vault without Enterprise counts no leases
        yield from asker.names("quotas", folder, answer, names, before)
        for name, (path, told) in zip(names, asker.reads(f"{folder}/{name}" for name in names), strict=True):
            ref = asker.ref("quota", path, path)
            is_it = isinstance(told, Failed) or told.data.get("name") == name
            found = told if is_it else Failed(GapReason.MALFORMED, f"{path} is not that quota")
            if isinstance(found, Failed):
                yield asker.gap("quotas", found, path, ref)
            else:
                yield Setting(ref=ref, form=folder.rpartition("/")[2], text=kept("quota", found.data), pointer=path)
