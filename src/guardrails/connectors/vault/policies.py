"""The policies of a namespace as canonical text. One that could not be read is a gap; one that is not there gives nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from guardrails.connectors.vault.answers import Absent, Failed, Found
from guardrails.connectors.vault.asking import Asker, Said
from guardrails.model.facts import Edge, Policy
from guardrails.model.words import EdgeKind, GapReason
from guardrails.vault.errors import PolicyError
from guardrails.vault.stored import stored

__all__ = ["with_policies"]

_FOLDER = "sys/policies/acl"
_BUILT_IN = re.compile(r"v(\d+\.\d+\.\d+)\S*\+builtin\.(bao|vault)")
_SYSTEM = frozenset({"system", "ns_system"})
_ENGINES = {"bao": "openbao", "vault": "vault"}


def with_policies(asker: Asker, said: Iterable[Said]) -> Iterator[Said]:
    """What was said, with the policies that it names and all others; names that no policy has fall away, as servers skip them."""
    kept = list(said)
    carried = {item.target.name for item in kept if isinstance(item, Edge) and item.kind is EdgeKind.IDENTITY_POLICY}
    listed: list[str] = []
    yield from asker.each("iam", _FOLDER, listed)
    engine, absent = _engine(asker), set()
    for name in sorted({*listed, *carried}):
        told = list(_policy(asker, name, engine)) if name != "root" or name in carried else []
        if not told and name != "root":
            absent.add(name)
        yield from told
    yield from (item for item in kept if not (isinstance(item, Edge) and item.target.kind == "policy" and item.target.name in absent))


def _policy(asker: Asker, name: str, engine: str) -> Iterator[Said]:
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
        ends, unblocked = _moment(answer.data.get("expiration")), _unblocked(answer.data)
        yield Policy(ref=ref, text=stored(answer.data["policy"], engine, name=name, expires_at=ends, unblocked=unblocked))
    except PolicyError as error:
        yield asker.gap("iam", Failed(GapReason.MALFORMED, error.message), path, ref)
    except ValueError:
        yield asker.gap("iam", Failed(GapReason.MALFORMED, f"{path}: its expiration is no moment"), path, ref)


def _unblocked(entry: Mapping[str, object]) -> frozenset[str]:
    """What OpenBao lets values bring into the paths of this policy alone."""
    wildcards = "*+" if entry.get("allow_wildcards_in_identity_templates") else ""
    return frozenset(wildcards + ("/" if entry.get("allow_slashes_in_identity_templates") else ""))


def _moment(value: object) -> datetime | None:
    if not value:
        return None
    found = datetime.fromtimestamp(int(str(value)), UTC) if str(value).isdigit() else datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError(value)
    return found.astimezone(UTC)


def _engine(asker: Asker) -> str:
    """As the mount of the server itself tells its version; empty when it does not."""
    answer = asker.source.read("sys/mounts")
    mounts = answer.data.values() if isinstance(answer, Found) else ()
    versions = [
        str(entry.get("running_plugin_version", "")) for entry in mounts if isinstance(entry, dict) and entry.get("type") in _SYSTEM
    ]
    found = {f"{_ENGINES[form[2]]}-{form[1]}" for form in map(_BUILT_IN.fullmatch, versions) if form}
    return found.pop() if len(found) == 1 else ""
