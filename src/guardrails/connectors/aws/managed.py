"""Who keeps an object of AWS as it is, by its tags: a change that is made behind their back is undone, or breaks their next run."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.model.changes import MANAGED_BY
from guardrails.model.facts import Pairs

__all__ = ["MANAGED", "manager_of"]

MANAGED = MANAGED_BY
"""The tag by which anybody may say so, and the field of an image."""

_STACKS = {
    "aws:cloudformation:stack-name": "the CloudFormation stack {0}",
    "aws:servicecatalog:provisionedProductArn": "the Service Catalog product {0}",
    "elasticbeanstalk:environment-name": "the Elastic Beanstalk environment {0}",
}
"""Tags that services put on what they make; nobody else can write those that begin with aws:."""


def manager_of(tags: Pairs) -> str:
    """Who manages it; empty when nobody says so."""
    held: Mapping[str, str] = dict(tags)
    services = (form.format(held[tag]) for tag, form in _STACKS.items() if tag in held)
    return held.get(MANAGED) or next(services, "")
