"""How auth mounts and their methods are set up, as settings; a method that nobody configured is an answer too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.connectors.vault.answers import Absent, Failed
from guardrails.connectors.vault.asking import Asker, Said, Speaker
from guardrails.connectors.vault.kept import kept, picked
from guardrails.connectors.vault.methods import CONFIGS, MAPPINGS
from guardrails.model.facts import Reading, Setting

__all__ = ["auth_mount", "method_configs"]


def auth_mount(speaker: Speaker, mount: str, method: str, entry: Mapping[str, Any]) -> Setting:
    """A mount as the table of mounts has it, which tells what it is tuned to as well."""
    tuned = entry.get("config")
    text = kept("auth-mount", entry, config=picked("tune", tuned if isinstance(tuned, Mapping) else {}), path=f"auth/{mount}/")
    ref = speaker.ref("auth-mount", str(entry.get("accessor") or f"auth/{mount}/"), f"{mount}/")
    return Setting(ref=ref, form=method, text=text, pointer="sys/auth")


def method_configs(asker: Asker, mount: str, method: str, found: dict[str, Any]) -> Iterator[Said]:
    """Put how a mount's method is set up into `found`, and say it without anything secret."""
    for path in (f"auth/{mount}/{place}" for place in CONFIGS.get(method, ())):
        answer = asker.source.read(path)
        if isinstance(answer, Failed):
            # what a mapping gives depends on it; a role says itself what it gives
            yield asker.gap("iam" if method in MAPPINGS else "settings", answer, path)
            continue
        yield Reading(system=asker.system, realm=asker.realm, what=path, items=0 if isinstance(answer, Absent) else 1)
        if not isinstance(answer, Absent):
            found |= answer.data
            yield Setting(ref=asker.ref("auth-config", path, path), form=method, text=kept("auth-config", answer.data), pointer=path)
