"""Plans of Terraform: what they say, with unknown values followed to what they hang on. What a resource means, connectors know."""

from guardrails.proposals.terraform.plan import Action, Plan, Resource
from guardrails.proposals.terraform.reading import read_plan

__all__ = ["Action", "Plan", "Resource", "read_plan"]
