"""What should become of an object of AWS, as patches of the sources that it is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from guardrails.connectors.aws.editing.identities import DISABLED, INLINE
from guardrails.connectors.aws.written.addresses import EntriesAim, IpSetAim, RuleAim
from guardrails.connectors.aws.written.documents import DocumentAim, Spot
from guardrails.connectors.aws.written.finding import BY_NAME, Object, one_of
from guardrails.connectors.aws.written.members import attached, inline, joined
from guardrails.connectors.aws.written.stacks import of_templates
from guardrails.connectors.aws.written.stores import EncryptionAim, RotationAim
from guardrails.hcl.tree import Node
from guardrails.model.changes import Edit, Patch
from guardrails.model.written import Wanted, WorkingCopy
from guardrails.written.proving import Aim, patch_for, telling
from guardrails.written.rewriting import NoPatch
from guardrails.written.templates import templates_of
from guardrails.written.terraform import Configuration, configuration_of

__all__ = ["patches"]

_LOGICAL = "aws:cloudformation:logical-id"
_STACK = "the CloudFormation stack"


def patches(wanted: Wanted, copies: Iterable[WorkingCopy]) -> tuple[Patch, ...]:
    """A patch for each part of the change, of each working copy that has it; where none has, what was found of it."""
    found: list[Patch] = []
    for copy in copies:
        if copy.kind == "terraform" and not wanted.manager.startswith(_STACK):
            found += _of_terraform(wanted, configuration_of(copy))
        if copy.kind == "cloudformation" and any(key == _LOGICAL for key, _ in wanted.tags):
            found += of_templates(wanted, templates_of(copy))
    return telling(found)


def _of_terraform(wanted: Wanted, sources: Configuration) -> Iterator[Patch]:
    try:
        aims = list(_aims(wanted))
    except NoPatch as error:
        yield _told(wanted, sources, str(error))
        return
    yield from (patch_for(sources, aim) for aim in aims)


def _told(wanted: Wanted, sources: Configuration, why: str) -> Patch:
    """Where the object is written, and why nothing is proposed there."""
    try:
        found = Object.of(f"aws_iam_{wanted.ref.kind}", wanted).resource(sources)
    except NoPatch as error:
        return Patch(place=error.place, note=str(error))
    return Patch(place=found.place if found else "", note=why)


_ALONE: Mapping[str, Callable[[Wanted], Aim[Configuration]]] = MappingProxyType(
    {"security-group": RuleAim, "prefix-list": EntriesAim, "ip-set": IpSetAim, "key": RotationAim}
)
"""Objects of which one kind of thing is changed."""


def _aims(wanted: Wanted) -> Iterator[Aim[Configuration]]:
    match wanted.ref.kind:
        case "user" | "role" | "group":
            for edit in wanted.edits:
                yield _of_identity(wanted, edit)
        case "policy":
            yield _document(wanted, wanted.edits[0], _managed_policy(wanted))
        case "bucket":
            yield _document(wanted, wanted.edits[0], _bucket_policy(wanted)) if wanted.edits[0].field == "policy" else EncryptionAim(wanted)
        case kind if kind in _ALONE:
            yield _ALONE[kind](wanted)
        case kind:
            raise NoPatch(f"how a {kind} is written in sources is not known here")


def _of_identity(wanted: Wanted, edit: Edit) -> Aim[Configuration]:
    if edit.field == "policy" and edit.removes and not edit.adds:
        return attached(wanted, edit.removes[0])
    if edit.field == "group" and edit.removes and not edit.adds:
        return joined(wanted, edit.removes[0])
    if edit.field == "trust":
        return _document(wanted, edit, _trust(wanted))
    name = edit.field.removeprefix(INLINE)
    if name == DISABLED and not edit.removes:
        raise NoPatch("who should be disabled is for its owner to take out of the sources, with all that names it")
    if edit.field.startswith(INLINE):
        return _document(wanted, edit, _inline(wanted, name)) if edit.adds else inline(wanted, name)
    raise NoPatch(f"how {edit.field} is written in sources is not known here")


def _document(wanted: Wanted, edit: Edit, find: Callable[[Configuration], Spot]) -> DocumentAim:
    if not edit.removes or not edit.adds:
        raise NoPatch("a document would have to come or go as a whole")
    return DocumentAim(find, json.loads(edit.removes[0]), json.loads(edit.adds[0]), "" if wanted.told else BY_NAME)


def _managed_policy(wanted: Wanted) -> Callable[[Configuration], Spot]:
    policy = Object.of("aws_iam_policy", wanted, ("arn", wanted.ref.id))

    def find(sources: Configuration) -> Spot:
        resource = policy.required(sources)
        return resource, _required(resource.body.get("policy"), resource.place)

    return find


def _trust(wanted: Wanted) -> Callable[[Configuration], Spot]:
    role = Object.of("aws_iam_role", wanted, ("unique_id", wanted.ref.id))

    def find(sources: Configuration) -> Spot:
        resource = role.required(sources)
        return resource, _required(resource.body.get("assume_role_policy"), resource.place)

    return find


def _inline(wanted: Wanted, name: str) -> Callable[[Configuration], Spot]:
    kind = wanted.ref.kind
    holder = Object.of(f"aws_iam_{kind}", wanted, ("unique_id", wanted.ref.id))

    def find(sources: Configuration) -> Spot:
        named = [
            one
            for one in sources.of(f"aws_iam_{kind}_policy")
            if holder.is_meant(sources, one, one.body.get(kind)) and sources.written_out(one, one.body.get("name")) == name
        ]
        resource = one_of(holder.near(sources, named), f"the inline policy {name} of {wanted.ref.name}")
        return resource, _required(resource.body.get("policy"), resource.place)

    return find


def _bucket_policy(wanted: Wanted) -> Callable[[Configuration], Spot]:
    bucket = Object.of("aws_s3_bucket", wanted, ("bucket", wanted.ref.name))

    def find(sources: Configuration) -> Spot:
        said = [one for one in sources.of("aws_s3_bucket_policy") if bucket.is_meant(sources, one, one.body.get("bucket"))]
        own = bucket.resource(sources)
        said += [own] if own is not None and own.body.get("policy") is not None else []
        resource = one_of(bucket.near(sources, said), f"the policy of {wanted.ref.name}")
        return resource, _required(resource.body.get("policy"), resource.place)

    return find


def _required(node: Node | None, place: str) -> Node:
    if node is None:
        raise NoPatch("it has no document that is written out", place)
    return node
