"""PMapper on an account dump, run by the Python of its own environment: `mapping.py ACCOUNT.json`.

PMapper reads accounts through the API alone, so its nodes are made here as it makes them from that API. Asked is what it answers without
further calls: who is an administrator, and who comes to whom by IAM and STS.
"""

from __future__ import annotations

import collections
import collections.abc
import json
import sys
from pathlib import Path
from typing import Any

# its case insensitive dictionary looks for names that Python 3.10 moved
for _name in ("Mapping", "MutableMapping"):
    if not hasattr(collections, _name):
        setattr(collections, _name, getattr(collections.abc, _name))

from principalmapper.common import Node, Policy  # noqa: E402  # after the names are there
from principalmapper.graphing import gathering, iam_edges, sts_edges  # noqa: E402

Json = dict[str, Any]


def nodes(account: Json) -> list[Node]:
    """Its roles."""
    managed = {
        entry["Arn"]: Policy(
            entry["Arn"], entry["PolicyName"], next(one["Document"] for one in entry["PolicyVersionList"] if one["IsDefaultVersion"])
        )
        for entry in account["Policies"]
    }
    return [_node(role, managed) for role in account["RoleDetailList"]]


def _node(role: Json, managed: dict[str, Policy]) -> Node:
    own = [Policy(role["Arn"], entry["PolicyName"], entry["PolicyDocument"]) for entry in role["RolePolicyList"]]
    attached = [managed[entry["PolicyArn"]] for entry in role["AttachedManagedPolicies"]]
    limit = role.get("PermissionsBoundary")
    return Node(
        arn=role["Arn"],
        id_value=role["RoleId"],
        attached_policies=[*own, *attached],
        group_memberships=None,
        trust_policy=role["AssumeRolePolicyDocument"],
        instance_profile=None,
        num_access_keys=0,
        active_password=False,
        is_admin=False,
        permissions_boundary=managed[limit["PermissionsBoundaryArn"]] if limit else None,
        has_mfa=False,
        tags={},
    )


if __name__ == "__main__":
    found = nodes(json.loads(Path(sys.argv[1]).read_text()))
    gathering.update_admin_status(found)
    edges = [*iam_edges.generate_edges_locally(found), *sts_edges.generate_edges_locally(found)]
    print(len(found), "roles,", sum(node.is_admin for node in found), "administrators,", len(edges), "edges")
