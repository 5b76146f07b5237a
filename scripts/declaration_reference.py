"""Writes docs/declaration.md from the JSON Schema of the declaration; with --check it only says whether the page is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from guardrails.connectors.discovery import find
from guardrails.declare.schema import declaration_schema
from guardrails.declare.sections import UNEVALUATED

PAGE = Path(__file__).parents[1] / "docs/declaration.md"
BUILT_IN = ("aws", "ldap", "netbox", "vault")
"""Of these the ones that are there; a plugin documents its own part."""

HEAD = """\
# The declaration, field by field

<!-- Made by scripts/declaration_reference.py from the JSON Schema. Change the schema, not this page. -->

A declaration is every `*.yaml` and `*.yml` file below one folder, united. Order means nothing, neither of files nor of entries. What stands
twice is a mistake. `guardrails lint` finds every mistake offline; `guardrails schema` prints the JSON Schema for your editor.

The reader is strict. It takes maps, lists and texts, `true`, `false` and whole numbers. Anchors, tags, merge keys and unknown fields are
mistakes. Quote addresses, ids with leading zeros and anything with a colon: `"2001:db8::/32"`, `"012345678901"`, `"team:platform"`.

Forms used in the tables:

- *date*: `2026-12-31`. An `until` counts to the end of that day, in the zone of `state.timezone`.
- *duration*: hours or days, `12h` or `365d`.
- *reference*: `person:NAME`, `team:NAME`, `workload:NAME`, `role:NAME`, or `SYSTEM[@SET]:KIND/NAME` for what lives in a system, such as
  `aws@prod:role/etl` or `directory:group/sms-core`. A whole foreign account is `aws:444455556666`.
- `NAME` in a field stands for a name that you choose, `SYSTEM[@SET]` for a declared system or one of its sets.
- **bold**: the field is required.
"""

BELOW = "`connector` names the connector; the other fields are in the words of each, see below.\n"
NATIVE = {"settings": "Settings, under `systems.NAME`", "clause": "An entitlement in this system", "target": "A target of an allowlist"}
PATTERNS = {
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "date",
    "^[1-9][0-9]*[hd]$": "duration",
    "^[a-z][a-z0-9-]*(@[a-z][a-z0-9-]*)?:.+$": "reference",
    "^[0-9]{12}$": "twelve digits, in quotes",
    "^(env|file|keyring|vault-secret):": "reference to a secret, such as `env:NAME` or `file:/path`",
}

FORMS = {"integer": "number", "string": "text", "boolean": "`true` or `false`", "object": "map"}

Schema = Mapping[str, Any]


def page() -> str:
    """The whole page."""
    sections = declaration_schema([])["properties"]
    evaluated = [name for name in sections if name not in UNEVALUATED and name != "guardrails"]
    parts = [HEAD, "## Sections\n", "`guardrails: 1`, the version of the language, stands at the top of one of the files.\n"]
    for name in evaluated:
        section = sections[name]
        entry = section.get("additionalProperties")
        keyed = isinstance(entry, dict)
        told = f"{section['description']}{' A map keyed by name; of each entry:' if keyed else ''}\n"
        parts += [f"### `{name}`\n", told, _table("", entry if keyed else section) if name != "systems" else BELOW]
    parts += ["### Sections that nothing evaluates yet\n", _unevaluated()]
    for connector in (name for name in BUILT_IN if find_spec(f"guardrails.connectors.{name}")):
        parts += [f"## In the words of `{connector}`\n", *_native(find(connector).schema())]
    return "\n".join(parts)


def _unevaluated() -> str:
    names = ", ".join(f"`{name}`" for name in sorted(UNEVALUATED))
    return f"{names} are read and kept. A declaration that has one of them gets `GR902`, and exit code 3.\n"


def _native(schemas: Mapping[str, Schema]) -> Iterator[str]:
    for part, title in NATIVE.items():
        if part in schemas:
            yield f"### {title}\n"
            yield _table("", schemas[part])


def _table(start: str, schema: Schema) -> str:
    rows = [f"| {name} | {form} | {meaning} |" for name, form, meaning in _rows(start, "", schema)]
    return "\n".join(["| field | form | meaning |", "|---|---|---|", *rows, ""])


def _rows(path: str, mark: str, schema: Schema) -> Iterator[tuple[str, str, str]]:
    form, meaning = _form(schema), _cell(schema.get("description", ""))
    if path and (meaning or form != "map" or not _fields(schema)):
        yield f"{mark}`{path}`{mark}", form, meaning
    for name, inner in _fields(schema).items():
        inner_mark = "**" if name in schema.get("required", ()) else ""
        yield from _rows(f"{path}.{name}" if path else name, inner_mark, inner)


def _fields(schema: Schema) -> dict[str, Schema]:
    named = dict(schema.get("properties", {}))
    named |= dict.fromkeys(
        ["SYSTEM[@SET]"] if "patternProperties" in schema else [], next(iter(schema.get("patternProperties", {}).values()), {})
    )
    more = schema.get("additionalProperties")
    return named | ({"NAME": more} if isinstance(more, dict) else {})


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _form(schema: Schema) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "anyOf" in schema:
        return _alternatives(schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_form(schema['items'])}"
    return PATTERNS.get(schema.get("pattern", "")) or FORMS.get(schema.get("type", ""), "anything")


def _alternatives(schemas: list[Schema]) -> str:
    native = not schemas or schemas == [{"type": "string"}]  # only what connectors bring, and none was asked
    return "in the words of the system, see below" if native else " or ".join(map(_form, schemas))


def main(arguments: list[str]) -> int:
    made = page()
    if "--check" not in arguments:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == made:
        return 0
    print(f"{PAGE.name} is stale; run: python scripts/declaration_reference.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
