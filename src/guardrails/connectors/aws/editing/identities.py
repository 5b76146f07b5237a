"""Users, roles and groups of IAM: their policies, of users the groups that they are in, and of roles whom they trust.

Their boundary may not be another meanwhile.

Nothing in IAM is written on a condition, so an object is read just before and just after. Whoever is disabled gets an inline policy that
denies everything: it holds for every credential and every session, at once, and is taken away again by one call.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from guardrails.connectors.aws.editing.kind import Statement, canonical, digest, made, marked, require_own, require_seen, swapped
from guardrails.connectors.aws.editing.trust import settled
from guardrails.connectors.aws.iam import tags_of
from guardrails.connectors.aws.single import SingleApi, text_of
from guardrails.errors import ConnectorError
from guardrails.model.actions import (
    Action,
    AddDenial,
    DetachPolicy,
    Disable,
    RemoveMember,
    ReplaceMembership,
    ReplacePolicy,
    Replaces,
    RewritePolicy,
)
from guardrails.model.changes import Edit, Image, difference
from guardrails.model.reference import Ref

__all__ = ["DISABLED", "IDENTITIES", "INLINE", "Identity"]

INLINE = "inline/"
GROUP, POLICY, BOUNDARY, TRUST = "group", "policy", "boundary", "trust"
DISABLED = "guardrails-disabled"
"""The name of the inline policy of whoever is disabled."""
DENY_ALL = '{"Version":"2012-10-17","Statement":[{"Sid":"Disabled","Effect":"Deny","Action":"*","Resource":"*"}]}'
_MOST = {"user": 2048, "role": 10240, "group": 5120}
"""How many characters all inline policies may have together, white space not counted (IAM User Guide, "IAM and AWS STS quotas")."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One of the three kinds; `kind` is `user`, `role` or `group`."""

    kind: str

    @property
    def _word(self) -> str:
        return self.kind.capitalize()

    def _named(self, ref: Ref) -> dict[str, str]:
        return {f"{self._word}Name": ref.name}

    def read(self, api: SingleApi, ref: Ref) -> Image | None:
        """By its name; who has another id is somebody else."""
        if self.kind == GROUP:
            told = api.found("iam", "get_group", GroupName=ref.name, MaxItems=1)
        else:
            told = api.found("iam", f"get_{self.kind}", **self._named(ref))
        entry = told[self._word] if told else {}
        if entry.get(f"{self._word}Id") != ref.id:
            return None
        fields: dict[str, Iterable[str]] = {
            "id": (ref.id,),
            "path": (str(entry["Path"]),),
            POLICY: sorted(str(policy["PolicyArn"]) for policy in self._listed(api, ref, "attached", "AttachedPolicies")),
            BOUNDARY: filter(None, [str(entry.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""))]),
            **marked(tags_of(entry)),
            TRUST: [settled(text_of(entry["AssumeRolePolicyDocument"]))] if self.kind == "role" else [],
            "others": digest(entry.get("MaxSessionDuration")),
        }
        for name in self._listed(api, ref, "", "PolicyNames"):
            answer = api.whole("iam", f"get_{self.kind}_policy", **self._named(ref), PolicyName=name)
            fields[f"{INLINE}{name}"] = (text_of(answer["PolicyDocument"]),)
        if self.kind == "user":
            groups = api.whole("iam", "list_groups_for_user", **self._named(ref))["Groups"]
            fields[GROUP] = sorted(str(group["GroupName"]) for group in groups)
        return Image.of(fields)

    def _listed(self, api: SingleApi, ref: Ref, which: str, key: str) -> list[Any]:
        operation = f"list_{which}{'_' if which else ''}{self.kind}_policies"
        return list(api.whole("iam", operation, **self._named(ref))[key])

    def edits(self, action: Action, image: Image) -> tuple[Edit, ...]:
        """One field of it becomes another; of a policy that is replaced its own comes first, and then it goes."""
        require_own(image)
        match action:
            case RemoveMember():
                return _out_of(image, action.member, action.group)
            case DetachPolicy() | ReplacePolicy() | ReplaceMembership() | AddDenial():
                return self._with_others(action, image)
            case RewritePolicy() if action.policy.kind == "trust-policy":
                return _trusting(action, image)
            case RewritePolicy():
                field = _field(action.policy)
                require_seen(_one(image, field, action.policy)[0], action)
                return self._sized(image, swapped(image, field, action.text))
            case Disable():
                return self._disabled(image)
            case _:
                raise ValueError(f"a {self.kind} of IAM has nothing of the kind")

    def _with_others(self, action: DetachPolicy | Replaces | AddDenial, image: Image) -> tuple[Edit, ...]:
        match action:
            case AddDenial():
                _require_denial(action)
                return self._sized(image, _new(image, action.policy, action.text))
            case ReplacePolicy():
                return (*self._sized(image, _new(image, action.own, action.text)), *_taken_off(image, action.holder, action.policy))
            case ReplaceMembership():
                return (*self._sized(image, _new(image, action.own, action.text)), *_out_of(image, action.holder, action.group))
            case DetachPolicy() if action.policy.kind == "policy":
                return _taken_off(image, action.holder, action.policy)
            case DetachPolicy():
                field = _field(action.policy)
                require_seen(_one(image, field, action.policy)[0], action)
                return (Edit(field=field, removes=image.values(field)),)

    def _disabled(self, image: Image) -> tuple[Edit, ...]:
        if text := "".join(image.values(f"{INLINE}{DISABLED}")):
            is_ours = canonical(json.loads(text)) == canonical(json.loads(DENY_ALL))
            raise ValueError("it is disabled already" if is_ours else f"its policy {DISABLED} denies it not everything: look at it")
        return self._sized(image, swapped(image, f"{INLINE}{DISABLED}", DENY_ALL))

    def _sized(self, image: Image, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        kept = {name: "".join(values) for name, values in image.fields if name.startswith(INLINE)}
        for edit in edits:
            kept[edit.field] = "".join(edit.adds)
        size = sum(len("".join(text.split())) for text in kept.values())
        if size > _MOST[self.kind]:
            raise ValueError(f"the inline policies of a {self.kind} may have {_MOST[self.kind]} characters, and these have {size}")
        return edits

    def write(self, api: SingleApi, ref: Ref, now: Image, after: Image) -> None:
        """One call for each value that goes or comes; what comes is first, for something else may go for it."""
        named, edits = self._named(ref), difference(now, after)
        for edit in edits:
            for value in edit.adds:
                self._give(api, named, edit.field, value)
        for edit in edits:
            # a document is put in the place of the one before
            for value in () if edit.adds and (edit.field == TRUST or edit.field.startswith(INLINE)) else edit.removes:
                self._take(api, named, edit.field, value)

    def _take(self, api: SingleApi, named: Mapping[str, str], field: str, value: str) -> None:
        if field == GROUP:
            made(api, "iam", "remove_user_from_group", GroupName=value, **named)
        elif field == POLICY:
            made(api, "iam", f"detach_{self.kind}_policy", PolicyArn=value, **named)
        elif field.startswith(INLINE):
            made(api, "iam", f"delete_{self.kind}_policy", PolicyName=field.removeprefix(INLINE), **named)
        else:
            raise ConnectorError(f"aws: {field} is never written", remedy="plan again")

    def _give(self, api: SingleApi, named: Mapping[str, str], field: str, value: str) -> None:
        if field == GROUP:
            made(api, "iam", "add_user_to_group", GroupName=value, **named)
        elif field == POLICY:
            made(api, "iam", f"attach_{self.kind}_policy", PolicyArn=value, **named)
        elif field.startswith(INLINE):
            made(api, "iam", f"put_{self.kind}_policy", PolicyName=field.removeprefix(INLINE), PolicyDocument=value, **named)
        elif field == TRUST:
            made(api, "iam", "update_assume_role_policy", PolicyDocument=value, **named)
        else:
            raise ConnectorError(f"aws: {field} is never written", remedy="plan again")

    def rights(self, ref: Ref, edits: Iterable[Edit]) -> tuple[Statement, ...]:
        """Reading it, and both directions of each edit; policies are attached and detached by their names alone."""
        word, own = self._word, _arns(ref, self.kind, ref.name)
        reads = [f"iam:Get{word}", f"iam:List{word}Policies", f"iam:ListAttached{word}Policies", f"iam:Get{word}Policy"]
        reads += ["iam:ListGroupsForUser"] if self.kind == "user" else []
        return ({"Effect": "Allow", "Action": reads, "Resource": own}, *self._writing(ref, edits, own))

    def _writing(self, ref: Ref, edits: Iterable[Edit], own: list[str]) -> Iterator[Statement]:
        for edit in edits:
            values = sorted({*edit.removes, *edit.adds})
            if edit.field == GROUP:
                groups = [arn for value in values for arn in _arns(ref, GROUP, value)]
                yield {"Effect": "Allow", "Action": ["iam:RemoveUserFromGroup", "iam:AddUserToGroup"], "Resource": groups}
            elif edit.field.startswith(INLINE):
                yield {"Effect": "Allow", "Action": [f"iam:Put{self._word}Policy", f"iam:Delete{self._word}Policy"], "Resource": own}
            elif edit.field == TRUST:
                yield {"Effect": "Allow", "Action": ["iam:UpdateAssumeRolePolicy"], "Resource": own}
            elif edit.field == POLICY:
                actions = [f"iam:Attach{self._word}Policy", f"iam:Detach{self._word}Policy"]
                yield {"Effect": "Allow", "Action": actions, "Resource": own, "Condition": {"ArnEquals": {"iam:PolicyARN": values}}}


def _trusting(action: RewritePolicy, image: Image) -> tuple[Edit, ...]:
    """Another trust policy, in the one spelling that reading gives it too."""
    seen = replace(action, seen=settled(action.seen))
    require_seen("".join(image.values(TRUST)), seen)
    return swapped(image, TRUST, settled(action.text))


def _arns(ref: Ref, kind: str, name: str) -> list[str]:
    """An object by its name, whatever its path is: no other one of the account has the name."""
    return [f"arn:aws:iam::{ref.realm}:{kind}/{name}", f"arn:aws:iam::{ref.realm}:{kind}/*/{name}"]


def _field(policy: Ref) -> str:
    """Of an inline policy, whose id is that of its holder with its name behind."""
    return f"{INLINE}{policy.id.partition('/')[2]}"


def _require_denial(action: AddDenial) -> None:
    if any(entry.get("Effect") != "Deny" for entry in json.loads(action.text)["Statement"]):
        raise ValueError(f"{action.policy} would not only deny")


def _new(image: Image, policy: Ref, text: str) -> tuple[Edit, ...]:
    """What stands there already is never written over."""
    if any(name.lower() == _field(policy).lower() for name, _ in image.fields):
        raise ValueError(f"there is {policy} already")
    return (Edit(field=_field(policy), adds=(text,)),)


def _one(image: Image, field: str, policy: Ref) -> tuple[str, ...]:
    if not image.values(field):
        raise ValueError(f"{policy} is not there any more")
    return image.values(field)


def _out_of(image: Image, member: Ref, group: Ref) -> tuple[Edit, ...]:
    return _without(image, GROUP, group.name, f"{member} is not in {group} any more")


def _taken_off(image: Image, holder: Ref, policy: Ref) -> tuple[Edit, ...]:
    return _without(image, POLICY, policy.id, f"{holder} does not have {policy} any more")


def _without(image: Image, field: str, value: str, gone: str) -> tuple[Edit, ...]:
    if value not in image.values(field):
        raise ValueError(gone)
    return (Edit(field=field, removes=(value,)),)


IDENTITIES: Mapping[str, Identity] = {kind: Identity(kind) for kind in ("user", "role", "group")}
"""By the word that refs have for them."""
