"""Which answers come in pages: those that the SDK knows of, and those of WAF, where it would take the first page for the whole."""

from __future__ import annotations

from typing import Any

__all__ = ["has_pages", "paginator_of"]

_OF_WAF = {"list_ip_sets": "IPSets", "list_web_acls": "WebACLs", "list_rule_groups": "RuleGroups"}
"""By call: the list in its answer. Each page names the next as `NextMarker` (WAF API Reference, ListIPSets)."""


def has_pages(client: Any, operation: str) -> bool:  # noqa: ANN401  # boto3 makes client types at run time
    """Whether an answer may be a part of the whole."""
    return operation in _OF_WAF or client.can_paginate(operation)


def paginator_of(client: Any, operation: str) -> Any:  # noqa: ANN401  # likewise
    """What asks for one page after another, and fails on a marker that comes again."""
    from botocore.paginate import Paginator  # noqa: PLC0415  # only when calls are made

    if operation not in _OF_WAF:
        return client.get_paginator(operation)
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    told = {"input_token": "NextMarker", "output_token": "NextMarker", "result_key": _OF_WAF[operation]}
    return Paginator(getattr(client, operation), told, model)
