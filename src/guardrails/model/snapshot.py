"""Observations as JSON and back, for a file that outlives the run. Pure: files are written elsewhere.

The envelope names its version, carries a digest of what it holds and has a place for a seal. What was changed, cut or written by a newer
version is refused whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from guardrails.errors import SnapshotError
from guardrails.model.coding import decoded, encoded
from guardrails.model.observation import Observation

__all__ = ["SCHEMA", "dump_observations", "load_observations"]

SCHEMA = "guardrails.observation/1"
_REMEDY = "observe again; a snapshot cannot be mended"


def dump_observations(observations: Iterable[Observation]) -> str:
    """One line of JSON with sorted keys; equal observations give equal text."""
    held = [encoded(observation) for observation in sorted(observations, key=lambda observation: observation.system)]
    return _canonical({"schema": SCHEMA, "digest": _digest(held), "seal": None, "observations": held}) + "\n"


def load_observations(text: str) -> tuple[Observation, ...]:
    """What `dump_observations` wrote.

    Raises:
        SnapshotError: It is damaged, foreign or of a newer version.
    """
    try:
        envelope = json.loads(text)
    except ValueError as error:
        raise SnapshotError(f"the snapshot is not JSON: {error}", remedy=_REMEDY) from None
    if not isinstance(envelope, dict) or envelope.get("schema") != SCHEMA:
        found = envelope.get("schema") if isinstance(envelope, dict) else None
        raise SnapshotError(f"the snapshot is of {found or 'no schema'}, and this version reads {SCHEMA}", remedy="update guardrails")
    if envelope.get("seal") is not None:
        raise SnapshotError("the snapshot is sealed, and no key to open it is configured", remedy="open it where it was sealed")
    if envelope.get("digest") != _digest(envelope.get("observations")):
        raise SnapshotError("the snapshot does not match its digest: it was changed or cut", remedy=_REMEDY)
    try:
        return tuple(decoded(Observation, held) for held in envelope["observations"])
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise SnapshotError(f"the snapshot does not hold observations: {error!r}", remedy=_REMEDY) from error


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _digest(held: object) -> str:
    return hashlib.sha256(_canonical(held).encode()).hexdigest()
