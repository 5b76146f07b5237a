"""The condition keys that AWS puts into requests of every service, which no service publishes.

Facts: IAM User Guide, "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

__all__ = ["GLOBAL_KEYS", "GlobalKey", "KeyType", "Presence", "ValueType"]


class ValueType(Enum):
    """What one value of a condition key is, in the word that AWS publishes."""

    STRING = "String"
    ARN = "ARN"
    BOOL = "Bool"
    NUMERIC = "Numeric"
    DATE = "Date"
    IP_ADDRESS = "IPAddress"
    BINARY = "Binary"


class Presence(Enum):
    """Whether a request has a condition key: `ALWAYS` when a user or a role signed it, or only `MAYBE`."""

    ALWAYS = "always"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyType:
    """What a condition key holds. One that is not `known` is published by nobody, or with two types, and may be a list or not."""

    value: ValueType = ValueType.STRING
    is_list: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class GlobalKey:
    """A key in its published spelling, or the beginning of keys when it ends with a slash."""

    name: str
    type: KeyType
    presence: Presence


_TEXT, _ARN, _YES_NO = KeyType(), KeyType(value=ValueType.ARN), KeyType(value=ValueType.BOOL)
_NUMBER, _DATE, _ADDRESS = KeyType(value=ValueType.NUMERIC), KeyType(value=ValueType.DATE), KeyType(value=ValueType.IP_ADDRESS)
_TEXTS = KeyType(is_list=True)

_ALWAYS = (
    ("aws:CurrentTime", _DATE),
    ("aws:EpochTime", _DATE),
    ("aws:PrincipalAccount", _TEXT),
    ("aws:PrincipalArn", _ARN),  # of a role, not of its session
    ("aws:PrincipalIsAWSService", _YES_NO),
    ("aws:PrincipalType", _TEXT),
    ("aws:RequestedRegion", _TEXT),  # of a service without regions: us-east-1
    ("aws:SecureTransport", _YES_NO),
    ("aws:UserAgent", _TEXT),  # whatever the caller likes to say
    ("aws:userid", _TEXT),
)
_MAYBE = (
    # about the principal
    ("aws:PrincipalOrgID", _TEXT),  # its account is in an organisation
    ("aws:PrincipalOrgPaths", _TEXTS),  # likewise
    ("aws:PrincipalServiceName", _TEXT),  # a service calls for itself
    ("aws:PrincipalServiceNamesList", _TEXTS),  # likewise
    ("aws:PrincipalTag/", _TEXT),  # the user, the role or its session is tagged so
    ("aws:username", _TEXT),  # users of IAM alone
    # about the session
    ("aws:AssumedRoot", _YES_NO),  # sessions of sts:AssumeRoot
    ("aws:ChatbotSourceArn", _ARN),  # the role of a chat channel
    ("aws:Ec2InstanceSourcePrivateIPv4", _ADDRESS),  # the role of an instance, as are the next
    ("aws:Ec2InstanceSourceVpc", _TEXT),
    ("ec2:RoleDelivery", _NUMBER),
    ("ec2:SourceInstanceArn", _ARN),
    ("aws:FederatedProvider", _TEXT),  # the role was assumed with a token of OIDC
    ("aws:MultiFactorAuthAge", _NUMBER),  # temporary credentials that were had with MFA
    ("aws:MultiFactorAuthPresent", _YES_NO),  # temporary credentials; with an access key of a user it is absent, not false
    ("aws:SourceIdentity", _TEXT),  # it was set when the first role was assumed
    ("aws:TokenIssueTime", _DATE),  # temporary credentials
    ("glue:CredentialIssuingService", _TEXT),  # the role of a job
    ("glue:RoleAssumedBy", _TEXT),
    ("lambda:SourceFunctionArn", _ARN),  # the role of a function
    ("ssm:SourceInstanceArn", _ARN),  # the role of a managed node
    # about the network
    ("aws:SourceIp", _ADDRESS),  # not through a VPC endpoint, and not when a service calls for itself
    ("aws:SourceVpc", _TEXT),  # through a VPC endpoint, as are the next
    ("aws:SourceVpcArn", _TEXT),  # an ARN, told as text
    ("aws:SourceVpce", _TEXT),
    ("aws:VpceAccount", _TEXT),
    ("aws:VpceOrgID", _TEXT),
    ("aws:VpceOrgPaths", _TEXTS),
    ("aws:VpcSourceIp", _ADDRESS),
    # about the resource
    ("aws:ResourceAccount", _TEXT),  # some actions have none
    ("aws:ResourceOrgID", _TEXT),  # the account of the resource is in an organisation
    ("aws:ResourceOrgPaths", _TEXTS),
    ("aws:ResourceTag/", _TEXT),  # it exists, is tagged so, and the service tells its tags
    # about the request
    ("aws:CalledVia", _TEXTS),  # a service calls on behalf of a principal, as are the next two
    ("aws:CalledViaFirst", _TEXT),
    ("aws:CalledViaLast", _TEXT),
    ("aws:CalledViaAWSMCP", _TEXT),  # through an MCP server of AWS
    ("aws:IsMcpServiceAction", _YES_NO),
    ("aws:ViaAWSMCPService", _YES_NO),
    ("aws:ViaAWSService", _YES_NO),  # not every service has always told it
    ("aws:referer", _TEXT),  # the caller sent the header
    ("aws:RequestTag/", _TEXT),  # tags are passed
    ("aws:TagKeys", _TEXTS),  # likewise
    ("aws:SourceAccount", _TEXT),  # a service calls for itself, on behalf of a resource, as are the next
    ("aws:SourceArn", _ARN),
    ("aws:SourceOrgID", _TEXT),
    ("aws:SourceOrgPaths", _TEXTS),
    ("aws:SourceOwner", _TEXT),
)

GLOBAL_KEYS: Mapping[str, GlobalKey] = MappingProxyType(
    {
        name.lower(): GlobalKey(name, held, presence)
        for presence, rows in ((Presence.ALWAYS, _ALWAYS), (Presence.MAYBE, _MAYBE))
        for name, held in rows
    }
)
"""By name in lower case."""
