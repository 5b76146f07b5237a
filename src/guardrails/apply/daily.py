"""How much was changed on a day without asking again: one file for each plan, made before the plan is begun, so that a crash counts too.

`standing/2026-11-26/DIGEST.json` says how many changes the plan of that digest makes. It is never made twice, and never taken away.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from guardrails.errors import OperatorError, Refused
from guardrails.trust.canonical import dump, parse
from guardrails.trust.errors import MalformedJson
from guardrails.trust.files import names_in, opened_folder, publish, read_plain

__all__ = ["reserve", "used"]

_FOLDER = "standing"
_MOST = 4096


def used(state: Path, day: date) -> int:
    """How many changes were begun on a day.

    Raises:
        OperatorError: It cannot be told.
        Refused: Something was counted for a later day, so the clock was set back.
    """
    folder = _made(state / _FOLDER)
    if later := [path.name for path in folder.iterdir() if path.name > day.isoformat()]:
        raise Refused(
            f"it is {day}, and changes were counted for {max(later)}", remedy="correct the clock; what it says decides what is left"
        )
    with opened_folder(_made(folder / day.isoformat())) as descriptor:
        return sum(_changes(name, descriptor) for name in names_in(descriptor))


def reserve(state: Path, day: date, digest: str, changes: int) -> None:
    """Count a plan, on the disk when this returns.

    Raises:
        Refused: It was counted before.
        OperatorError: It cannot be written.
    """
    path = _made(_made(state / _FOLDER) / day.isoformat()) / f"{digest}.json"
    try:
        publish(path, dump({"changes": changes, "plan": digest}))
    except FileExistsError:
        raise Refused(f"plan sha256:{digest[:12]} was begun before", remedy="plan again") from None
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}", remedy="make room or mend the disk, then run again") from error


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise OperatorError(f"{folder}: {error.strerror}", remedy="let guardrails write the state folder") from error
    return folder


def _changes(name: str, folder: int) -> int:
    if name.startswith(".draft-"):
        return 0  # of a run that was killed before it counted anything, and so before it changed anything
    try:
        found = parse(read_plain(name, folder, _MOST))
        number = found["changes"] if isinstance(found, dict) else None
    except (MalformedJson, KeyError) as error:
        raise OperatorError(f"{name} does not tell how many changes were made: {error}", remedy="find out who wrote to it") from None
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise OperatorError(f"{name} does not tell how many changes were made", remedy="find out who wrote to it")
    return number
