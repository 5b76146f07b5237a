"""What an answer of AWS must hold to be one, and what a service says when there is none."""

from __future__ import annotations

__all__ = ["ABSENT", "MUST"]

ABSENT = frozenset(
    {
        ("GetBucketPolicy", "NoSuchBucketPolicy"),
        ("GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("GetBucketTagging", "NoSuchTagSet"),
        ("GetBucketOwnershipControls", "OwnershipControlsNotFoundError"),
        ("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("GetLoginProfile", "NoSuchEntity"),
        ("GetUser", "NoSuchEntity"),
        ("GetRole", "NoSuchEntity"),
        ("GetGroup", "NoSuchEntity"),
        ("GetPolicy", "NoSuchEntity"),
        ("GetAccessKeyLastUsed", "NoSuchEntity"),
        ("DescribeSecurityGroups", "InvalidGroup.NotFound"),
        ("DescribeManagedPrefixLists", "InvalidPrefixListID.NotFound"),
        ("DescribeManagedPrefixLists", "InvalidPrefixListId.NotFound"),
        ("DescribeKey", "NotFoundException"),
        ("GetBucketLocation", "NoSuchBucket"),
        ("GetIPSet", "WAFNonexistentItemException"),
    }
)
"""What a service says when there is none, by operation and error code. Everything else is not absence."""

MUST = {
    "GetCallerIdentity": "Account",
    "AssumeRole": "Credentials",
    "GetAccessKeyLastUsed": "AccessKeyLastUsed",
    "GetLoginProfile": "LoginProfile",
    "DescribeKey": "KeyMetadata",
    "GetKeyRotationStatus": "KeyRotationEnabled",
    "GetBucketEncryption": "ServerSideEncryptionConfiguration",
    "GetBucketPolicy": "Policy",
    "GetBucketTagging": "TagSet",
    "GetBucketAcl": "Grants",
    "GetBucketOwnershipControls": "OwnershipControls",
    "GetPublicAccessBlock": "PublicAccessBlockConfiguration",
    "GetKeyPolicy": "Policy",
    "GetEbsEncryptionByDefault": "EbsEncryptionByDefault",
    "DescribePolicy": "Policy",
    "DescribePermissionSet": "PermissionSet",
    "GenerateServiceLastAccessedDetails": "JobId",
    "GetServiceLastAccessedDetails": "JobStatus",
    "GetIPSet": "IPSet",
    "GetWebACL": "WebACL",
    "GetRuleGroup": "RuleGroup",
    "ListTagsForResource": "TagInfoForResource",
}
"""What an answer of one object must hold; botocore takes one that holds nothing for an answer."""
