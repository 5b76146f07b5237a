"""The JSON Schema of the declaration, for editors, and the text from which the reference is made.

It knows the shape of every section; references, dates that have passed and sets that do not fit are for `guardrails lint`. What is in
the words of a system comes from its connector.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from guardrails.declare.schema_applying import remediation
from guardrails.declare.schema_notifying import notifying
from guardrails.declare.shapes import ANY, DAY, DURATION, NUMBER, REFERENCE, SCOPE, TEXT, TEXTS, Schema, mapped, named, said, scoped
from guardrails.model.words import Severity
from guardrails.ports import Connector

__all__ = ["declaration_schema"]

_OWNER = said(TEXT, "Who answers for it: team:NAME or person:NAME.")
_MAY = said(TEXTS, "Entitlements that may be held: the ceiling.")
_MUST = said(TEXTS, "Entitlements that must be held: the floor; each also stands in `may`.")
_ORIGIN: dict[str, Schema] = {
    "origin": said({"const": "adopted"}, "The entry says what was found; remove it when somebody has looked at it."),
    "review_by": said(DAY, "By when somebody must have."),
}
_OUTSIDERS: Schema = {"type": "array", "items": {"anyOf": [{"const": "anybody"}, REFERENCE]}}
_RECORD: dict[str, Schema] = {
    "role": said(TEXT, "Slug of their role."),
    "status": said(TEXT, "`active` when absent."),
    "vrf": said(TEXT, "Name of their VRF, or `global` for none; records of several are not told apart without it."),
    "tenant": said(TEXT, "Slug of their tenant."),
    "tag": said(TEXT, "Slug of a tag."),
}
_FEWEST = said(NUMBER, "Addresses of the family; 0 says that none is as it should be.")
_FORM = mapped(
    "Limits of the family.",
    addresses=said(NUMBER, "How many addresses."),
    prefixes=said(NUMBER, "How many CIDRs, written as few as possible."),
    widest=said(NUMBER, "The shortest prefix length of a record."),
)
_MOST = {"anyOf": [NUMBER, _FORM], "description": "Addresses of the family, or a map of addresses, prefixes and widest."}


_REGISTERS = ("acceptance", "continuity", "device", "incidents", "nda", "risks", "training")
"""Those that nothing evaluates yet."""


def declaration_schema(connectors: Iterable[Connector]) -> Schema:
    """JSON Schema (draft 2020-12) of a file of the declaration, with the parts of these connectors."""
    parts = [connector.schema() for connector in connectors]
    properties: Schema = {
        "guardrails": said({"const": 1}, "The version of the language; stands in one file."),
        "systems": named("Systems to read, and how.", {"anyOf": [part["settings"] for part in parts]}),
        "state": mapped(
            "How time is read, and where the run keeps its state.",
            path=ANY,
            evidence_max_age=said(DURATION, "An observation that is older is not judged by; 24h when absent."),
            timezone=said(TEXT, "When a day ends, such as Europe/Stockholm; UTC when absent."),
            heartbeat=said(DURATION, "A run that sees everything is missed after so long; after `evidence-max-age` when absent."),
            deadlines=mapped(
                "How long a finding may stand, by its severity. Without one it is never overdue.",
                **{severity.label: said(DURATION, f"Of what is {severity.label}.") for severity in sorted(Severity, reverse=True)},
            ),
        ),
        "notify": notifying(),
        **_organisation(),
        **_protection([part["target"] for part in parts if "target" in part]),
        **_permissions([part["clause"] for part in parts if "clause" in part]),
        **remediation(),
        "registers": mapped(
            "Records that the security group keeps.",
            changes=mapped("The records that approve changes.", ["path"], path=said(TEXT, "Their folder, beside this file.")),
            **dict.fromkeys(_REGISTERS, ANY),
        ),
        "elevations": ANY,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "guardrails declaration",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _organisation() -> Schema:
    source = mapped("One directory.", ["name"], key=said(TEXT, "The immutable id."), name=said(TEXT, "The attribute that names a person."))
    return {
        "isg": mapped(
            "The information security group, whose signatures stand behind `accepted` and `approved`.",
            roster=said(TEXT, "Path of the roster, beside this file; its digest is pinned in the host file."),
            mirrored_in=said(TEXT, "The group that lists its members; nothing evaluates it yet."),
            data_protection_officer=said(TEXT, "Who that is; nothing evaluates it yet."),
        ),
        "people": mapped(
            "Who exists, and how one human is recognised everywhere.",
            sources=named("The directories.", source),
            leaver=said({"const": "disabled-in-any"}, "When somebody has left."),
            join=named(
                "By system: the key of an account, and the attribute of the person that it equals.",
                named("", said(TEXT, "That attribute; `tag/NAME` means the tag and the attribute of that name.")),
            ),
            requires=ANY,
        ),
        "teams": named(
            "Owners that outlive their people.",
            named(
                "The team's groups by system, and `notify`.",
                said(TEXT, "A group, such as group/platform; of `notify` the recipient that is told of what the team owns."),
            ),
        ),
        "vendors": named(
            "Third parties, assessed until a date.",
            mapped(
                "One vendor.",
                ["valid-until"],
                assessed=said(DAY, "When."),
                valid_until=said(DAY, "The assessment counts to the end of this day."),
                on_lapse=said({"enum": ["remove", "report", "block-new", "escalate"]}, "What a lapse leads to."),
                owner=_OWNER,
                trusts=named(
                    "Our principals that the vendor may become.",
                    mapped(
                        "One principal.",
                        ["by"],
                        by=said(REFERENCE, "Who becomes it, such as aws:444455556666."),
                        external_id=said({"const": "required"}, "An external id must be demanded."),
                        may=_MAY,
                    ),
                ),
            ),
        ),
    }


def _protection(targets: list[Any]) -> Schema:
    return {
        "classes": named(
            "Classifications and the protection that each requires.",
            mapped(
                "One class; a class that extends another may only strengthen it.",
                extends=said(TEXT, "The class whose demands it keeps and adds to."),
                at_rest=said({"enum": ["none", "service", "service-key", "customer-key", "customer-hsm"]}, "Weakest encryption at rest."),
                in_transit=said({"enum": ["tls", "tls1.2", "tls1.3"]}, "Weakest encryption on the way."),
                rotation=said(DURATION, "Longest time between rotations of the key."),
                key=said({"const": "per-asset"}, "No two assets share a key."),
                key_material=said({"const": "kept"}, "No key can be exported, backed up in plain text or deleted at once."),
                logs=ANY,
                restore_tested=ANY,
                people=ANY,
                workloads=ANY,
                **_ORIGIN,
            ),
        ),
        "assets": named(
            "What is worth protecting.",
            mapped(
                "One asset; of overlapping selectors the highest class counts.",
                ["class", "owner"],
                class_=said(TEXT, "Its classification."),
                owner=_OWNER,
                accepted=said(TEXT, "The signed record by which the security group accepted it."),
                risk=said(TEXT, "Its entry in the register of risks."),
                match=scoped("Selectors by system, such as ARN patterns and tag:KEY=VALUE.", TEXTS),
                shared_with=said(_OUTSIDERS, "Strangers whom its own policy lets in, such as aws:444455556666, or `anybody`."),
                **_ORIGIN,
            ),
        ),
        "networks": named(
            "Named sets of addresses.",
            mapped(
                "One network.",
                cidrs=said(TEXTS, "Addresses, in quotes."),
                inventory=mapped(
                    "Records of the network inventory: one of prefixes, ranges and addresses.",
                    system=said(TEXT, "Which inventory, when there are several."),
                    prefixes=mapped("Prefixes that have every attribute.", **_RECORD, site=said(TEXT, "Slug of their site.")),
                    ranges=mapped("Ranges that have every attribute.", **_RECORD),
                    addresses=mapped("Single addresses that have every attribute.", **_RECORD),
                ),
                published=mapped(
                    "A JSON file beside the declaration, with addresses that somebody publishes.",
                    ["file", "sha256"],
                    file=said(TEXT, "Its path."),
                    pointer=said(TEXT, "Where in it the list stands, such as /hooks."),
                    sha256=said(TEXT, "Its digest; another file is a mistake."),
                ),
                at_least=mapped("The fewest addresses that the inventory may name.", v4=_FEWEST, v6=_FEWEST),
                at_most=mapped("The most that it may name; more is a finding, and the network counts no longer.", v4=_MOST, v6=_MOST),
                owner=_OWNER,
                vendor=said(TEXT, "Whose addresses they are, when not ours."),
                until=said(DAY, "It counts to the end of this day."),
                **_ORIGIN,
            ),
        ),
        "allowlists": named(
            "Who may reach what, exactly.",
            mapped(
                "One target.",
                ["to"],
                to=scoped("The target, in the words of its system.", {"anyOf": targets}),
                direction=said({"enum": ["in", "out"]}, "`in` when absent."),
                ports=said(TEXTS, "Such as 443/tcp, 1000-2000/udp or all; all when absent."),
                may_from=said(TEXTS, "Networks that may reach it."),
                must_from=said(TEXTS, "Networks that must; each also stands in may-from."),
                owner=_OWNER,
                **_ORIGIN,
            ),
        ),
    }


def _permissions(clauses: list[Any]) -> Schema:
    fields = {
        "asset": said(TEXT, "The asset that `resources: asset` means."),
        "origin": _ORIGIN["origin"],
        "review-by": _ORIGIN["review_by"],
    }
    by_scope = {"type": "object", "properties": fields}
    return {
        "entitlements": named(
            "Named bundles of permissions, in the words of each system.",
            {**by_scope, "patternProperties": {SCOPE: {"anyOf": [*clauses, TEXT]}}, "additionalProperties": False},
        ),
        "everyone": mapped("What every principal has by nature.", may=_MAY),
        "roles": named(
            "People, and what they may and must.",
            mapped(
                "One role.",
                members=said({"type": "array", "items": REFERENCE}, "Persons and groups."),
                through=scoped("The principals that its members become.", named("", said(TEXT, "The name of a principal of that kind."))),
                may=_MAY,
                must=_MUST,
                owner=_OWNER,
                **_ORIGIN,
            ),
        ),
        "workloads": named(
            "What is not a person.",
            mapped(
                "One workload.",
                ["is"],
                is_=said({"type": "array", "items": REFERENCE}, "The principals that it is."),
                assumed_by=said(_OUTSIDERS, "Who may become it, `anybody` for everybody; nobody else."),
                audience=said(TEXTS, "For whom the tokens of identity providers in `assumed-by` have to be; for anybody when absent."),
                claims=named(
                    "What else these tokens have to say, by the name of the claim, such as repository_owner.", said(TEXTS, "Its values.")
                ),
                may=_MAY,
                must=_MUST,
                credentials=mapped(
                    "How it may prove who it is.",
                    static=said({"const": "none"}, "It may have no key or password."),
                    max_age=said(DURATION, "Of a key or password, and the longest life of the tokens that it logs in for."),
                ),
                owner=_OWNER,
                **_ORIGIN,
            ),
        ),
        "exceptions": named("What is allowed for a time: one of grant, debt and gap.", _exception()),
    }


def _exception() -> Schema:
    return mapped(
        "One exception, of a set and never of an id, so that what grows beyond it is seen.",
        ["until", "approved", "risk-owner"],
        grant=mapped("Entitlements beside the roles.", ["to", "may"], to=said(REFERENCE, "Who."), may=_MAY),
        debt=mapped(
            "Access beyond the ceiling.",
            ["of", "actions", "resources"],
            of=said(REFERENCE, "Who holds it."),
            actions=said(TEXTS, "As in an entitlement."),
            resources=said(TEXTS, "Likewise."),
        ),
        gap=mapped(
            "Something known not to be readable.",
            ["of", "what"],
            of=said(REFERENCE, "The account or realm, such as aws:111122223333."),
            what=said(TEXT, "As the gap calls it, such as iam or assets."),
        ),
        why=said(TEXT, "For the reader."),
        ticket=said(TEXT, "Likewise."),
        risk_owner=_OWNER,
        approved=said(TEXT, "The signed record behind it; without one it counts as absent."),
        from_=said(DAY, "The first day of a grant."),
        until=said(DAY, "It counts to the end of this day."),
    )
