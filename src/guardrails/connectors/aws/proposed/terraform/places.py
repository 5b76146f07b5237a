"""In which account and region a provider makes what it makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guardrails.proposals.terraform import Plan, Resource
from guardrails.proposals.values import Unknown, Value, plain

__all__ = ["Place", "Places"]

_ARN = re.compile(r"arn:(aws[a-z-]*):[^:]*:[^:]*:(\d{12}):.*", re.ASCII | re.DOTALL)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is made; an empty region is not known."""

    account: str
    region: str
    partition: str = "aws"


class Places:
    """The places of a plan, by the configuration of the provider.

    The account is told by the ARNs of what is there already, by `aws_caller_identity`, by the role that is assumed or by what the provider
    is limited to. Where nothing tells it, it is the one that was `given`.
    """

    def __init__(self, plan: Plan, given: Mapping[str, str]) -> None:
        self._regions = plan.regions
        self._providers = plan.providers
        self._given = given
        self._accounts: dict[str, set[str]] = {}
        self._partitions: dict[str, str] = {}
        for key, config in plan.providers.items():
            self._accounts.setdefault(key, set()).update(_configured(config.get("expressions") or {}))
        for resource in (*plan.prior, *plan.resources):
            self._learn(resource)

    def _learn(self, resource: Resource) -> None:
        values = resource.before
        if resource.type == "aws_caller_identity" and isinstance(values.get("account_id"), str):
            self._accounts.setdefault(resource.provider, set()).add(str(values["account_id"]))
        found = _ARN.fullmatch(str(values.get("arn"))) if not resource.is_data and resource.type.startswith("aws_") else None
        if found:
            self._accounts.setdefault(resource.provider, set()).add(found[2])
            self._partitions[resource.provider] = found[1]

    def of(self, resource: Resource) -> Place | str:
        """Its place, or why that is not known."""
        known = self._accounts.get(resource.provider, set())
        given = self._given.get(resource.provider) or self._given.get("")
        if len(known | ({given} if given else set())) > 1:
            return f"provider {resource.provider} is said to be in several accounts: {', '.join(sorted(known | {given or ''} - {''}))}"
        account = next(iter(known), given)
        if not account:
            return f"nothing tells the account of provider {resource.provider}"
        said = resource.now.get("region")
        region = said if isinstance(said, str) and _REGION.fullmatch(said) else self._regions.get(resource.provider, "")
        return Place(account, region if _REGION.fullmatch(region) else "", self._partitions.get(resource.provider, "aws"))

    def default_tags(self, resource: Resource) -> Mapping[str, Value] | Unknown:
        """The tags that the provider gives to everything that it makes."""
        blocks = (self._providers.get(resource.provider) or {}).get("expressions", {}).get("default_tags") or ()
        tags = [(block.get("tags") or {}) if isinstance(block, dict) else {} for block in blocks]
        if any("constant_value" not in one for one in tags if one):
            return Unknown("the default tags of the provider are not written out")
        return {key: plain(value) for one in tags for key, value in (one.get("constant_value") or {}).items()}


def _configured(expressions: Mapping[str, Any]) -> Iterator[str]:
    allowed = (expressions.get("allowed_account_ids") or {}).get("constant_value")
    if isinstance(allowed, list) and len(allowed) == 1:
        yield str(allowed[0])
    for block in expressions.get("assume_role") or ():
        role = _ARN.fullmatch(str((block.get("role_arn") or {}).get("constant_value"))) if isinstance(block, dict) else None
        if role:
            yield role[2]
