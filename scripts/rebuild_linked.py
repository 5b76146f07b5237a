"""Rebuilds the table of services that have service-linked roles, from what AWS managed policies say; the same policies, the same lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

TABLE = Path(__file__).parent.parent / "src/guardrails/iam/linked_services.txt"
SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
IN_PATH = re.compile(r"role/aws-service-role/([^/*?]+)/")

TOLD_BY_THEIR_GUIDES = """
cks.kms cloudwatch-crossaccount codestar-notifications comprehend.application-autoscaling connect-campaigns.connect controltower
custom-resource.application-autoscaling ec2-instance-connect elasticache.application-autoscaling grafana iotfleetwise ipam
kafka.application-autoscaling lambda.application-autoscaling license-manager license-manager-linux-subscriptions
license-manager-user-subscriptions license-manager.master-account logger.cloudfront management.chatbot mediatailor
member.org.stacksets.cloudformation mrk.kms neptune.application-autoscaling ops.apigateway outposts replicator.lambda s2svpn
ssm-incidents stacksets.cloudformation trustedadvisor voiceconnector.chime workspaces.application-autoscaling
"""
"""No managed policy names these; the guide of each service does."""


def named(policies: Any) -> Iterator[str]:  # noqa: ANN401  # JSON
    """Every service in the path of a service-linked role, or that one may be created for."""
    if isinstance(policies, dict):
        for key, value in policies.items():
            if key.lower() == "iam:awsservicename":
                yield from value if isinstance(value, list) else [value]
            yield from named(value)
    elif isinstance(policies, list):
        for each in policies:
            yield from named(each)
    elif isinstance(policies, str):
        yield from IN_PATH.findall(policies)


def table() -> str:
    """One service a line, sorted."""
    told = {name for name in named(json.loads(aws_managed_policies_data)) if SERVICE.fullmatch(name)}
    return "\n".join(sorted(told | {f"{name}.amazonaws.com" for name in TOLD_BY_THEIR_GUIDES.split()})) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table())
