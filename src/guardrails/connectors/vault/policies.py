"""The policies of a namespace as canonical text. One that could not be read is a gap; one that is not there gives nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from guardrails.connectors.vault.answers import Absent, Failed, Found
from guardrails.connectors.vault.asking import Asker, Said
from guardrails.connectors.vault.meaning.hcl import UnreadablePolicyError, canonical
from guardrails.model.facts import Edge, Policy
from guardrails.model.words import EdgeKind, GapReason

__all__ = ["with_policies"]

_FOLDER = "sys/policies/acl"
_BUILT_IN = re.compile(r"v(\d+)\.(\d+)\.\S*\+builtin\.bao")
_SLASH_FIRST = (2, 6)
"""The first OpenBao that looks a LIST up with its final slash first (its advisory GHSA-xp3c-3jw3-4vcr)."""


def with_policies(asker: Asker, said: Iterable[Said]) -> Iterator[Said]:
    """What was said, with the policies that it names and all others; names that no policy has fall away, as servers skip them."""
    kept = list(said)
    carried = {item.target.name for item in kept if isinstance(item, Edge) and item.kind is EdgeKind.IDENTITY_POLICY}
    listed: list[str] = []
    yield from asker.each("iam", _FOLDER, listed)
    slash_first, absent = _looks_with_slash(asker), set()
    for name in sorted({*listed, *carried}):
        told = list(_policy(asker, name, slash_first=slash_first)) if name != "root" or name in carried else []
        if not told and name != "root":
            absent.add(name)
        yield from told
    yield from (item for item in kept if not (isinstance(item, Edge) and item.target.kind == "policy" and item.target.name in absent))


def _policy(asker: Asker, name: str, *, slash_first: bool) -> Iterator[Said]:
    ref, path = asker.ref("policy", name, name), f"{_FOLDER}/{name}"
    # the root policy has no text and is never asked for
    answer = Found({"policy": ""}) if name == "root" else asker.source.read(path)
    if isinstance(answer, Absent):
        return
    if isinstance(answer, Found) and not isinstance(answer.data.get("policy"), str):
        answer = Failed(GapReason.MALFORMED, f"{path} holds no policy")
    if isinstance(answer, Failed):
        yield asker.gap("iam", answer, path, ref)
        return
    try:
        yield Policy(ref=ref, text=canonical(answer.data["policy"], expiration=answer.data.get("expiration"), slash_first=slash_first))
    except UnreadablePolicyError as error:
        yield asker.gap("iam", Failed(GapReason.MALFORMED, str(error)), path, ref)


def _looks_with_slash(asker: Asker) -> bool:
    answer = asker.source.read("sys/mounts")
    mounts = answer.data.values() if isinstance(answer, Found) else ()
    versions = [
        str(entry.get("running_plugin_version", "")) for entry in mounts if isinstance(entry, dict) and entry.get("type") == "system"
    ]
    forms = [_BUILT_IN.fullmatch(version) for version in versions]
    return bool(forms) and all(form is not None and (int(form[1]), int(form[2])) >= _SLASH_FIRST for form in forms)
