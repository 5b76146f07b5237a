"""Which adopted entries to look at first: what is open to everybody, allows everything, or is protected by nothing."""

from __future__ import annotations

from collections.abc import Iterator

from guardrails.model.declaration import Clause, Declaration, DeclaredClass
from guardrails.model.reference import ANYBODY, Reference
from guardrails.sets import Addresses

__all__ = ["urgent"]

_EVERYTHING = frozenset({(("*",), ("*",)), (("policy",), ("root",))})
"""Actions and resources of a clause that leaves nothing out, in the words of AWS and of Vault."""


def urgent(declaration: Declaration) -> Iterator[str]:
    """One line for each adopted entry that says too much for any company."""
    adopted = {f"{entry.section}.{entry.name}" for entry in declaration.adopted}
    said = (*_workloads(declaration), *_entitlements(declaration), *_assets(declaration), *_allowlists(declaration))
    yield from (f"{where}: {what}" for where, what in said if where in adopted)


def _workloads(declaration: Declaration) -> Iterator[tuple[str, str]]:
    for load in declaration.workloads:
        if ANYBODY in load.assumed_by:
            yield f"workloads.{load.name}", "anybody may become it"
        if any(map(_is_any_service, load.assumed_by)):
            yield f"workloads.{load.name}", "any service may become it, whomever it acts for"


def _entitlements(declaration: Declaration) -> Iterator[tuple[str, str]]:
    for entitlement in declaration.entitlements:
        if any(map(_is_everything, entitlement.clauses)):
            yield f"entitlements.{entitlement.name}", "everything on everything"


def _assets(declaration: Declaration) -> Iterator[tuple[str, str]]:
    bare = {one.name for one in declaration.classes if one == DeclaredClass(name=one.name, rank=one.rank, place=one.place)}
    for asset in declaration.assets:
        if ANYBODY in asset.shared_with:
            yield f"assets.{asset.name}", "it lets in anybody"
        if any(map(_is_any_service, asset.shared_with)):
            yield f"assets.{asset.name}", "it lets in any service, whomever it acts for"
        if asset.class_name in bare:
            yield f"assets.{asset.name}", "nothing protects it"


def _allowlists(declaration: Declaration) -> Iterator[tuple[str, str]]:
    wide = {network.name for network in declaration.networks if _is_everybody(network.cidrs)}
    for allowlist in declaration.allowlists:
        if wide & set(allowlist.may_from):
            yield f"allowlists.{allowlist.name}", "reached from anywhere"


def _is_everything(clause: Clause) -> bool:
    return (clause.actions, clause.resources) in _EVERYTHING and not clause.but_actions and not clause.but_resources


def _is_everybody(cidrs: tuple[str, ...]) -> bool:
    mine, everybody = Addresses.parse(cidrs), Addresses.everything()
    return everybody.v4 == mine.v4 or everybody.v6 == mine.v6


def _is_any_service(reference: Reference) -> bool:
    return (reference.kind, reference.name) == ("service", "*")
