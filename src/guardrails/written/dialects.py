"""How a value is spelled in a syntax, and what may stand between members there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from guardrails.hcl.texts import quoted_text, spelled

__all__ = ["HCL", "JSON", "JSON_IN_TEMPLATE", "YAML", "Dialect"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A syntax; `is_template` where `${` in a text means that something is put in."""

    name: str
    may_trail: bool
    is_template: bool = False

    @property
    def between(self) -> str:
        """What stands between members of a list."""
        return ","

    def render(self, value: object, begin: str = "") -> str:
        """A value; `begin` is a line break and the white space of the line that it begins in, empty for one line."""
        if self.name == "json":
            return self._as_json(value, begin)
        if self.name == "yaml":  # whose flow form takes JSON
            return self._as_json(value, "")
        return self._as_hcl(value, begin)

    def key(self, name: str) -> str:
        """A name with what stands between it and its value."""
        if self.name == "json":
            return f"{self.render(name)}: "
        if self.name == "yaml":
            return f"{name if _NAME.fullmatch(name) else self.render(name)}: "
        return f"{name if _NAME.fullmatch(name) else quoted_text(name)} = "

    def _as_json(self, value: object, begin: str) -> str:
        text = json.dumps(value, ensure_ascii=False, indent=2 if begin else None)
        text = spelled(text) if self.is_template else text
        return text.replace("\n", begin)

    def _as_hcl(self, value: object, begin: str) -> str:
        match value:
            case Mapping():
                inner = f"{begin}  " if begin else ""
                entries = [f"{self.key(str(name))}{self._as_hcl(held, inner)}" for name, held in value.items()]
                if not entries or not begin:
                    return f"{{ {', '.join(entries)} }}" if entries else "{}"
                return f"{{{inner}{inner.join(entries)}{begin}}}"
            case list():
                return f"[{', '.join(self._as_hcl(item, begin) for item in value)}]"
            case str():
                return quoted_text(value)
            case _:
                return json.dumps(value)


HCL = Dialect(name="hcl", may_trail=True)
JSON = Dialect(name="json", may_trail=False)
YAML = Dialect(name="yaml", may_trail=True)
JSON_IN_TEMPLATE = Dialect(name="json", may_trail=False, is_template=True)
