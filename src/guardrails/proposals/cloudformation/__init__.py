"""Templates of CloudFormation: what they say, with intrinsic functions worked out as far as that can be known before. Pure."""

from guardrails.proposals.cloudformation.functions import Functions
from guardrails.proposals.cloudformation.template import Stack, Template

__all__ = ["Functions", "Stack", "Template"]
