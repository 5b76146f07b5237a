"""Plans for tests: those that were recorded, those of other versions that are made of them by hand, and small ones that are all by hand."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from guardrails.connectors.aws.iam import canonical
from guardrails.connectors.aws.proposed.terraform import with_plan
from guardrails.model.facts import Account, Asset, Edge, Exposure, Key, Policy, Principal, Protection
from guardrails.model.observation import Observation, fold
from guardrails.model.reference import Ref
from guardrails.model.snapshot import load_observations
from guardrails.model.words import AtRest, Custody, Direction, EdgeKind, PrincipalForm, State
from guardrails.proposals.outcome import Outcome
from guardrails.proposals.terraform import read_plan

RECORDED = Path(__file__).parent / "recorded"
CASES = tuple(sorted(path.parent.name for path in RECORDED.glob("*/plan.json")))
ACCOUNT = "111122223333"
REGION = "eu-north-1"
TRUST = canonical(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)


def recorded(case: str) -> tuple[dict[str, Any], Observation, Observation]:
    """The plan, what was so before, and what was so once it was applied."""
    folder = RECORDED / case
    (before,), (after,) = (load_observations((folder / f"{name}.json").read_text()) for name in ("before", "after"))
    return json.loads((folder / "plan.json").read_text()), before, after


def in_form(plan: dict[str, Any], form: str) -> dict[str, Any]:
    """A recorded plan as another version of Terraform writes it, by hand: it leaves out what that version does not tell."""
    found = copy.deepcopy(plan)
    found["format_version"] = form
    for key in ("applyable", "complete", "errored", "timestamp", "relevant_attributes"):
        found.pop(key)
    if form in {"0.1", "0.2"}:
        found.pop("resource_drift", None)
    if form == "0.1":
        found["terraform_version"] = "0.12.31"
        for entry in found["resource_changes"]:
            entry["provider_name"] = entry["provider_name"].rpartition("/")[2]
            for key in ("before_sensitive", "after_sensitive"):
                entry["change"].pop(key, None)
            # it tells what is not known of every attribute, and no map where nothing is
            entry.pop("action_reason", None)
    return found


def policy(*actions: str, resource: object = "arn:aws:s3:::logs/*", **more: object) -> str:
    return canonical({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}]})


def ref(kind: str, name: str, identifier: str = "") -> Ref:
    return Ref(system="aws", realm=ACCOUNT, kind=kind, id=identifier or f"id-{name}", name=name)


def arn(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"


def seen(*more: object) -> Observation:
    """A small account: the role ci with an inline policy, the user kim in admins, a bucket with a key, a group of rules."""
    ci, own, kim, admins = ref("role", "ci"), ref("inline-policy", "ci/own", "id-ci/own"), ref("user", "kim"), ref("group", "admins")
    trust, managed = ref("trust-policy", "ci/trust", "id-ci/trust"), ref("policy", "shared", arn("policy", "shared"))
    bucket, key, web = ref("bucket", "cdr", "arn:aws:s3:::cdr"), ref("key", "1234", KEY), ref("security-group", "web", "sg-1")
    said = [
        Account(ref=ref("account", ACCOUNT, ACCOUNT), regions=(REGION,)),
        Principal(ref=ci, form=PrincipalForm.ROLE, resource=arn("role", "ci")),
        Policy(ref=own, text=policy("s3:GetObject")),
        Policy(ref=trust, text=TRUST),
        Policy(ref=managed, text=policy("s3:GetObject")),
        Edge(kind=EdgeKind.IDENTITY_POLICY, source=ci, target=own, provenance=arn("role", "ci")),
        Edge(kind=EdgeKind.TRUST_POLICY, source=ci, target=trust, provenance=arn("role", "ci")),
        Edge(kind=EdgeKind.IDENTITY_POLICY, source=ci, target=managed, provenance=arn("policy", "shared")),
        Principal(ref=kim, form=PrincipalForm.USER, resource=arn("user", "kim")),
        Principal(ref=admins, form=PrincipalForm.GROUP, resource=arn("group", "admins")),
        Edge(kind=EdgeKind.MEMBER, source=kim, target=admins, provenance=arn("user", "kim")),
        Asset(ref=bucket, resource="arn:aws:s3:::cdr"),
        Protection(asset=bucket, at_rest=AtRest.CUSTOMER_KEY, key=KEY, pointer="arn:aws:s3:::cdr GetBucketEncryption"),
        Key(ref=key, resource=KEY, custody=Custody.CUSTOMER, state=State.ACTIVE, rotation_days=365, aliases=("1234",)),
        Exposure(
            ref=ref("rule", "443/tcp from 198.51.100.0/24", "sg-1/443/tcp/198.51.100.0/24"),
            target=web,
            direction=Direction.IN,
            ports=("443/tcp",),
            addresses=("198.51.100.0/24",),
        ),
        *more,
    ]
    return fold(said, system="aws", connector="aws", taken_at=datetime(2026, 11, 26, tzinfo=UTC))  # type: ignore[arg-type]


def change(
    address: str, *actions: str, before: object = None, after: object = None, unknown: object = None, **more: object
) -> dict[str, Any]:
    """One entry of `resource_changes`, by hand."""
    kind, name = address.removeprefix("data.").split("[", maxsplit=1)[0].split(".")[-2:]
    said = {"actions": list(actions), "before": before, "after": after, "after_unknown": unknown or {}}
    found = {"address": address, "mode": "data" if "data." in address else "managed", "type": kind, "name": name, "change": said}
    return {"provider_name": "registry.example/hashicorp/aws", **found, **more}


def block(address: str, **expressions: object) -> dict[str, Any]:
    """One resource of the configuration, by hand."""
    kind, name = address.removeprefix("data.").split(".")
    mode = "data" if address.startswith("data.") else "managed"
    return {"address": address, "mode": mode, "type": kind, "name": name, "provider_config_key": "aws", "expressions": expressions}


def plan(*changes: dict[str, Any], blocks: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    """A whole plan, by hand, of a provider that tells its account and region."""
    expressions = {"region": {"constant_value": REGION}, "allowed_account_ids": {"constant_value": [ACCOUNT]}}
    configuration = {"provider_config": {"aws": {"name": "aws", "expressions": expressions}}, "root_module": {"resources": list(blocks)}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "resource_changes": list(changes),
        "configuration": configuration,
        **more,
    }


def applied(found: dict[str, Any], *observed: Observation, accounts: dict[str, str] | None = None) -> Outcome:
    """What comes of a plan in the small account, or in others."""
    return with_plan(observed or (seen(),), read_plan(json.dumps(found).encode(), "plan.json"), accounts or {})


def only(outcome: Outcome) -> Observation:
    """The one observation that is edited."""
    (edited,) = outcome.edited
    return edited


def facts(outcome: Outcome, form: type) -> dict[str, Any]:
    """The facts of one form, by the name of what they are about."""
    return {(fact.asset if isinstance(fact, Protection) else fact.ref).name: fact for fact in only(outcome).facts if isinstance(fact, form)}


def held(outcome: Outcome, name: str) -> set[str]:
    """The names of the policies of a principal."""
    return {edge.target.name for edge in only(outcome).edges if edge.source.name == name and edge.kind is EdgeKind.IDENTITY_POLICY}


def gaps(outcome: Outcome) -> list[str]:
    """What is not known of the change."""
    return [gap.message for gap in only(outcome).gaps]
