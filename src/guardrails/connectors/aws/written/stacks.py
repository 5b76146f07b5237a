"""What should become of an object that a stack of CloudFormation makes, as patches of templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from guardrails.connectors.aws.editing.identities import DISABLED, INLINE
from guardrails.connectors.aws.rules import ports_of
from guardrails.connectors.aws.written.stack_values import Elsewhere, followed_in
from guardrails.hcl.tree import Fields, Items, Node, Opaque, Reference, Text, line_of
from guardrails.model.changes import Edit, Patch
from guardrails.model.written import Wanted
from guardrails.written.cuts import Cut
from guardrails.written.documents import alike
from guardrails.written.names import names_in
from guardrails.written.proving import Sketch, patch_for
from guardrails.written.rewriting import Known, NoPatch, known_by, rewritten, said
from guardrails.written.templates import Made, Templates

__all__ = ["of_templates"]

_LOGICAL, _STACK = "aws:cloudformation:logical-id", "aws:cloudformation:stack-name"
_TYPES = {
    "role": "AWS::IAM::Role",
    "user": "AWS::IAM::User",
    "group": "AWS::IAM::Group",
    "policy": "AWS::IAM::ManagedPolicy",
    "bucket": "AWS::S3::Bucket",
    "key": "AWS::KMS::Key",
    "security-group": "AWS::EC2::SecurityGroup",
}
_NOTE = "look whether other stacks are made of the same template"
_FROM, _DAYS = " from ", " days"


def of_templates(wanted: Wanted, templates: Templates) -> Iterator[Patch]:
    """A patch for each edit."""
    for edit in wanted.edits:
        if not (wanted.ref.kind == "security-group" and not edit.removes):
            yield patch_for(templates, _NodeAim(wanted, edit))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One value of a template: as it is, as it should become, and in which resource it stands.

    `known` is what expressions in it stand for, by their spelling, where that is told by themselves.
    """

    made: Made
    node: Node
    seen: object
    then: object
    known: Mapping[str, object] = field(default_factory=dict)


class _NodeAim:
    """One value says something else."""

    def __init__(self, wanted: Wanted, edit: Edit) -> None:
        self._wanted, self._edit = wanted, edit
        self._known: Known | None = None
        self._then: object = None

    def sketch(self, sources: Templates) -> Sketch:
        """Where it is written, in the smallest cuts."""
        own = _own(sources, self._wanted)
        try:
            sources.require_plain(own)
            return self._of(sources, _CHANGES[_form(self._wanted, self._edit)](sources, own, self._wanted, self._edit))
        except NoPatch as error:
            raise NoPatch(str(error), error.place or own.place) from None

    def _of(self, sources: Templates, found: _Change) -> Sketch:
        followed = followed_in(sources, found.made, found.node, found.seen)
        known = Known(found.made.text, {**followed, **found.known})
        if not found.known:
            known_by(found.node, found.seen, known)
        if not alike(said(found.node, known), found.seen):
            raise NoPatch("what it says is not what is so: deploy it, or bring it up to date, and plan again")
        self._known, self._then = known, found.then
        elsewhere = Elsewhere(sources, found.made)
        cuts = [*rewritten(found.node, found.then, known, found.made.dialect, elsewhere), *elsewhere.cuts]
        note = "; ".join(filter(None, (_NOTE, *elsewhere.notes)))
        return Sketch(path=found.made.path, place=_place(found, cuts), cuts=cuts, note=note)

    def is_met(self, sources: Templates) -> bool:
        """Read anew."""
        own = _own(sources, self._wanted)
        found = _CHANGES[_form(self._wanted, self._edit)](sources, own, self._wanted, self._edit, is_done=True)
        if self._known is None:
            return False
        known = Known(found.made.text, self._known.values | followed_in(sources, found.made, found.node, self._then))
        return alike(said(found.node, known), self._then)


def _place(found: _Change, cuts: list[Cut]) -> str:
    return f"{found.made.path}:{line_of(found.made.text, min((cut.start for cut in cuts), default=found.node.start))}"


def _own(sources: Templates, wanted: Wanted) -> Made:
    """The resource by its logical id; of several templates the one that is named like the stack."""
    tags, kind = dict(wanted.tags), _TYPES.get(wanted.ref.kind)
    logical, stack = tags.get(_LOGICAL), tags.get(_STACK, "")
    if kind is None or logical is None:
        raise NoPatch("no tag says by which logical id the stack makes it")
    found = [made for made in sources.made if made.name == logical and made.type == kind]
    named = [made for made in found if made.path.rpartition("/")[2].partition(".")[0] == stack]
    if len(named or found) != 1:
        places = f": {', '.join(made.place for made in found[:3])}" if found else ""
        raise NoPatch(f"{len(found)} templates have {logical} of {kind}{places}", found[0].place if found else "")
    return (named or found)[0]


def _form(wanted: Wanted, edit: Edit) -> str:
    name = edit.field
    if name == f"{INLINE}{DISABLED}" and not edit.removes:
        return "disabled"
    if name.startswith(INLINE):
        return "inline"
    form = "rule" if wanted.ref.kind == "security-group" else f"bucket-{name}" if wanted.ref.kind == "bucket" else name
    return form if form in _CHANGES else "other"


Find = Callable[..., _Change]


def _of(made: Made, node: Node | None, edit: Edit) -> _Change:
    if node is None or not edit.removes or not edit.adds:
        raise NoPatch("it has no document that is written out", made.place)
    return _Change(made=made, node=node, seen=json.loads(edit.removes[0]), then=json.loads(edit.adds[0]))


def _property(made: Made, name: str) -> Node | None:
    return made.properties.get(name)


def _trust(_sources: Templates, own: Made, _wanted: Wanted, edit: Edit, **_: bool) -> _Change:
    return _of(own, _property(own, "AssumeRolePolicyDocument"), edit)


def _document(_sources: Templates, own: Made, _wanted: Wanted, edit: Edit, **_: bool) -> _Change:
    return _of(own, _property(own, "PolicyDocument"), edit)


def _inline(sources: Templates, own: Made, _wanted: Wanted, edit: Edit, **_: bool) -> _Change:
    """In the list of the holder itself, or as a policy of its own in the same template."""
    name = edit.field.removeprefix(INLINE)
    listed, found = _property(own, "Policies"), list[tuple[Made, Node | None]]()
    for item in listed.items if isinstance(listed, Items) else ():
        if isinstance(item, Fields) and _is_text(item.get("PolicyName"), name):
            found.append((own, item.get("PolicyDocument")))
    for made in sources.made:
        if made.path == own.path and made.type == "AWS::IAM::Policy" and _is_text(_property(made, "PolicyName"), name):
            found += [(made, _property(made, "PolicyDocument"))] if _names(made, own) else []
    if len(found) != 1:
        raise NoPatch(f"the inline policy {name} is written out in {len(found)} places", own.place)
    return _of(*found[0], edit)


def _names(made: Made, own: Made) -> bool:
    listed = [_property(made, name) for name in ("Roles", "Users", "Groups")]
    return any(_is_ref(item, own.name) for node in listed if isinstance(node, Items) for item in node.items)


def _bucket_policy(sources: Templates, own: Made, _wanted: Wanted, edit: Edit, **_: bool) -> _Change:
    found = [
        made
        for made in sources.made
        if made.path == own.path and made.type == "AWS::S3::BucketPolicy" and _is_ref(_property(made, "Bucket"), own.name)
    ]
    if len(found) != 1:
        raise NoPatch(f"the policy of the bucket is written out in {len(found)} places", own.place)
    return _of(found[0], _property(found[0], "PolicyDocument"), edit)


def _text_of(node: Node) -> str | None:
    return node.value if isinstance(node, Text) else None


def _is_text(node: Node | None, value: str) -> bool:
    return isinstance(node, Text) and node.value == value


def _is_ref(node: Node | None, name: str) -> bool:
    return isinstance(node, Reference) and node.path == ("Ref", name)


def _attached(sources: Templates, own: Made, wanted: Wanted, edit: Edit, *, is_done: bool = False) -> _Change:
    return _member(sources, own, "ManagedPolicyArns", edit.removes[0], wanted, is_done=is_done)


def _joined(sources: Templates, own: Made, wanted: Wanted, edit: Edit, *, is_done: bool = False) -> _Change:
    return _member(sources, own, "Groups", edit.removes[0], wanted, is_done=is_done)


def _member(sources: Templates, own: Made, name: str, gone: str, wanted: Wanted, *, is_done: bool) -> _Change:
    """A list without one of its members; the others stay, whatever they are."""
    said_there = _property(own, name)
    node = sources.alone(own, said_there)[0] if said_there is not None else None
    if not isinstance(node, Items):
        raise NoPatch(f"{name} is not written out", own.place)
    held = [_worded(item, wanted) for item in node.items]
    if held.count(gone) != (0 if is_done else 1):
        raise NoPatch(f"{gone} stands in {name} {held.count(gone)} times", own.at(node.start))
    # what is not known stays by whatever name: no ARN begins so
    all_ = [value if value is not None else f"?{own.text[item.start : item.end]}" for value, item in zip(held, node.items, strict=True)]
    known = {own.text[item.start : item.end]: value for value, item in zip(all_, node.items, strict=True)}
    return _Change(made=own, node=node, seen=all_, then=[value for value in all_ if value != gone], known=known)


def _worded(node: Node, wanted: Wanted) -> str | None:
    match node:
        case Text():
            return node.value
        case Opaque(parts=(Text(value=text),)):
            for name, value in (("AWS::Partition", "aws"), ("AWS::AccountId", wanted.ref.realm)):
                text = text.replace(f"${{{name}}}", value)
            return None if "${" in text else text
        case _:
            return None


def _encryption(_sources: Templates, own: Made, _wanted: Wanted, edit: Edit, **_: bool) -> _Change:
    node = _property(own, "BucketEncryption")
    rules = node.get("ServerSideEncryptionConfiguration") if isinstance(node, Fields) else None
    if not isinstance(rules, Items) or len(rules.items) != 1:
        raise NoPatch("how it is encrypted is not written out", own.place)
    (rule,) = rules.items
    inner = rule.get("ServerSideEncryptionByDefault") if isinstance(rule, Fields) else None
    if inner is None:
        raise NoPatch("how it is encrypted is not written out", own.place)
    known = Known(own.text)
    then: dict[str, Any] = json.loads(edit.adds[0])["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    return _Change(made=own, node=inner, seen=said(inner, known), then=then)


def _rotation(_sources: Templates, own: Made, _wanted: Wanted, edit: Edit, **_: bool) -> _Change:
    days = int(edit.adds[0].removesuffix(_DAYS))
    node = _property(own, "EnableKeyRotation")
    if not isinstance(node, Text) and getattr(node, "value", None) is None:
        raise NoPatch("EnableKeyRotation is not written out", own.place)
    period = _property(own, "RotationPeriodInDays")
    if days != 365 or period is not None:  # noqa: PLR2004  # the usual period
        raise NoPatch(f"RotationPeriodInDays should be {days}: set both by hand", own.place)
    assert node is not None  # noqa: S101  # as was just seen
    return _Change(made=own, node=node, seen=said(node, Known(own.text)), then=True)


def _rule(sources: Templates, own: Made, wanted: Wanted, edit: Edit, *, is_done: bool = False) -> _Change:
    """A rule goes from the list of the group itself, or has another address."""
    node = _property(own, "SecurityGroupIngress")
    if not isinstance(node, Items):
        raise NoPatch("SecurityGroupIngress is not written out", own.place)
    come = next((one.field.partition(_FROM)[2] for one in wanted.edits if one.adds), "")
    says = {_text_of(sources.behind(own, name)) for name in names_in(node)} - {None}
    known = Known(own.text, followed_in(sources, own, node, list(says)))
    rules: list[Any] = [said(item, known) for item in node.items]
    gone = [at for at, rule in enumerate(rules) if _is_rule(rule, edit.field)]
    if len(gone) != (0 if is_done else 1):
        raise NoPatch(f"{edit.field} is written out {len(gone)} times", own.at(node.start))
    then = list(rules)
    for at in gone:
        other = {key: value for key, value in rules[at].items() if key not in {"CidrIp", "CidrIpv6"}}
        then[at : at + 1] = [{**other, "CidrIpv6" if ":" in come else "CidrIp": come}] if come else []
    return _Change(made=own, node=node, seen=rules, then=then)


def _is_rule(rule: object, field: str) -> bool:
    if not isinstance(rule, dict) or "IpProtocol" not in rule:
        return False
    numbers = {key: int(str(rule[key])) for key in ("FromPort", "ToPort") if str(rule.get(key, "")).lstrip("-").isdigit()}
    ports = ports_of({"IpProtocol": str(rule["IpProtocol"]), **numbers})
    return any(f"{ports}{_FROM}{rule.get(key)}" == field for key in ("CidrIp", "CidrIpv6"))


def _disabled(_sources: Templates, own: Made, _wanted: Wanted, _edit: Edit, **_: bool) -> _Change:
    raise NoPatch("who should be disabled is for its owner to take out of the template, with all that names it", own.place)


def _other(_sources: Templates, own: Made, _wanted: Wanted, edit: Edit, **_: bool) -> _Change:
    raise NoPatch(f"how {edit.field} is written in templates is not known here", own.place)


_CHANGES: dict[str, Find] = {
    "trust": _trust,
    "document": _document,
    "inline": _inline,
    "policy": _attached,
    "group": _joined,
    "bucket-policy": _bucket_policy,
    "bucket-encryption": _encryption,
    "rotation": _rotation,
    "rule": _rule,
    "disabled": _disabled,
    "other": _other,
}
