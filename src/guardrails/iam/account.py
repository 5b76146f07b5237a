"""One account as `aws iam get-account-authorization-details` tells it: who is in it, and every policy that decides for each of them.

What is attached and whose body is not in the answer is `UNKNOWN`. It is never the same as nothing attached.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from guardrails.errors import OperatorError
from guardrails.iam.collector import paused
from guardrails.iam.decisions import Policies
from guardrails.iam.details import ATTACHED, INLINE, LISTS, boundary_of, default_documents, other_documents
from guardrails.iam.grants import document_of
from guardrails.iam.layers import UNKNOWN, Sources, Unknown
from guardrails.iam.texts import text_of

__all__ = ["Account", "Body", "Group", "Holder", "Levels", "Version"]

Body = str | Unknown
"""A policy document as JSON text, or `UNKNOWN`."""
Levels = tuple[Sources, ...] | list[Sources] | Unknown | None
"""SCPs or RCPs, root first."""

_REMEDY = "give the whole JSON that aws iam get-account-authorization-details writes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A user or role. `identity` is inline, attached and of its groups; `attached` the ARNs of managed policies among these.

    `groups` are ARNs; a role has none. `profiles` are the instance profiles that hold a role.
    """

    kind: str
    arn: str
    name: str
    id: str
    path: str
    identity: tuple[Body, ...]
    boundary: Body | None = None
    boundary_arn: str = ""
    trust: Body | None = None
    attached: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    """What is attached and was not in the answer."""

    @property
    def account(self) -> str:
        """The number of its account."""
        return self.arn.split(":")[4]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group with what it gives."""

    arn: str
    name: str
    identity: tuple[Body, ...]
    attached: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a managed policy that is not in force, and what it would be in place of."""

    id: str
    body: Body
    instead_of: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Build it with `read`.

    `resources` are the policies of resources by ARN, `grants` those of keys as policies; `versions` are those of managed policies that are
    not in force.
    """

    number: str
    holders: Mapping[str, Holder]
    groups: Mapping[str, Group]
    versions: Mapping[str, tuple[Version, ...]]
    resources: Mapping[str, Body] = field(default_factory=dict)
    scps: Levels = None
    rcps: Levels = None
    grants: Mapping[str, tuple[Body, ...]] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        details: Mapping[str, Any] | str,
        *,
        resources: Mapping[str, Mapping[str, Any] | str | Unknown] | None = None,
        scps: Levels = None,
        rcps: Levels = None,
        is_management: bool = False,
        grants: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
    ) -> Account:
        """The account of an answer, as JSON text or parsed. No SCP binds the management account, whatever is given.

        `grants` are those of keys of KMS by the ARN of the key, as `aws kms list-grants` tells them.

        Raises:
            OperatorError: it is no such answer, or not a whole one; says where.
        """
        with paused():
            found = _parsed(details)
            reader = _Reader(found)
            groups = {group.arn: group for group in reader.groups()}
            holders = {holder.arn: holder for holder in reader.holders(groups.values())}
        return cls(
            number=_number([*holders, *groups]),
            holders=holders,
            groups=groups,
            versions=dict(reader.versions()),
            resources={arn: body_of(document) for arn, document in (resources or {}).items()},
            scps=None if is_management else scps,
            rcps=rcps,
            grants={arn: tuple(text_of(document_of(grant, arn)) for grant in listed) for arn, listed in (grants or {}).items()},
        )

    def holder(self, name: str) -> Holder:
        """A user or role by its ARN, or as `user/NAME` or `role/NAME` (without path).

        Raises:
            OperatorError: there is none of that name.
        """
        for holder in self.holders.values():
            if name in {holder.arn, f"{holder.kind}/{holder.name}"}:
                return holder
        raise OperatorError(f"account {self.number} has no {name}", remedy="give an ARN, user/NAME or role/NAME that the answer holds")

    def policies(self, holder: Holder, resource: Sources = None, grants: Sources = None) -> Policies:
        """All that decides on requests of the holder in its own account, with the policy and grants of the resource that is asked for."""
        return Policies(
            identity=holder.identity, boundary=holder.boundary, scps=self.scps, rcps=self.rcps, resource=resource, grants=grants
        )

    @property
    def roles(self) -> Iterator[Holder]:
        """The roles, in the order of the answer."""
        return (holder for holder in self.holders.values() if holder.kind == "role")


def _parsed(details: Mapping[str, Any] | str) -> Mapping[str, Any]:
    try:
        found = json.loads(details) if isinstance(details, str) else details
    except ValueError as error:
        raise OperatorError(f"the account is not JSON: {error}", remedy=_REMEDY) from error
    if not isinstance(found, Mapping):
        raise OperatorError(f"the account is a {type(found).__name__}, not an object", remedy=_REMEDY)
    for name in (*LISTS.values(), "Policies"):
        if not isinstance(found.get(name), list):
            raise OperatorError(f"the account has no list {name}", remedy=_REMEDY)
    if found.get("IsTruncated"):
        raise OperatorError("the account is only the first page: IsTruncated is true", remedy=_REMEDY)
    return found


def _number(arns: Iterable[str]) -> str:
    numbers = {arn.split(":")[4] for arn in arns}
    if len(numbers) != 1:
        said = "tells of nobody" if not numbers else f"mixes accounts {', '.join(sorted(numbers))}"
        raise OperatorError(f"the account {said}", remedy=_REMEDY)
    return numbers.pop()


def body_of(document: Mapping[str, Any] | str | Unknown | None) -> Body:
    """A document as text. Raw answers of the API write it URL-encoded; what is not there is `UNKNOWN`."""
    if isinstance(document, Mapping):
        return text_of(document)
    if isinstance(document, str):
        return unquote(document) if document.startswith("%7B") else document
    return UNKNOWN


class _Reader:
    """Reads the entries of one answer."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self._found = found
        self._bodies = {arn: body_of(document) for arn, document in default_documents(_entries(found, "Policies"))}

    def versions(self) -> Iterator[tuple[str, tuple[Version, ...]]]:
        for entry in _entries(self._found, "Policies"):
            arn = str(entry.get("Arn"))
            now = self._bodies.get(arn, UNKNOWN)
            yield arn, tuple(Version(name, body_of(document), now) for name, document in other_documents(entry))

    def groups(self) -> Iterator[Group]:
        for where, entry in self._listed("group"):
            identity, attached, missing = self._given(entry, "group", where)
            arn, name = _text(entry, "Arn", where), _text(entry, "GroupName", where)
            yield Group(arn=arn, name=name, identity=identity, attached=attached, missing=missing)

    def holders(self, groups: Iterable[Group]) -> Iterator[Holder]:
        named = {group.name: group for group in groups}
        for kind in ("user", "role"):
            for where, entry in self._listed(kind):
                yield self._holder(entry, kind, where, named)

    def _listed(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        name = LISTS[kind]
        yield from ((f"{name}[{number}]", entry) for number, entry in enumerate(_entries(self._found, name)))

    def _holder(self, entry: Mapping[str, Any], kind: str, where: str, named: Mapping[str, Group]) -> Holder:
        identity, attached, missing = self._given(entry, kind, where)
        listed = [str(name) for name in entry.get("GroupList") or ()]
        groups = [named[name] for name in listed if name in named]
        unseen = [f"group {name}" for name in listed if name not in named]
        limit = boundary_of(entry)
        body = self._bodies.get(limit, UNKNOWN) if limit else None
        return Holder(
            kind=kind,
            arn=_text(entry, "Arn", where),
            name=_text(entry, f"{kind.capitalize()}Name", where),
            id=_text(entry, f"{kind.capitalize()}Id", where),
            path=str(entry.get("Path", "/")),
            identity=(*identity, *(body for group in groups for body in group.identity), *(UNKNOWN for _ in unseen)),
            boundary=body,
            boundary_arn=limit,
            trust=body_of(entry.get("AssumeRolePolicyDocument")) if kind == "role" else None,
            attached=(*attached, *(arn for group in groups for arn in group.attached)),
            groups=tuple(group.arn for group in groups),
            profiles=tuple(str(profile.get("Arn")) for profile in entry.get("InstanceProfileList") or ()),
            tags=tuple(sorted((str(tag["Key"]), str(tag["Value"])) for tag in entry.get("Tags") or ())),
            missing=(
                *missing,
                *(said for group in groups for said in group.missing),
                *unseen,
                *([f"boundary {limit}"] if body is UNKNOWN else []),
            ),
        )

    def _given(self, entry: Mapping[str, Any], kind: str, where: str) -> tuple[tuple[Body, ...], tuple[str, ...], tuple[str, ...]]:
        """Inline and attached bodies, the ARNs of the attached, and those of them that are missing."""
        inline = [body_of(policy.get("PolicyDocument")) for policy in _entries(entry, INLINE[kind], where)]
        attached = tuple(_text(policy, "PolicyArn", f"{where}.{ATTACHED}") for policy in _entries(entry, ATTACHED, where))
        bodies = [self._bodies.get(arn, UNKNOWN) for arn in attached]
        missing = tuple(f"policy {arn}" for arn, body in zip(attached, bodies, strict=True) if body is UNKNOWN)
        unread = ("an inline policy",) if UNKNOWN in inline else ()
        return (*inline, *bodies), attached, missing + unread


def _entries(entry: Mapping[str, Any], name: str, where: str = "the account") -> list[Mapping[str, Any]]:
    listed = entry.get(name) or []
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        raise OperatorError(f"{where}: {name} is no list of objects", remedy=_REMEDY)
    return listed


def _text(entry: Mapping[str, Any], name: str, where: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value or (name == "Arn" and value.count(":") < 5):  # noqa: PLR2004  # six parts
        raise OperatorError(f"{where}: {name} is {value!r}", remedy=_REMEDY)
    return value
