"""Small accounts, written as `aws iam get-account-authorization-details` writes them."""

from __future__ import annotations

from guardrails.iam import Account

HOME, OTHER = "111122223333", "444455556666"


def arn(name, account=HOME):
    return f"arn:aws:iam::{account}:{name}"


def allow(*actions, on="*", **condition):
    return _statement("Allow", actions, on, condition)


def deny(*actions, on="*", **condition):
    return _statement("Deny", actions, on, condition)


def _statement(effect, actions, on, condition):
    found = {"Effect": effect, "Action": list(actions), "Resource": on}
    return found | ({"Condition": condition} if condition else {})


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trusting(principal, action="sts:AssumeRole", effect="Allow", **condition):
    found = {"Effect": effect, "Principal": principal, "Action": action}
    return found | ({"Condition": condition} if condition else {})


def service(name):
    return trusting({"Service": f"{name}.amazonaws.com"})


def user(name, *statements, **more):
    return _entry("User", "AIDA", name, statements, more) | {"GroupList": list(more.get("groups", ()))}


def role(name, trust, *statements, **more):
    trust = trust if isinstance(trust, list) else [trust]
    profiles = [{"Arn": profile} for profile in more.get("profiles", ())]
    return _entry("Role", "AROA", name, statements, more) | {"AssumeRolePolicyDocument": document(*trust), "InstanceProfileList": profiles}


def group(name, *statements, **more):
    return _entry("Group", "AGPA", name, statements, more)


def _entry(kind, start, name, statements, more):
    path = more.get("path", "/")
    found = {
        f"{kind}Name": name,
        f"{kind}Id": unique(start, name),
        "Arn": arn(f"{kind.lower()}{path}{name}", more.get("account", HOME)),
        "Path": path,
        f"{kind}PolicyList": [{"PolicyName": "own", "PolicyDocument": document(*statements)}] if statements else [],
        "AttachedManagedPolicies": [{"PolicyArn": each, "PolicyName": each} for each in more.get("attached", ())],
        "Tags": [{"Key": key, "Value": value} for key, value in more.get("tags", {}).items()],
    }
    limit = more.get("boundary")
    return found | ({"PermissionsBoundary": {"PermissionsBoundaryArn": limit}} if limit else {})


def unique(start, name):
    return start + name.upper().ljust(17, "X")


def managed(name, *versions):
    """A policy of the account; the last of its versions is in force."""
    listed = [
        {"VersionId": f"v{number}", "IsDefaultVersion": number == len(versions), "Document": document(*statements)}
        for number, statements in enumerate(versions, 1)
    ]
    return {"Arn": arn(f"policy/{name}"), "PolicyName": name, "PolicyVersionList": listed}


def details(*entries):
    lists = {"UserName": "UserDetailList", "RoleName": "RoleDetailList", "GroupName": "GroupDetailList", "PolicyName": "Policies"}
    found = {name: [] for name in lists.values()}
    for entry in entries:
        found[next(lists[key] for key in lists if key in entry)].append(entry)
    return found


def account(*entries, **more):
    return Account.read(details(*entries), **more)
