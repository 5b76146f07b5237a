"""The sources that a plan file of Terraform carries: the words around references, which no plan in JSON tells. Pure."""

from guardrails.proposals.terraform.sources.planfile import Sources, sources_of, with_sources
from guardrails.proposals.terraform.sources.spelling import spelled

__all__ = ["Sources", "sources_of", "spelled", "with_sources"]
