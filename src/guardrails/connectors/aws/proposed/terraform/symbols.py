"""What attributes of planned resources will be, as far as that follows from what is known: the ARN of a role from its account and name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter

from guardrails.connectors.aws.proposed.terraform.places import Place
from guardrails.proposals.terraform import Resource, symbols
from guardrails.proposals.terraform.order import own_id
from guardrails.proposals.values import Target, Unknown, Value

__all__ = ["DOCUMENTS", "Symbols"]

_ARNS: Mapping[str, str] = {
    "aws_iam_role": "arn:{partition}:iam::{account}:role{path}{name}",
    "aws_iam_user": "arn:{partition}:iam::{account}:user{path}{name}",
    "aws_iam_group": "arn:{partition}:iam::{account}:group{path}{name}",
    "aws_iam_policy": "arn:{partition}:iam::{account}:policy{path}{name}",
    "aws_iam_instance_profile": "arn:{partition}:iam::{account}:instance-profile{path}{name}",
    "aws_s3_bucket": "arn:{partition}:s3:::{bucket}",
    "aws_kms_key": "arn:{partition}:kms:{region}:{account}:key/{own}",
    "aws_kms_external_key": "arn:{partition}:kms:{region}:{account}:key/{own}",
    "aws_kms_alias": "arn:{partition}:kms:{region}:{account}:{name}",
    "aws_db_instance": "arn:{partition}:rds:{region}:{account}:db:{identifier}",
    "aws_sqs_queue": "arn:{partition}:sqs:{region}:{account}:{name}",
    "aws_sns_topic": "arn:{partition}:sns:{region}:{account}:{name}",
    "aws_dynamodb_table": "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
    "aws_lambda_function": "arn:{partition}:lambda:{region}:{account}:function:{function_name}",
    "aws_cloudwatch_log_group": "arn:{partition}:logs:{region}:{account}:log-group:{name}",
    "aws_ecr_repository": "arn:{partition}:ecr:{region}:{account}:repository/{name}",
    "aws_kinesis_stream": "arn:{partition}:kinesis:{region}:{account}:stream/{name}",
    "aws_sfn_state_machine": "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
}
_IDS: Mapping[str, str] = {
    "aws_iam_role": "{name}",
    "aws_iam_user": "{name}",
    "aws_iam_group": "{name}",
    "aws_iam_instance_profile": "{name}",
    "aws_s3_bucket": "{bucket}",
    "aws_iam_policy": _ARNS["aws_iam_policy"],
    "aws_kms_key": "{own}",
    "aws_kms_external_key": "{own}",
    "aws_kms_alias": "{name}",
    "aws_sns_topic": _ARNS["aws_sns_topic"],
    "aws_security_group": "{own}",
    "aws_default_security_group": "{own}",
    "aws_ec2_managed_prefix_list": "{own}",
}
_SAME: Mapping[tuple[str, str], str] = {
    ("aws_kms_key", "key_id"): "id",
    ("aws_kms_external_key", "key_id"): "id",
}
DOCUMENTS = frozenset({"policy", "assume_role_policy", "json", "minified_json"})


class Symbols(symbols.Symbols):
    """The planned resources by address, and where each is made."""

    def __init__(
        self, resources: Mapping[str, Resource], place: Callable[[Resource], Place | str], assume: Callable[[str], object]
    ) -> None:
        super().__init__(resources, assume)
        self._place = place

    def group(self, identifier: str, target: Target | None) -> str | None:
        """The name of a security group, by its id or by what refers to it."""
        found = self._resources.get(target.address) if target else None
        if found is None:
            of_id = (one for one in self._resources.values() if one.type == "aws_security_group" and one.now.get("id") == identifier)
            found = next(of_id, None)
        name = found.now.get("name") if found else None
        return name if isinstance(name, str) else None

    def derived(self, resource: Resource, attribute: str) -> str | None:
        """What an attribute that AWS gives will be, where that is told by others."""
        attribute = _SAME.get((resource.type, attribute), attribute)
        template = {"arn": _ARNS, "id": _IDS}.get(attribute, {}).get(resource.type)
        place = self._place(resource)
        if template is None or isinstance(place, str):
            return None
        known = {"account": place.account, "region": place.region, "partition": place.partition, "own": own_id(resource.address)}
        filled = {name: known.get(name) or self._part(resource, name) for _, name, _, _ in Formatter().parse(template) if name}
        return template.format(**filled) if all(filled.values()) else None

    def _part(self, resource: Resource, name: str) -> str | None:
        value: Value = resource.now.get(name)
        if isinstance(value, Unknown):
            return self.of(value.target, name) if value.target else None
        if name == "path":
            return value if isinstance(value, str) and value else "/"
        return value if isinstance(value, str) else None
