"""Tokens that are alive and secret ids that could make some, by their accessors: never one itself, for no answer here holds any.

Of leases it is read where there are any at all. Whose one is, no server tells.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from guardrails.connectors.vault.answers import LEASES, TOKENS, Absent, Failed
from guardrails.connectors.vault.asking import Asker, Said
from guardrails.connectors.vault.kept import kept
from guardrails.connectors.vault.methods import SECRET_IDS
from guardrails.connectors.vault.parallel import at_once
from guardrails.connectors.vault.words import SecretIds
from guardrails.model.facts import Setting
from guardrails.model.words import GapReason

__all__ = ["leases", "secret_ids", "tokens"]


def tokens(asker: Asker, at_most: int | None) -> Iterator[Said]:
    """Every token that has an accessor, or as many as were asked for. Batch tokens have none and are not listed by any server."""
    if at_most == 0:
        yield asker.gap("tokens", Failed(GapReason.NOT_READ, "tokens are not read: read.tokens is none"), TOKENS)
        return
    found: list[str] = []
    yield from asker.each("tokens", TOKENS, found)
    chosen = found[:at_most]
    yield from _looked_up(asker, "token", TOKENS, chosen)
    if len(found) > len(chosen):
        message = f"of {len(found)} tokens {len(chosen)} were read, as read.tokens says"
        yield asker.gap("tokens", Failed(GapReason.NOT_READ, message), TOKENS)


def leases(asker: Asker) -> Iterator[Said]:
    """Under which first parts of paths something is handed out that has not ended; that it is nothing is an answer too."""
    answer, found = asker.source.listed(LEASES), list[str]()
    yield from asker.names("leases", LEASES, answer, found)
    if not isinstance(answer, Failed):
        text = json.dumps({"folders": found}, separators=(",", ":"))
        yield Setting(ref=asker.ref("leases", LEASES, "leases"), form="leases", text=text, pointer=LEASES)


def secret_ids(asker: Asker, mount: str, roles: Sequence[str], wanted: SecretIds) -> Iterator[Said]:
    """How many secret ids each role of an AppRole mount has, and what each is bound to where that is asked for."""
    if wanted is SecretIds.NONE:
        message = f"secret ids of auth/{mount} are not read: read.secret-ids is none"
        yield asker.gap("secret-ids", Failed(GapReason.NOT_READ, message), f"auth/{mount}/role/+/{SECRET_IDS}")
        return
    folders = [f"auth/{mount}/role/{name}/{SECRET_IDS}" for name in roles]
    answers = at_once(asker.source.listed, folders, asker.source.parallel)
    for name, folder, answer in zip(roles, folders, answers, strict=True):
        found: list[str] = []
        yield from asker.names("secret-ids", folder, answer, found)
        if isinstance(answer, Failed):
            continue
        ref = asker.ref("secret-ids", folder, f"{mount}/{name}")
        yield Setting(ref=ref, form="approle", text=f'{{"count":{len(found)}}}', pointer=folder)
        if wanted is SecretIds.LOOKED_UP:
            yield from _looked_up(asker, "secret-id", folder, found)


def _looked_up(asker: Asker, kind: str, folder: str, accessors: Sequence[str]) -> Iterator[Said]:
    """What each accessor stands for; one that ended since it was listed is nothing. Failures that are alike are one gap."""
    field = "accessor" if kind == "token" else "secret_id_accessor"
    failures: Counter[tuple[GapReason, tuple[str, ...]]] = Counter()
    first: dict[tuple[GapReason, tuple[str, ...]], str] = {}
    for accessor, told in asker.looked_up(folder, accessors):
        is_it = isinstance(told, Failed | Absent) or told.data.get(field) == accessor
        answer = told if is_it else Failed(GapReason.MALFORMED, f"{folder} has another one in place of an accessor")
        match answer:
            case Absent():
                continue
            case Failed():
                failures[answer.reason, answer.rights] += 1
                first.setdefault((answer.reason, answer.rights), answer.message)
            case _:
                ref = asker.ref(kind, accessor, str(answer.data.get("display_name") or accessor))
                yield Setting(ref=ref, form=str(answer.data.get("type", "")), text=kept(kind, answer.data), pointer=folder)
    for (reason, rights), number in failures.items():
        message = f"{number} of {len(accessors)} accessors of {folder}: {first[reason, rights]}"
        yield asker.gap(f"{kind}s", Failed(reason, message, rights), folder)
