"""What is declared, as parts in the patterns of policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from guardrails.iam.proof.declared import Declared
from guardrails.model.reference import Ref
from guardrails.ports import BoundClause

__all__ = ["parts_of"]


def parts_of(clauses: Iterable[BoundClause], keys: Mapping[Ref, str]) -> Iterator[Declared]:
    """The parts that clauses mean; `keys` tells the key that protects an asset."""
    for bound in clauses:
        clause = bound.clause
        if not any(":" in action or action == "*" for action in clause.actions):
            continue  # to be in a group is declared as well, and no policy speaks of it
        of = partial(Declared, but_actions=clause.but_actions, but_resources=frozenset(clause.but_resources), conditions=clause.conditions)
        if not clause.on_asset:
            yield of(actions=clause.actions, resources=frozenset(clause.resources))
            continue
        names = {name for name in bound.selectors if not name.startswith("tag:")} | {asset.resource for asset in bound.assets}
        # an asset is what it holds as well: the objects of a bucket, and for kms actions the key that protects it
        inner = {f"{name}/*" for name in names if name.startswith("arn:aws:s3:::") and "/" not in name}
        mine = {key for asset in bound.assets if (key := keys.get(asset.ref))}
        for_keys = tuple(action for action in clause.actions if action.lower().startswith("kms:"))
        yield of(actions=tuple(action for action in clause.actions if action not in for_keys), resources=frozenset(names | inner))
        yield of(actions=for_keys, resources=frozenset(mine))
