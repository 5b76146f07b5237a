"""Users, groups, roles and policies, from the one answer that holds them all (live or exported)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from guardrails.connectors.aws.managed import manager_of
from guardrails.iam.details import ATTACHED, INLINE, LISTS, boundary_of, default_documents, other_documents
from guardrails.iam.linked import permission_set_of, service_of
from guardrails.model.facts import Edge, Gap, Pairs, Policy, Principal
from guardrails.model.reference import Ref
from guardrails.model.words import EdgeKind, GapReason, PrincipalForm, State

__all__ = ["canonical", "identities", "tags_of", "users"]

_NOTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}
_FORMS = {"user": PrincipalForm.USER, "role": PrincipalForm.ROLE, "group": PrincipalForm.GROUP}


def tags_of(entry: Mapping[str, Any], key: str = "Tags") -> Pairs:
    """Tags as sorted pairs."""
    return tuple(sorted((str(tag["Key"]), str(tag["Value"])) for tag in entry.get(key) or ()))


def identities(system: str, account: str, found: Mapping[str, Any]) -> Iterator[Principal | Policy | Edge | Gap]:
    """Facts and edges of `GetAccountAuthorizationDetails`. A policy that is attached and whose body is missing is a gap."""
    bodies = {}
    for arn, document in default_documents(found.get("Policies", ())):
        # the ARN ends with the name, which emulators leave out
        bodies[arn] = _ref(system, account, "policy", arn, arn.rpartition("/")[2])
        yield Policy(ref=bodies[arn], text=canonical(document))
    yield from _versions(found.get("Policies", ()), bodies)
    for kind, listing in LISTS.items():
        for entry in found.get(listing, ()):
            identifier, name = (str(entry[f"{kind.capitalize()}{what}"]) for what in ("Id", "Name"))
            ref = _ref(system, account, *_known_as(kind, entry, identifier, name))
            yield _principal(ref, entry, kind)
            yield from _held(ref, entry, kind, bodies)
    yield from _memberships(system, account, found)


def _versions(policies: Iterable[Mapping[str, Any]], bodies: Mapping[str, Ref]) -> Iterator[Policy | Edge | Gap]:
    """What else the account's own policies would say, were another version of them in force; AWS alone sets those of its own."""
    for entry in policies:
        policy = bodies.get(str(entry["Arn"]))
        if policy is None or f":{policy.realm}:" not in policy.id:
            continue
        for name, document in other_documents(entry):
            own = _ref(policy.system, policy.realm, "policy-version", f"{policy.id} {name}", f"{policy.name} {name}")
            if document is None:
                yield _missing(policy, f"version {name}")
            else:
                yield Policy(ref=own, text=canonical(document))
                yield Edge(kind=EdgeKind.VERSION, source=policy, target=own, provenance=policy.id)


def _known_as(kind: str, entry: Mapping[str, Any], identifier: str, name: str) -> tuple[str, str, str]:
    """Kind, id and name; a role of IAM Identity Center is known by its permission set."""
    if kind == "role":
        account = str(entry["Arn"]).split(":")[4]
        made = permission_set_of(name, str(entry.get("Path", "/")), account, canonical(entry["AssumeRolePolicyDocument"]))
        return ("permission-set", identifier, made) if made else (kind, identifier, name)
    return kind, identifier, name


def users(system: str, account: str, found: Mapping[str, Any]) -> Iterator[tuple[Ref, Mapping[str, Any]]]:
    """Each user with its entry."""
    for entry in found.get("UserDetailList", ()):
        yield _ref(system, account, "user", str(entry["UserId"]), str(entry["UserName"])), entry


def _memberships(system: str, account: str, found: Mapping[str, Any]) -> Iterator[Edge | Gap]:
    groups = {
        str(entry["GroupName"]): _ref(system, account, "group", str(entry["GroupId"]), str(entry["GroupName"]))
        for entry in found.get("GroupDetailList", ())
    }
    for user, entry in users(system, account, found):
        for name in entry.get("GroupList", ()):
            if name in groups:
                yield Edge(kind=EdgeKind.MEMBER, source=user, target=groups[name], provenance=str(entry["Arn"]))
            else:
                yield _missing(user, f"group {name}")


def _ref(system: str, account: str, kind: str, identifier: str, name: str) -> Ref:
    return Ref(system=system, realm=account, kind=kind, id=identifier, name=name)


def _principal(ref: Ref, entry: Mapping[str, Any], kind: str) -> Principal:
    own = kind == "role" and service_of(str(entry.get("Path", "/")), canonical(entry["AssumeRolePolicyDocument"]))
    used = (entry.get("RoleLastUsed") or {}).get("LastUsedDate")
    tags = tags_of(entry)
    return Principal(
        ref=ref,
        form=PrincipalForm.PROVIDER if own else _FORMS[kind],
        resource=str(entry["Arn"]),
        names=(*((f"tag/{key}", value) for key, value in tags), *_profiles(entry)),
        tags=tags,
        created_at=_moment(entry.get("CreateDate")),
        last_used_at=_moment(used),
        managed_by=manager_of(tags),
        state=State.DISABLED if _is_denied_all(entry, kind) else State.ACTIVE,
    )


def _is_denied_all(entry: Mapping[str, Any], kind: str) -> bool:
    """Whether an inline policy of its own denies it everything at any time: then no credential and no session of it is of use."""
    documents = (json.loads(canonical(policy["PolicyDocument"])) for policy in entry.get(INLINE[kind]) or ())
    return any(statement == _NOTHING for document in documents for statement in _bare(document))


def _bare(document: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401  # JSON
    listed = document.get("Statement") if isinstance(document, dict) else None
    for statement in listed if isinstance(listed, list) else [listed]:
        if isinstance(statement, dict):
            yield {
                key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in statement.items() if key != "Sid"
            }


def _profiles(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names by which instances know a role."""
    yield from (("instance-profile", str(profile["InstanceProfileName"])) for profile in entry.get("InstanceProfileList") or ())


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _held(ref: Ref, entry: Mapping[str, Any], kind: str, bodies: Mapping[str, Ref]) -> Iterator[Policy | Edge | Gap]:
    for policy in entry.get(INLINE[kind]) or ():
        own = _ref(ref.system, ref.realm, "inline-policy", f"{ref.id}/{policy['PolicyName']}", f"{ref.name}/{policy['PolicyName']}")
        yield Policy(ref=own, text=canonical(policy["PolicyDocument"]))
        yield Edge(kind=EdgeKind.IDENTITY_POLICY, source=ref, target=own, provenance=str(entry["Arn"]))
    for policy in entry.get(ATTACHED) or ():
        yield _attached(ref, EdgeKind.IDENTITY_POLICY, str(policy["PolicyArn"]), bodies)
    if boundary := boundary_of(entry):
        yield _attached(ref, EdgeKind.BOUNDARY, boundary, bodies)
    if kind == "role":
        trust = _ref(ref.system, ref.realm, "trust-policy", f"{ref.id}/trust", f"{ref.name}/trust")
        yield Policy(ref=trust, text=canonical(entry["AssumeRolePolicyDocument"]))
        yield Edge(kind=EdgeKind.TRUST_POLICY, source=ref, target=trust, provenance=str(entry["Arn"]))


def _attached(ref: Ref, kind: EdgeKind, arn: str, bodies: Mapping[str, Ref]) -> Edge | Gap:
    if arn in bodies:
        return Edge(kind=kind, source=ref, target=bodies[arn], provenance=arn)
    return _missing(ref, f"the body of {arn}")


def _missing(ref: Ref, what: str) -> Gap:
    return Gap(
        system=ref.system,
        realm=ref.realm,
        what="iam",
        reason=GapReason.INCOMPLETE,
        subject=ref,
        message=f"{ref}: {what} was not in the answer",
        remedy="read the account again; give the reader iam:GetAccountAuthorizationDetails",
    )


def canonical(document: object) -> str:
    """A policy document as sorted, compact JSON text, so that equal documents are equal texts."""
    value = json.loads(document) if isinstance(document, str) else document
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
