"""From YAML files to a `Declaration`: every mistake at once, each with file, line and column."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from guardrails.connectors.discovery import find
from guardrails.declare.applying import read_applying
from guardrails.declare.clock import read_clock
from guardrails.declare.native import NATIVE_READERS
from guardrails.declare.networks import with_published, with_systems
from guardrails.declare.origin import ADOPTABLE, without_origin
from guardrails.declare.people import read_people
from guardrails.declare.registers import read_registers
from guardrails.declare.resolve import dangling
from guardrails.declare.sections import CLASS_FIELDS_UNEVALUATED, READERS, UNEVALUATED, read_class
from guardrails.errors import AuthorError, DeclarationError, OperatorError
from guardrails.model.declaration import Adopted, Declaration, DeclaredClass, System
from guardrails.model.reference import NOWHERE, Place
from guardrails.notation.document import Items, Mapping, Node, Scalar, read
from guardrails.notation.shape import Fields, Notes
from guardrails.ports import Connector

__all__ = ["files", "load", "loads"]

_WHOLE = ("apply", "classes", "emergency", "everyone", "isg", "people", "registers", "state")
"""Sections that are read as a whole and not entry by entry."""
_CLAIMS = frozenset({"accepted", "approved"})


def load(folder: Path, more: Iterable[tuple[str, bytes]] = ()) -> Declaration:
    """Read and unite every `*.yaml` and `*.yml` below a folder (or one file), and `more` documents by name as if they stood there.

    Raises:
        DeclarationError: With every mistake of every file.
        AuthorError: There is nothing to read.
    """
    paths = files(folder)
    root = folder.parent if folder.is_file() else folder
    texts = [(str(path.relative_to(root)), path.read_bytes()) for path in paths]
    found = loads([*texts, *more])
    systems = tuple(replace(system, folder=str(root)) for system in found.systems)
    return replace(found, folder=str(root), systems=systems, networks=with_published(found.networks, root))


def files(folder: Path) -> list[Path]:
    """Every `*.yaml` and `*.yml` below a folder, sorted; a file stands for itself.

    Raises:
        AuthorError: There is none.
    """
    paths = [folder] if folder.is_file() else sorted(path for end in ("*.yaml", "*.yml") for path in folder.rglob(end))
    if not paths:
        raise AuthorError(f"{folder}: there is no declaration", remedy="name the folder that holds guardrails.yaml")
    return paths


def loads(texts: Iterable[tuple[str, bytes]]) -> Declaration:
    """Read and unite named documents; the order does not matter.

    Raises:
        DeclarationError: With every mistake of every document.
    """
    notes = Notes()
    gathered: dict[str, dict[str, tuple[Node, Place]]] = {}
    version, documents = False, sorted(texts)
    for file, content in documents:
        node, mistakes = read(content, file)
        notes.mistakes += mistakes
        if node is not None:
            version |= _gather(node, notes, gathered)
    if not version and not notes.mistakes:
        notes.add(NOWHERE, "no file says which language it is in", "write `guardrails: 1` at the top of guardrails.yaml")
    declaration = _united(gathered, notes)
    if not notes.mistakes:
        for place, message, remedy in dangling(declaration):
            notes.add(place, message, remedy)
    if notes.mistakes:
        raise DeclarationError(tuple(notes.mistakes))
    listed = [(file, hashlib.sha256(content).hexdigest()) for file, content in documents]
    return replace(declaration, digest=hashlib.sha256(json.dumps(listed).encode()).hexdigest())


def _gather(node: Node, notes: Notes, gathered: dict[str, dict[str, tuple[Node, Place]]]) -> bool:
    fields = Fields(node, notes, "the declaration")
    version = fields.node("guardrails")
    if version is not None and (not isinstance(version, Scalar) or version.text != "1"):
        notes.add(version.place, "this language version is not known", "write `guardrails: 1`, or update guardrails")
    for name in (*READERS, *NATIVE_READERS, *_WHOLE, *UNEVALUATED):
        section = fields.node(name)
        if section is None:
            continue
        known = gathered.setdefault(name, {})
        for key, value, place in Fields(section, notes, name).each():
            if key in known:
                notes.add(place, f"{name}.{key} stands twice, first at {known[key][1]}", "remove one")
            known[key] = (value, place)
    fields.done()
    return version is not None


def _united(gathered: dict[str, dict[str, tuple[Node, Place]]], notes: Notes) -> Declaration:
    built: dict[str, Any] = {"adopted": tuple(_adopted(gathered, notes))}
    for section, reader in READERS.items():
        entries = sorted(gathered.get(section, {}).items())
        built[section] = tuple(e for name, (node, place) in entries if (e := reader(name, node, place, notes)) is not None)
    built["networks"] = with_systems(built["networks"], built["systems"], notes)
    languages = _languages(built["systems"], notes)
    for section, native in NATIVE_READERS.items():
        built[section] = tuple(
            native(name, node, place, notes, languages) for name, (node, place) in sorted(gathered.get(section, {}).items())
        )
    built["clock"] = read_clock(gathered.get("state", {}), notes)
    built["sources"], built["joins"] = read_people(gathered.get("people", {}), notes)
    built["applying"] = read_applying(gathered.get("apply", {}), gathered.get("emergency", {}), notes)
    built["classes"] = _classes(gathered.get("classes", {}), notes)
    unevaluated = [(name, next(iter(gathered[name].values()))[1]) for name in sorted(UNEVALUATED) if gathered.get(name)]
    return Declaration(
        **built,
        everyone=_everyone(gathered.get("everyone", {}), notes),
        roster=_roster(gathered.get("isg", {}), notes),
        changes=read_registers(gathered.get("registers", {}), notes),
        unevaluated=tuple(sorted([*unevaluated, *notes.unevaluated])),
        digests=tuple(sorted([*_entries(gathered), *_standing(gathered, built["applying"].environment)])),
    )


def _entries(gathered: dict[str, dict[str, tuple[Node, Place]]]) -> Iterator[tuple[str, str]]:
    for section in (*READERS, *NATIVE_READERS):
        for name, (node, _) in gathered.get(section, {}).items():
            yield f"{section.removesuffix('s')}:{name}", _digest(_plain(node, top=True))


def _standing(gathered: dict[str, dict[str, tuple[Node, Place]]], environment: str) -> Iterator[tuple[str, str]]:
    """Of all that bounds what may be changed without asking again, so that a limit that is raised later has to be signed anew."""
    if "standing" in gathered.get("apply", {}):
        bounds = {
            f"{section}.{name}": _plain(node, top=name == "standing")
            for section in ("apply", "emergency")
            for name, (node, _) in gathered.get(section, {}).items()
        }
        yield f"standing:{environment}", _digest({"environment": environment, **bounds})


def _adopted(gathered: dict[str, dict[str, tuple[Node, Place]]], notes: Notes) -> Iterator[Adopted]:
    """The marks of origin, taken from the entries, so that neither their readers nor their digests know of them."""
    for section in ADOPTABLE:
        for name, (node, place) in sorted(gathered.get(section, {}).items()):
            plain, mark = without_origin(section, name, node, place, notes)
            gathered[section][name] = (plain, place)
            if mark is not None:
                yield mark


def _languages(systems: tuple[System, ...], notes: Notes) -> dict[str, Connector]:
    found = {}
    for system in systems:
        try:
            found[system.name] = find(system.connector)
        except OperatorError as error:
            notes.add(system.place, f"systems.{system.name}: {error.message}", error.remedy)
    return found


def _roster(isg: dict[str, tuple[Node, Place]], notes: Notes) -> str:
    for name, (_, place) in isg.items():
        if name in {"mirrored-in", "data-protection-officer"}:
            notes.unevaluated.append((f"isg.{name}", place))
        elif name != "roster":
            notes.add(place, f"isg has no field {name}", "write roster, mirrored-in or data-protection-officer")
    node = isg.get("roster", (None, NOWHERE))[0]
    if node is not None and not isinstance(node, Scalar):
        notes.add(node.place, "isg.roster must be a text", "write the path of the roster")
    return node.text if isinstance(node, Scalar) else ""


def _everyone(entries: dict[str, tuple[Node, Place]], notes: Notes) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for name, (node, place) in entries.items():
        if name != "may":
            notes.add(place, f"everyone has no field {name}", "write everyone: {may: [...]}")
        elif isinstance(node, Items) and all(isinstance(item, Scalar) for item in node.items):
            found = tuple(item.text for item in node.items if isinstance(item, Scalar))
        else:
            notes.add(node.place, "everyone.may must be a list of entitlements", "write everyone: {may: [...]}")
    return found


def _classes(entries: dict[str, tuple[Node, Place]], notes: Notes) -> tuple[DeclaredClass, ...]:
    read_ones = {name: read_class(name, node, place, notes) for name, (node, place) in entries.items()}
    found = []
    for name, (declared, _, fields) in sorted(read_ones.items()):
        folded, rank, chain, at = declared, 1, {name}, name
        while extends := read_ones[at][1]:
            if extends not in read_ones or extends in chain:
                notes.add(declared.place, f"classes.{name} extends {extends}, which is unknown or leads back", "name another class")
                break
            chain.add(extends)
            base, at, rank = read_ones[extends][0], extends, rank + 1
            folded = replace(
                folded,
                at_rest=max(folded.at_rest, base.at_rest),
                in_transit=max(folded.in_transit, base.in_transit),
                rotation_days=min((d for d in (folded.rotation_days, base.rotation_days) if d), default=0),
                own_key=folded.own_key or base.own_key,
                key_kept=folded.key_kept or base.key_kept,
            )
        for word in CLASS_FIELDS_UNEVALUATED:
            if fields.node(word) is not None:
                notes.unevaluated.append((f"classes.{name}.{word}", declared.place))
        fields.done()
        found.append(replace(folded, rank=rank))
    return tuple(found)


def _digest(plain: Any) -> str:  # noqa: ANN401  # JSON
    """SHA-256 of an entry's canonical form, without the claim itself: what a signature stands behind."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(node: Node, *, top: bool = False) -> Any:  # noqa: ANN401  # JSON
    match node:
        case Scalar():
            return node.text
        case Items():
            return [_plain(item) for item in node.items]
        case Mapping():
            return {key.text: _plain(value) for key, value in node.entries if not (top and key.text in _CLAIMS)}
