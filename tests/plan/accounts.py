"""An account of AWS in memory: users, roles and groups with their policies, observed as IAM would tell them, planned for and written."""

from __future__ import annotations

import json

from guardrails import declare
from guardrails.connectors.aws import CONNECTOR
from guardrails.connectors.aws.iam import identities
from guardrails.controls import judged
from guardrails.drift import World, differences
from guardrails.model.changes import Image, edited
from guardrails.model.facts import Account as Seen
from guardrails.model.observation import fold
from guardrails.model.reference import Ref
from guardrails.plan.planning import Planning, objects
from guardrails.plan.used import NOTHING
from plan.plans import AT

ACCOUNT = "111122223333"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
_KINDS = {"user": "User", "role": "Role", "group": "Group"}


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def own(name: str) -> str:
    """The ARN of a managed policy of the account."""
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def document(*statements) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Company:
    """One account beside its declaration. `managed` are the managed policies by ARN; images are as the connector reads them."""

    def __init__(self, declared: str) -> None:
        text = f'guardrails: 1\nsystems: {{aws: {{connector: aws, sets: {{prod: {{accounts: ["{ACCOUNT}"]}}}}}}}}\n{declared}'
        self.declaration = declare.loads([("file.yaml", text.encode())])
        self.managed: dict[str, Image] = {}
        self.held: dict[Ref, Image] = {}

    def policy(self, arn: str, *statements) -> str:
        self.managed[arn] = Image.of({"document": (document(*statements),), "id": (arn,)}, token="v1")
        return arn

    def add(self, kind: str, name: str, *, attached=(), groups=(), tags=None, **inline) -> Ref:
        """Put somebody in; inline policies are lists of statements, by name."""
        ref = Ref(system="aws", realm=ACCOUNT, kind=kind, id=f"ID{name.upper()}", name=name)
        fields = {"id": (ref.id,), "policy": sorted(attached), "group": sorted(groups)}
        fields |= {f"tag {key}": (value,) for key, value in (tags or {}).items()}
        self.held[ref] = Image.of(fields | {f"inline/{key}": (document(*statements),) for key, statements in inline.items()})
        return ref

    def _entry(self, ref: Ref, image: Image):
        word = _KINDS[ref.kind]
        entry = {f"{word}Name": ref.name, f"{word}Id": ref.id, "Arn": f"arn:aws:iam::{ACCOUNT}:{ref.kind}/{ref.name}", "Path": "/"}
        entry["AttachedManagedPolicies"] = [{"PolicyArn": arn} for arn in image.values("policy")]
        entry["Tags"] = [{"Key": name.removeprefix("tag "), "Value": values[0]} for name, values in image.fields if name.startswith("tag ")]
        entry[f"{word}PolicyList"] = [
            {"PolicyName": name.removeprefix("inline/"), "PolicyDocument": json.loads(values[0])}
            for name, values in image.fields
            if name.startswith("inline/")
        ]
        if ref.kind == "user":
            entry["GroupList"] = list(image.values("group"))
        if ref.kind == "role":
            trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            entry["AssumeRolePolicyDocument"] = json.loads(document(trust))
        return entry

    def observed(self):
        found = {f"{word}DetailList": [self._entry(r, i) for r, i in self.held.items() if r.kind == k] for k, word in _KINDS.items()}
        found["Policies"] = [
            {"Arn": arn, "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": json.loads(image.values("document")[0])}]}
            for arn, image in self.managed.items()
        ]  # fmt: skip
        said = [*identities("aws", ACCOUNT, found), Seen(ref=Ref(system="aws", realm=ACCOUNT, kind="account", id=ACCOUNT, name=ACCOUNT), sets=("prod",))]  # fmt: skip
        return fold(said, system="aws", connector="aws", taken_at=AT)

    def world(self) -> World:
        seen = self.observed()
        return World(self.declaration, {"aws": seen}, {"aws": CONNECTOR.meaning(seen)}, AT, lambda *_: "")

    def findings(self):
        return judged(differences(self.world()))

    def excess(self) -> set[str]:
        return {finding.difference.subject for finding in self.findings() if finding.control == "GR101"}

    def _image(self, ref: Ref) -> Image | str:
        return self.held.get(ref) or self.managed.get(ref.id) or f"{ref} is not there"

    def planned(self, used=NOTHING, consent=lambda *_: "") -> Planning:
        world, findings = self.world(), [one for one in self.findings() if one.control == "GR101"]
        images = {ref: self._image(ref) for ref in objects(world, findings, {"aws": CONNECTOR})}
        planning = Planning(world, images, {"aws": CONNECTOR}, CONNECTOR.meaning, used=used, consent=consent)
        planning.plan(findings)
        return planning

    def apply(self, changes) -> None:
        """Make the changes, each on the image that it was planned for."""
        for change in changes:
            held = self.held if change.ref in self.held else self.managed
            key = change.ref if change.ref in self.held else change.ref.id
            assert held[key].fingerprint == change.before
            held[key] = edited(held[key], change.edits)
            assert held[key].fingerprint == change.after

    def inline(self, ref: Ref, name: str):
        """The statements of an inline policy; none when it is not there."""
        return [one for text in self.held[ref].values(f"inline/{name}") for one in json.loads(text)["Statement"]]
