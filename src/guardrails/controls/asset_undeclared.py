"""GR501: an asset that nothing declares."""

from __future__ import annotations

from guardrails.controls.control import Control
from guardrails.controls.examples import WEBSITE, Example, Forbidden, bucket
from guardrails.model.words import Kind, Severity

CONTROL = Control(
    code="GR501",
    kind=Kind.ASSET_UNDECLARED,
    severity=Severity.MEDIUM,
    title="An asset that nothing declares",
    why="Something holds data, and nobody has said what it is worth or who answers for it. Without a class no protection can be asked of "
    "it, so nothing else here will tell when it is badly kept.",
    clause="Acceptance of assets",
    iso="5.9",
    remedy="Declare it with class and owner, and have it accepted",
    allows=(Example(title="The one bucket is declared", declared=WEBSITE, seen=(bucket("website"),)),),
    forbids=(
        Forbidden(
            title="There is a second bucket",
            declared=WEBSITE,
            seen=(bucket("website"), bucket("dump")),
            says="aws@111122223333:bucket/dump is matched by no declared asset",
        ),
    ),
)
