"""GR502: an asset without a valid acceptance."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import WEBSITE, Example, Forbidden, bucket
from guardrails.model.words import Kind, Severity

CONTROL = Control(
    code="GR502",
    kind=Kind.ASSET_NOT_ACCEPTED,
    severity=Severity.MEDIUM,
    title="An asset without a valid acceptance",
    why="The declaration says that the security group accepted the asset with this class, and no signed record stands behind exactly "
    "these words. Somebody may have lowered the class after it was accepted.",
    clause="Acceptance of assets",
    iso="5.9",
    remedy="Have a record signed by the security group",
    allows=(Example(title="A signed record stands behind the entry", declared=WEBSITE, seen=(bucket("website"),)),),
    forbids=(
        Forbidden(
            title="The record was signed for other words",
            declared=WEBSITE,
            seen=(bucket("website"),),
            refused="ISG-2026-014 covers another version of asset:website",
            says="asset website is not accepted: ISG-2026-014 covers another version of asset:website",
        ),
        Forbidden(
            title="No record is named",
            declared=WEBSITE.replace("accepted: ISG-2026-014, ", ""),
            seen=(bucket("website"),),
            says="asset website is not accepted: nobody accepted it",
        ),
    ),
)
