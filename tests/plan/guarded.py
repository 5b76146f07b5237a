"""A bucket and a key with policies of their own, and who of ours is around: what is planned for them."""

from __future__ import annotations

import json

from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.editing.spelling import spelled
from guardrails.controls import judged
from guardrails.drift import differences
from guardrails.model.changes import Image, edited
from guardrails.model.facts import Asset, Edge, Key, Policy, Principal, Protection
from guardrails.model.findings import Witness
from guardrails.model.words import AtRest, Custody, EdgeKind, PrincipalForm, State
from guardrails.plan.planning import Planning, objects
from guardrails.plan.protection import Protected
from guardrails.plan.used import NOTHING
from plan.test_unadmitted import ACCOUNT, OTHER, STRANGER, document, ref, world

__all__ = ["ADMIN", "APP", "BUCKET", "FAR", "KEY", "KEY_ARN", "READER", "ROOT", "WRITER", "after", "bucket", "everybody", "is_allowed"]
__all__ += [
    "ADMINISTERED",
    "LEFT_TO_US",
    "NOTHING_DECLARED",
    "OTHER_KEY",
    "OURS",
    "STRANGE",
    "THEIRS",
    "WRITING",
    "declared",
    "shared_with",
    "to",
]
__all__ += ["key", "own", "planned", "reasons", "role", "statement", "user", "world"]

KEY_ARN = f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/k"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def _principal(kind, name, realm):
    form = PrincipalForm.ROLE if kind == "role" else PrincipalForm.USER
    arn = f"arn:aws:iam::{realm}:{kind}/{name}"
    return Principal(ref=ref(kind, name, realm=realm), form=form, resource=arn, state=State.ACTIVE)


def user(name, realm=ACCOUNT):
    return _principal("user", name, realm)


def role(name, realm=ACCOUNT, trusted=None):
    """A role that somebody may become."""
    made = _principal("role", name, realm)
    entry = {"Effect": "Allow", "Principal": trusted or {"AWS": realm}, "Action": "sts:AssumeRole"}
    return (made, *document(EdgeKind.TRUST_POLICY, made.ref, "trust-policy", entry))


def own(holder, *statements, kind=EdgeKind.IDENTITY_POLICY, name="own"):
    """A policy of an identity."""
    policy = ref("inline-policy", f"{holder.ref.name}/{name}", f"{holder.ref.id}/{name}", realm=holder.ref.realm)
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True, separators=(",", ":"))
    return Policy(ref=policy, text=text), Edge(kind=kind, source=holder.ref, target=policy)


def statement(action, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


APP, ADMIN, FAR = _principal("role", "app", ACCOUNT), user("admin"), _principal("role", "far", OTHER)
READER, WRITER = role("guardrails-reader"), role("guardrails-writer")
BUCKET = Asset(ref=ref("bucket", "b", "arn:aws:s3:::b"), resource="arn:aws:s3:::b")
KEY = Key(ref=ref("key", "k", KEY_ARN), resource=KEY_ARN, custody=Custody.CUSTOMER, state=State.ACTIVE, rotation_days=365, aliases=("k",))


def everybody(action="s3:GetObject", resource="arn:aws:s3:::b/*", principal="*", **more):
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}


def bucket(*entries, by=""):
    """The bucket, encrypted by a key."""
    level = AtRest.CUSTOMER_KEY if by else AtRest.SERVICE
    kept = Protection(asset=BUCKET.ref, at_rest=level, key=by)
    return (BUCKET, kept, *(document(EdgeKind.RESOURCE_POLICY, BUCKET.ref, "bucket-policy", *entries) if entries else ()))


def key(*entries):
    """The key, and another one with nothing the matter, so that a plan does not touch every key."""
    arn = KEY_ARN.replace("key/k", "key/other")
    other = Key(ref=ref("key", "other", arn), resource=arn, custody=Custody.CUSTOMER, state=State.ACTIVE, rotation_days=365)
    policed = document(EdgeKind.RESOURCE_POLICY, KEY.ref, "key-policy", *entries)
    return (KEY, other, *policed)


def _image(found, one):
    text, given = (next((fact.text for fact in found.facts(Policy) if fact.ref.id == f"{one.id}/{kind}"), "") for kind in ("policy", "acl"))
    fields = {"manager": ("CUSTOMER",), "state": ("Enabled",), "rotation": ("365 days",)} if one.kind == "key" else {}
    return Image.of({"policy": [spelled(text) if one.kind == "key" else text], "acl": [given] if given else [], **fields})


def planned(found, protected=None, *, used=NOTHING, only=("GR106",)):
    """With guardrails' own roles known, unless something else is said."""
    known = protected or Protected(own=frozenset({READER[0].ref, WRITER[0].ref}), writers=frozenset({WRITER[0].ref}))
    findings = [finding for finding in judged(differences(found)) if finding.control in only]
    assert findings, "there is something to plan for"
    refs = objects(found, findings, {"aws": CONNECTOR})
    planning = Planning(found, {one: _image(found, one) for one in refs}, {"aws": CONNECTOR}, CONNECTOR.meaning, known, used=used)
    planning.plan(findings)
    return planning


def after(planning, found):
    """The statements of the policy that is planned."""
    image = _image(found, planning.changes[0].ref)
    for change in planning.changes:
        image = edited(image, change.edits)
    return json.loads("".join(image.values("policy")))["Statement"]


def reasons(planning):
    return [one.reason for one in planning.held]


def is_allowed(found, holder, action, resource):
    return found.meanings["aws"].replay(holder.ref, Witness(principal=holder.resource, action=action, resource=resource))


STRANGE = f"arn:aws:iam::{STRANGER}:root"
ADMINISTERED = own(ADMIN, statement("kms:*"))
WRITING = own(WRITER[0], statement(["kms:Describe*", "kms:Get*", "kms:List*", "kms:PutKeyPolicy"]))
OURS = (ADMIN, *ADMINISTERED, *READER, *WRITER, *WRITING)
OTHER_KEY = key()[1].ref
NOTHING_DECLARED = "teams: {}\n"


def shared_with(*whom):
    entry = f'{{class: c, owner: "team:t", accepted: ISG-1, match: {{aws: ["arn:aws:s3:::b"]}}, shared-with: {json.dumps(whom)}}}'
    return f"teams: {{t: {{}}}}\nclasses: {{c: {{at-rest: service}}}}\nassets: {{cdr: {entry}}}\n"


def to(names, action="kms:*", **more):
    return everybody(action, "*", names, **more)


LEFT_TO_US = to(ROOT, Sid="ours")
THEIRS = to({"AWS": STRANGE}, ["kms:Decrypt", "kms:DescribeKey"], Sid="theirs")


def declared(*, app="read", far="read", extra=""):
    """Who may do what with the bucket."""
    return f"""teams: {{t: {{}}}}
classes: {{c: {{at-rest: service}}}}
assets: {{cdr: {{class: c, owner: "team:t", accepted: ISG-1, match: {{aws: ["arn:aws:s3:::b"]}}}}}}
entitlements:
  read: {{asset: cdr, aws: {{allow: ["s3:GetObject"], resources: asset}}}}
  write: {{asset: cdr, aws: {{allow: ["s3:PutObject"], resources: asset}}}}
  decrypt: {{asset: cdr, aws: {{allow: ["kms:Decrypt"], resources: asset}}}}
  elsewhere: {{aws: {{allow: ["s3:GetObject"], resources: ["arn:aws:s3:::other/*"]}}}}
workloads:
  app: {{is: ["aws@prod:role/app"], may: [{app}]}}
  far: {{is: ["aws@prod:role/far"], may: [{far}]}}
{extra}"""
