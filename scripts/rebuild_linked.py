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

NAMED_ELSEWHERE = """
accountdiscovery.ssm autoscaling-plans cks.kms cloudhsm cloudwatch-crossaccount codestar-notifications comprehend.application-autoscaling
connect-campaigns controltower custom-resource.application-autoscaling directconnect dms-fleet-advisor ec2-instance-connect ecr
eks-connector eks-fargate eks-nodegroup elasticache.application-autoscaling emrwal es grafana ipam ivs kafka.application-autoscaling
kafkaconnect lambda.application-autoscaling license-manager license-manager-linux-subscriptions license-manager-user-subscriptions
license-manager.master-account logger.cloudfront m2 management.chatbot mediatailor member.org.stacksets.cloudformation mgn mrk.kms
neptune.application-autoscaling notifications ops.apigateway opsdatasync.ssm opsinsights.ssm outposts pullthroughcache.ecr
replicator.lambda reports.backup repository.sync.codeconnections s2svpn s3-outposts ses ssm-incidents stacksets.cloudformation
storage-lens.s3 transcription.chime trustedadvisor voiceconnector.chime vpcorigin.cloudfront waf waf-regional worklink
workspaces.application-autoscaling
"""
"""No managed policy names these; each is the very principal of a service-linked role in the guide of its service or among the roles of an
account. Where the guide does not tell the principal (AWS IoT FleetWise), the service is left out: its role is judged like any other, which
asks for a declaration and hides nothing.
"""


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
    return "\n".join(sorted(told | {f"{name}.amazonaws.com" for name in NAMED_ELSEWHERE.split()})) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table())
