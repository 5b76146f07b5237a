"""The controls, as a table: what each is called, how severe it is, which clause it serves and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from guardrails.model.words import Kind, Severity

__all__ = ["CONTROLS", "ControlText"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlText:
    """One control. `clause` is of the policy, `iso` of ISO/IEC 27001:2022 Annex A."""

    code: str
    kind: Kind
    severity: Severity
    title: str
    clause: str
    iso: str
    remedy: str


CONTROLS = (
    ControlText(
        code="GR101",
        kind=Kind.ACCESS_EXCESS,
        severity=Severity.HIGH,
        title="Access beyond the ceiling",
        clause="Access control",
        iso="5.15, 5.18, 8.3",
        remedy="Remove the grant, or declare it and have it reviewed",
    ),
    ControlText(
        code="GR102",
        kind=Kind.ACCESS_MISSING,
        severity=Severity.MEDIUM,
        title="Access that must be there is not",
        clause="Access control",
        iso="5.15, 5.18",
        remedy="Grant what is missing, or lower the floor",
    ),
    ControlText(
        code="GR103",
        kind=Kind.PRINCIPAL_UNDECLARED,
        severity=Severity.HIGH,
        title="A principal that nothing declares",
        clause="Access control",
        iso="5.16, 5.18",
        remedy="Declare it as a workload or through a role, or remove it",
    ),
    ControlText(
        code="GR104",
        kind=Kind.TRUST_EXCESS,
        severity=Severity.CRITICAL,
        title="Somebody undeclared may become a principal",
        clause="Access control",
        iso="5.15, 5.19",
        remedy="Take the principal out of the trust policy, or declare it",
    ),
    ControlText(
        code="GR105",
        kind=Kind.TRUST_WITHOUT_EXTERNAL_ID,
        severity=Severity.HIGH,
        title="A third party is trusted without an external id",
        clause="Vendors",
        iso="5.19, 5.20",
        remedy="Add a StringEquals condition on sts:ExternalId",
    ),
    ControlText(
        code="GR301",
        kind=Kind.EXPOSURE_EXCESS,
        severity=Severity.HIGH,
        title="Addresses beyond the allowlist",
        clause="Network",
        iso="8.20, 8.22",
        remedy="Remove the rule, or declare the network",
    ),
    ControlText(
        code="GR302",
        kind=Kind.EXPOSURE_MISSING,
        severity=Severity.MEDIUM,
        title="Addresses that must reach a target do not",
        clause="Network",
        iso="8.20, 8.22",
        remedy="Add the rule, or take the network out of must-from",
    ),
    ControlText(
        code="GR303",
        kind=Kind.EXPOSURE_UNDECLARED,
        severity=Severity.HIGH,
        title="Exposure without an allowlist",
        clause="Network",
        iso="8.20, 8.22",
        remedy="Declare an allowlist, or remove the rules",
    ),
    ControlText(
        code="GR304",
        kind=Kind.NETWORK_EXPIRED,
        severity=Severity.MEDIUM,
        title="A network past its date",
        clause="Network",
        iso="8.20",
        remedy="Renew it, or remove it and its rules",
    ),
    ControlText(
        code="GR401",
        kind=Kind.AT_REST_WEAK,
        severity=Severity.HIGH,
        title="Encryption at rest weaker than the class",
        clause="Cryptography",
        iso="8.24",
        remedy="Encrypt as the class demands",
    ),
    ControlText(
        code="GR402",
        kind=Kind.KEY_NOT_ROTATED,
        severity=Severity.MEDIUM,
        title="A key is rotated too rarely",
        clause="Cryptography",
        iso="8.24",
        remedy="Enable rotation of the key",
    ),
    ControlText(
        code="GR403",
        kind=Kind.TRANSIT_WEAK,
        severity=Severity.HIGH,
        title="Requests in clear are let through",
        clause="Cryptography",
        iso="8.24, 5.14",
        remedy="Deny every request without TLS, for everybody and all actions",
    ),
    ControlText(
        code="GR404",
        kind=Kind.KEY_UNUSABLE,
        severity=Severity.CRITICAL,
        title="A key in use is disabled or going",
        clause="Cryptography",
        iso="8.24",
        remedy="Enable the key, or cancel its deletion",
    ),
    ControlText(
        code="GR501",
        kind=Kind.ASSET_UNDECLARED,
        severity=Severity.MEDIUM,
        title="An asset that nothing declares",
        clause="Acceptance of assets",
        iso="5.9",
        remedy="Declare it with class and owner, and have it accepted",
    ),
    ControlText(
        code="GR502",
        kind=Kind.ASSET_NOT_ACCEPTED,
        severity=Severity.MEDIUM,
        title="An asset without a valid acceptance",
        clause="Acceptance of assets",
        iso="5.9",
        remedy="Have a record signed by the security group",
    ),
    ControlText(
        code="GR503",
        kind=Kind.EXCEPTION_EXPIRED,
        severity=Severity.MEDIUM,
        title="An exception past its date",
        clause="Risk assessment",
        iso="6.1.2",
        remedy="Remove the exception and what it covered, or have it renewed",
    ),
    ControlText(
        code="GR504",
        kind=Kind.EXCEPTION_NOT_APPROVED,
        severity=Severity.HIGH,
        title="An exception without a valid approval",
        clause="Risk assessment",
        iso="6.1.2",
        remedy="Have a record signed by the security group",
    ),
    ControlText(
        code="GR505",
        kind=Kind.VENDOR_LAPSED,
        severity=Severity.HIGH,
        title="A vendor whose assessment lapsed",
        clause="Vendors",
        iso="5.19, 5.22",
        remedy="Assess the vendor again, or end its access",
    ),
    ControlText(
        code="GR506",
        kind=Kind.DECLARED_ABSENT,
        severity=Severity.LOW,
        title="Something declared was not found",
        clause="Access control",
        iso="5.9, 5.16",
        remedy="Correct the name, or remove the entry",
    ),
    ControlText(
        code="GR901",
        kind=Kind.EVIDENCE_GAP,
        severity=Severity.HIGH,
        title="Something could not be seen",
        clause="System monitoring",
        iso="8.15",
        remedy="Give the reader the right that is missing, or declare a known gap",
    ),
    ControlText(
        code="GR902",
        kind=Kind.SECTION_UNEVALUATED,
        severity=Severity.LOW,
        title="A declared section that nothing evaluates yet",
        clause="System monitoring",
        iso="5.36",
        remedy="Leave the section out, or accept that it is not checked",
    ),
    ControlText(
        code="GR904",
        kind=Kind.SYSTEM_EMPTY,
        severity=Severity.CRITICAL,
        title="A declared system answered with nothing",
        clause="System monitoring",
        iso="8.15",
        remedy="Check the address, the credentials and the rights of the reader",
    ),
)
