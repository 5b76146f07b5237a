"""The JSON Schema of the declaration, for editors, and the text from which the reference is made.

It knows the shape of every section; references, dates that have passed and sets that do not fit are for `guardrails lint`. What is in
the words of a system comes from its connector.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from guardrails.ports import Connector

__all__ = ["declaration_schema"]

_Schema = dict[str, Any]

_TEXT: _Schema = {"type": "string"}
_TEXTS: _Schema = {"type": "array", "items": _TEXT}
_DAY: _Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_DURATION: _Schema = {"type": "string", "pattern": "^[1-9][0-9]*[hd]$"}
_REFERENCE: _Schema = {"type": "string", "pattern": "^[a-z][a-z0-9-]*(@[a-z][a-z0-9-]*)?:.+$"}
_SCOPE = "^[a-z][a-z0-9-]*(@[a-z][a-z0-9-]*)?$"


def _said(schema: _Schema, description: str) -> _Schema:
    return {**schema, "description": description}


def _map(description: str, required: Iterable[str] = (), **fields: _Schema) -> _Schema:
    properties = {name.replace("_", "-").strip("-"): schema for name, schema in fields.items()}
    found = {"type": "object", "additionalProperties": False, "properties": properties, "description": description}
    return {**found, "required": list(required)} if required else found


def _named(description: str, entry: _Schema) -> _Schema:
    return {"type": "object", "additionalProperties": entry, "description": description}


def _scoped(description: str, entry: _Schema) -> _Schema:
    return {"type": "object", "patternProperties": {_SCOPE: entry}, "additionalProperties": False, "description": description}


_ANY = {"description": "Read and told as not evaluated yet."}
_OWNER = _said(_TEXT, "Who answers for it: team:NAME or person:NAME.")
_MAY = _said(_TEXTS, "Entitlements that may be held: the ceiling.")
_MUST = _said(_TEXTS, "Entitlements that must be held: the floor; each also stands in `may`.")
_ORIGIN: dict[str, _Schema] = {
    "origin": _said({"const": "adopted"}, "The entry says what was found; remove it when somebody has looked at it."),
    "review_by": _said(_DAY, "By when somebody must have."),
}
_OUTSIDERS: _Schema = {"type": "array", "items": {"anyOf": [{"const": "anybody"}, _REFERENCE]}}
_RECORD: dict[str, _Schema] = {
    "role": _said(_TEXT, "Slug of their role."),
    "status": _said(_TEXT, "`active` when absent."),
    "vrf": _said(_TEXT, "Name of their VRF, or `global` for none; records of several are not told apart without it."),
    "tenant": _said(_TEXT, "Slug of their tenant."),
    "tag": _said(_TEXT, "Slug of a tag."),
}
_NUMBER: _Schema = {"type": "integer", "minimum": 0}
_FEWEST = _said(_NUMBER, "Addresses of the family; 0 says that none is as it should be.")
_FORM = _map(
    "Limits of the family.",
    addresses=_said(_NUMBER, "How many addresses."),
    prefixes=_said(_NUMBER, "How many CIDRs, written as few as possible."),
    widest=_said(_NUMBER, "The shortest prefix length of a record."),
)
_MOST = {"anyOf": [_NUMBER, _FORM], "description": "Addresses of the family, or a map of addresses, prefixes and widest."}


def declaration_schema(connectors: Iterable[Connector]) -> _Schema:
    """JSON Schema (draft 2020-12) of a file of the declaration, with the parts of these connectors."""
    parts = [connector.schema() for connector in connectors]
    properties: _Schema = {
        "guardrails": _said({"const": 1}, "The version of the language; stands in one file."),
        "systems": _named("Systems to read, and how.", {"anyOf": [part["settings"] for part in parts]}),
        "state": _map(
            "How time is read, and where the run keeps its state.",
            path=_ANY,
            evidence_max_age=_said(_DURATION, "An observation that is older is not judged by; 24h when absent."),
            timezone=_said(_TEXT, "When a day ends, such as Europe/Stockholm; UTC when absent."),
        ),
        **_organisation(),
        **_protection([part["target"] for part in parts if "target" in part]),
        **_permissions([part["clause"] for part in parts if "clause" in part]),
        **dict.fromkeys(("registers", "emergency", "elevations", "apply", "notify"), _ANY),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "guardrails declaration",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _organisation() -> _Schema:
    source = _map(
        "One directory.", ["name"], key=_said(_TEXT, "The immutable id."), name=_said(_TEXT, "The attribute that names a person.")
    )
    return {
        "isg": _map(
            "The information security group, whose signatures stand behind `accepted` and `approved`.",
            roster=_said(_TEXT, "Path of the roster, beside this file; its digest is pinned in the host file."),
            mirrored_in=_said(_TEXT, "The group that lists its members; nothing evaluates it yet."),
            data_protection_officer=_said(_TEXT, "Who that is; nothing evaluates it yet."),
        ),
        "people": _map(
            "Who exists, and how one human is recognised everywhere.",
            sources=_named("The directories.", source),
            leaver=_said({"const": "disabled-in-any"}, "When somebody has left."),
            join=_named(
                "By system: the key of an account, and the attribute of the person that it equals.",
                _named("", _said(_TEXT, "That attribute; `tag/NAME` means the tag and the attribute of that name.")),
            ),
            requires=_ANY,
        ),
        "teams": _named(
            "Owners that outlive their people.",
            _named("The team's groups by system, and `notify`.", _said(_TEXT, "A group, such as group/platform, or where to notify.")),
        ),
        "vendors": _named(
            "Third parties, assessed until a date.",
            _map(
                "One vendor.",
                ["valid-until"],
                assessed=_said(_DAY, "When."),
                valid_until=_said(_DAY, "The assessment counts to the end of this day."),
                on_lapse=_said({"enum": ["remove", "report", "block-new", "escalate"]}, "What a lapse leads to."),
                owner=_OWNER,
                trusts=_named(
                    "Our principals that the vendor may become.",
                    _map(
                        "One principal.",
                        ["by"],
                        by=_said(_REFERENCE, "Who becomes it, such as aws:444455556666."),
                        external_id=_said({"const": "required"}, "An external id must be demanded."),
                        may=_MAY,
                    ),
                ),
            ),
        ),
    }


def _protection(targets: list[Any]) -> _Schema:
    return {
        "classes": _named(
            "Classifications and the protection that each requires.",
            _map(
                "One class; a class that extends another may only strengthen it.",
                extends=_said(_TEXT, "The class whose demands it keeps and adds to."),
                at_rest=_said({"enum": ["none", "service", "service-key", "customer-key", "customer-hsm"]}, "Weakest encryption at rest."),
                in_transit=_said({"enum": ["tls", "tls1.2", "tls1.3"]}, "Weakest encryption on the way."),
                rotation=_said(_DURATION, "Longest time between rotations of the key."),
                key=_said({"const": "per-asset"}, "No two assets share a key."),
                logs=_ANY,
                restore_tested=_ANY,
                people=_ANY,
                workloads=_ANY,
                **_ORIGIN,
            ),
        ),
        "assets": _named(
            "What is worth protecting.",
            _map(
                "One asset; of overlapping selectors the highest class counts.",
                ["class", "owner"],
                class_=_said(_TEXT, "Its classification."),
                owner=_OWNER,
                accepted=_said(_TEXT, "The signed record by which the security group accepted it."),
                risk=_said(_TEXT, "Its entry in the register of risks."),
                match=_scoped("Selectors by system, such as ARN patterns and tag:KEY=VALUE.", _TEXTS),
                shared_with=_said(_OUTSIDERS, "Strangers whom its own policy lets in, such as aws:444455556666, or `anybody`."),
                **_ORIGIN,
            ),
        ),
        "networks": _named(
            "Named sets of addresses.",
            _map(
                "One network.",
                cidrs=_said(_TEXTS, "Addresses, in quotes."),
                inventory=_map(
                    "Records of the network inventory: one of prefixes, ranges and addresses.",
                    system=_said(_TEXT, "Which inventory, when there are several."),
                    prefixes=_map("Prefixes that have every attribute.", **_RECORD, site=_said(_TEXT, "Slug of their site.")),
                    ranges=_map("Ranges that have every attribute.", **_RECORD),
                    addresses=_map("Single addresses that have every attribute.", **_RECORD),
                ),
                published=_map(
                    "A JSON file beside the declaration, with addresses that somebody publishes.",
                    ["file", "sha256"],
                    file=_said(_TEXT, "Its path."),
                    pointer=_said(_TEXT, "Where in it the list stands, such as /hooks."),
                    sha256=_said(_TEXT, "Its digest; another file is a mistake."),
                ),
                at_least=_map("The fewest addresses that the inventory may name.", v4=_FEWEST, v6=_FEWEST),
                at_most=_map("The most that it may name; more is a finding, and the network counts no longer.", v4=_MOST, v6=_MOST),
                owner=_OWNER,
                vendor=_said(_TEXT, "Whose addresses they are, when not ours."),
                until=_said(_DAY, "It counts to the end of this day."),
                **_ORIGIN,
            ),
        ),
        "allowlists": _named(
            "Who may reach what, exactly.",
            _map(
                "One target.",
                ["to"],
                to=_scoped("The target, in the words of its system.", {"anyOf": targets}),
                direction=_said({"enum": ["in", "out"]}, "`in` when absent."),
                ports=_said(_TEXTS, "Such as 443/tcp, 1000-2000/udp or all; all when absent."),
                may_from=_said(_TEXTS, "Networks that may reach it."),
                must_from=_said(_TEXTS, "Networks that must; each also stands in may-from."),
                owner=_OWNER,
                **_ORIGIN,
            ),
        ),
    }


def _permissions(clauses: list[Any]) -> _Schema:
    fields = {
        "asset": _said(_TEXT, "The asset that `resources: asset` means."),
        "origin": _ORIGIN["origin"],
        "review-by": _ORIGIN["review_by"],
    }
    scoped = {"type": "object", "properties": fields}
    return {
        "entitlements": _named(
            "Named bundles of permissions, in the words of each system.",
            {**scoped, "patternProperties": {_SCOPE: {"anyOf": [*clauses, _TEXT]}}, "additionalProperties": False},
        ),
        "everyone": _map("What every principal has by nature.", may=_MAY),
        "roles": _named(
            "People, and what they may and must.",
            _map(
                "One role.",
                members=_said({"type": "array", "items": _REFERENCE}, "Persons and groups."),
                through=_scoped(
                    "The principals that its members become.", _named("", _said(_TEXT, "The name of a principal of that kind."))
                ),
                may=_MAY,
                must=_MUST,
                owner=_OWNER,
                **_ORIGIN,
            ),
        ),
        "workloads": _named(
            "What is not a person.",
            _map(
                "One workload.",
                ["is"],
                is_=_said({"type": "array", "items": _REFERENCE}, "The principals that it is."),
                assumed_by=_said(_OUTSIDERS, "Who may become it, `anybody` for everybody; nobody else."),
                audience=_said(_TEXTS, "For whom the tokens of identity providers in `assumed-by` have to be; for anybody when absent."),
                may=_MAY,
                must=_MUST,
                credentials=_map(
                    "How it may prove who it is.",
                    static=_said({"const": "none"}, "It may have no key or password."),
                    max_age=_said(_DURATION, "Of a key or password."),
                ),
                owner=_OWNER,
                **_ORIGIN,
            ),
        ),
        "exceptions": _named("What is allowed for a time: one of grant, debt and gap.", _exception()),
    }


def _exception() -> _Schema:
    return _map(
        "One exception, of a set and never of an id, so that what grows beyond it is seen.",
        ["until", "approved", "risk-owner"],
        grant=_map("Entitlements beside the roles.", ["to", "may"], to=_said(_REFERENCE, "Who."), may=_MAY),
        debt=_map(
            "Access beyond the ceiling.",
            ["of", "actions", "resources"],
            of=_said(_REFERENCE, "Who holds it."),
            actions=_said(_TEXTS, "As in an entitlement."),
            resources=_said(_TEXTS, "Likewise."),
        ),
        gap=_map(
            "Something known not to be readable.",
            ["of", "what"],
            of=_said(_REFERENCE, "The account or realm, such as aws:111122223333."),
            what=_said(_TEXT, "As the gap calls it, such as iam or assets."),
        ),
        why=_said(_TEXT, "For the reader."),
        ticket=_said(_TEXT, "Likewise."),
        risk_owner=_OWNER,
        approved=_said(_TEXT, "The signed record behind it; without one it counts as absent."),
        from_=_said(_DAY, "The first day of a grant."),
        until=_said(_DAY, "It counts to the end of this day."),
    )
