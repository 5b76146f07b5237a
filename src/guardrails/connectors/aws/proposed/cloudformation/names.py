"""What `Ref` and `Fn::GetAtt` give of each kind of resource, where that follows from the template."""

from __future__ import annotations

from collections.abc import Mapping

from guardrails.proposals.cloudformation import Functions, Stack, Template
from guardrails.proposals.values import Unknown, Value

__all__ = ["Names"]

_IAM = "arn:{partition}:iam::{account}:"
_REF: Mapping[str, str] = {
    "AWS::IAM::Role": "{RoleName}",
    "AWS::IAM::User": "{UserName}",
    "AWS::IAM::Group": "{GroupName}",
    "AWS::IAM::ManagedPolicy": _IAM + "policy{Path}{ManagedPolicyName}",
    "AWS::IAM::InstanceProfile": "{InstanceProfileName}",
    "AWS::S3::Bucket": "{BucketName}",
    "AWS::KMS::Key": "{own}",
    "AWS::KMS::Alias": "{AliasName}",
    "AWS::RDS::DBInstance": "{DBInstanceIdentifier}",
    "AWS::EC2::SecurityGroup": "{own}",
    "AWS::EC2::PrefixList": "{own}",
    "AWS::SNS::Topic": "arn:{partition}:sns:{region}:{account}:{TopicName}",
    "AWS::DynamoDB::Table": "{TableName}",
    "AWS::Lambda::Function": "{FunctionName}",
}
_GET: Mapping[tuple[str, str], str] = {
    ("AWS::IAM::Role", "Arn"): _IAM + "role{Path}{RoleName}",
    ("AWS::IAM::User", "Arn"): _IAM + "user{Path}{UserName}",
    ("AWS::IAM::Group", "Arn"): _IAM + "group{Path}{GroupName}",
    ("AWS::IAM::ManagedPolicy", "PolicyArn"): _REF["AWS::IAM::ManagedPolicy"],
    ("AWS::S3::Bucket", "Arn"): "arn:{partition}:s3:::{BucketName}",
    ("AWS::KMS::Key", "Arn"): "arn:{partition}:kms:{region}:{account}:key/{own}",
    ("AWS::KMS::Key", "KeyId"): "{own}",
    ("AWS::RDS::DBInstance", "DBInstanceArn"): "arn:{partition}:rds:{region}:{account}:db:{DBInstanceIdentifier}",
    ("AWS::EC2::SecurityGroup", "GroupId"): "{own}",
    ("AWS::EC2::PrefixList", "PrefixListId"): "{own}",
    ("AWS::SQS::Queue", "Arn"): "arn:{partition}:sqs:{region}:{account}:{QueueName}",
    ("AWS::SNS::Topic", "TopicArn"): _REF["AWS::SNS::Topic"],
    ("AWS::DynamoDB::Table", "Arn"): "arn:{partition}:dynamodb:{region}:{account}:table/{TableName}",
    ("AWS::Lambda::Function", "Arn"): "arn:{partition}:lambda:{region}:{account}:function:{FunctionName}",
    ("AWS::Logs::LogGroup", "Arn"): "arn:{partition}:logs:{region}:{account}:log-group:{LogGroupName}:*",
}
_PARTS = ("partition", "account", "region", "own", "Path")


class Names:
    """The names in one template, for one stack."""

    def __init__(self, template: Template, stack: Stack) -> None:
        self._template = template
        self._stack = stack
        self.functions = Functions(template, stack, self.of)
        self._asked: set[tuple[str, str]] = set()

    def of(self, logical: str, attribute: str) -> Value:
        """An attribute of a resource; the `Ref` of it when that is empty."""
        said = self._template.resources.get(logical)
        if said is None:
            return Unknown(f"{logical} is nothing of the template")
        kind = str(said["Type"])
        if logical in self._stack.physical and attribute in {"", "PolicyArn", "GroupId", "KeyId", "PrefixListId"}:
            return self._stack.physical[logical]
        template = _GET.get((kind, attribute)) if attribute else _REF.get(kind)
        if template is None or (logical, attribute) in self._asked:
            return Unknown(f"{logical}{'.' if attribute else ''}{attribute} is known when it is deployed")
        self._asked.add((logical, attribute))
        try:
            return self._filled(template, logical, self._template.properties(logical))
        finally:
            self._asked.discard((logical, attribute))

    def _filled(self, template: str, logical: str, properties: Mapping[str, object]) -> Value:
        stack, given = self._stack, self._stack.physical.get(logical)
        parts: dict[str, Value] = {"partition": stack.partition, "account": stack.account, "region": stack.region}
        parts["own"] = given or f"planned-{logical}"
        text = template
        for name in (one for one in (*_PARTS, *_names(template)) if f"{{{one}}}" in template):
            default = "/" if name == "Path" else given
            value = parts[name] if name in parts else self.functions.value(properties.get(name, default))
            if isinstance(value, Unknown):
                return value
            if not value:
                return Unknown(f"{logical} has no {name} before it is deployed")
            text = text.replace(f"{{{name}}}", str(value))
        return text


def _names(template: str) -> list[str]:
    return [part.partition("}")[0] for part in template.split("{")[1:] if part.partition("}")[0] not in _PARTS]
