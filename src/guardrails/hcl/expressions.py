"""Values of HCL 2 as far as they are written out, and what expressions are made of. All else is skipped exactly."""

from __future__ import annotations

import re

from guardrails.hcl.passing import Passing
from guardrails.hcl.texts import EXPRESSION, here, quoted
from guardrails.hcl.tree import Call, Entry, Fields, Items, Node, Opaque, Plain, Reference, Text

__all__ = ["WORD", "Expressions"]

WORD = re.compile(r"[^\W\d][\w-]*")
_DOT = re.compile(r"\.([^\W\d][\w-]*)")
_KEY = re.compile(r'\[(?:(0|[1-9][0-9]*)|"([^"\\$%\n]*)")\]')
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])")
_PLAIN = {"true": True, "false": False, "null": None}
_MADE = frozenset({"indexed", "keyed"})
_LONGEST = 60


class Expressions(Passing):
    """Reads values where they stand."""

    def expression(self, at: int, *, lines: bool) -> tuple[Node, int]:
        """A value that ends where a line, an item or a bracket does; with `lines` a line does not end it."""
        self.deeper(at)
        found = self._term(at)
        self.out()
        if found is not None and not self.ends(self.past(found[1], lines=lines)):
            found = None
        if found is not None and not (isinstance(found[0], Opaque) and found[0].form in _MADE):
            return found
        end = self.skipped(at, lines=lines)
        if end == at:
            raise self.error(at, "a value should stand here")
        known = found[0] if found is not None and isinstance(found[0], Opaque) else None
        made, form = (known.made, known.form) if known else ((), "")
        return Opaque(why=self._said(at, end), start=at, end=end, made=made, form=form), end

    def _said(self, start: int, end: int) -> str:
        said = " ".join(self.text[start:end].split())
        return said if len(said) <= _LONGEST and '"' not in said else EXPRESSION

    def _put(self, at: int) -> tuple[Node, int]:
        """What is put into a text at `${`; what steers one at `%{` is not understood."""
        if self.text[at] == "$":
            node, end = self.expression(self.past(at + 2, lines=True), lines=True)
            end = self.past(end, lines=True)
            if self.text[end : end + 1] == "}":
                return node, end + 1
        return self.passed(at)

    def _term(self, at: int) -> tuple[Node, int] | None:
        letter = self.text[at : at + 1]
        if letter == '"':
            text = quoted(self.text, at, self._put)
            return text, text.end
        if letter == "<" and self.text.startswith("<<", at):
            return here(self.text, at, self._put)
        if letter == "[":
            return self._items(at)
        if letter == "{":
            return self._fields(at)
        if number := _NUMBER.match(self.text, at):
            number_ = number[0]
            value = float(number_) if re.search("[.eE]", number_) else int(number_)
            return Plain(value=value, start=at, end=number.end()), number.end()
        return self._named(at)

    def _named(self, at: int) -> tuple[Node, int] | None:
        word = WORD.match(self.text, at)
        if word is None:
            return None
        if word[0] in _PLAIN:
            return Plain(value=_PLAIN[word[0]], start=at, end=word.end()), word.end()
        if self.text[word.end() : word.end() + 1] == "(":
            return self._call(word[0], at, word.end())
        first = self._names(at, word.end(), [word[0]])
        return self._indexed(first) if self.text[first.end : first.end + 1] == "[" else (first, first.end)

    def _names(self, start: int, end: int, path: list[str]) -> Reference:
        while found := _DOT.match(self.text, end):
            path.append(found[1])
            end = found.end()
        return Reference(path=tuple(path), start=start, end=end)

    def _indexed(self, first: Reference) -> tuple[Node, int] | None:
        """Names with keys that are written out; `None` for other keys."""
        made: list[Node] = [first]
        end = first.end
        while self.text[end : end + 1] == "[":
            key = _KEY.match(self.text, end)
            if key is None:
                return None
            start, end = end, key.end()
            made.append(Text(value=key[2], start=start, end=end) if key[1] is None else Plain(value=int(key[1]), start=start, end=end))
            names = self._names(end, end, [])
            made += [names] if names.path else []
            end = names.end
        return Opaque(why=EXPRESSION, start=first.start, end=end, made=tuple(made), form="indexed"), end

    def _call(self, name: str, start: int, at: int) -> tuple[Node, int] | None:
        found = self._listed(at + 1, ")")
        if found is None:
            return None
        arguments, end = found
        return Call(name=name, arguments=arguments, start=start, end=end), end

    def _items(self, start: int) -> tuple[Node, int] | None:
        found = self._listed(start + 1, "]")
        if found is None:
            return None
        items, end = found
        return Items(items=items, start=start, end=end), end

    def _listed(self, at: int, close: str) -> tuple[tuple[Node, ...], int] | None:
        """Values with commas between them; `None` for what is made by `for`, or of another form."""
        items: list[Node] = []
        at = self.past(at, lines=True)
        if re.match(r"for\s", self.text[at : at + 4]):
            return None
        while self.text[at : at + 1] != close:
            item, at = self.expression(at, lines=True)
            items.append(item)
            at = self.past(at, lines=True)
            if self.text[at : at + 1] == ",":
                at = self.past(at + 1, lines=True)
            elif self.text[at : at + 1] != close:
                return None
        return tuple(items), at + 1

    def _fields(self, start: int) -> tuple[Node, int] | None:
        found: list[tuple[Node, Entry]] = []
        at = self.past(start + 1, lines=True)
        if re.match(r"for\s", self.text[at : at + 4]):
            return None
        while self.text[at : at + 1] != "}":
            pair = self._pair(at)
            if pair is None:
                return None
            found.append(pair)
            at = self.past(pair[1].end, lines=False)
            if self.text[at : at + 1] == ",":
                at += 1
            elif not self.ends(at):
                return None
            at = self.past(at, lines=True)
        if all(isinstance(key, Text) for key, _ in found):
            return Fields(entries=tuple(entry for _, entry in found), start=start, end=at + 1), at + 1
        made = tuple(node for key, entry in found for node in (key, entry.value))
        return Opaque(why=EXPRESSION, start=start, end=at + 1, made=made, form="keyed"), at + 1

    def _pair(self, at: int) -> tuple[Node, Entry] | None:
        """A name, `=` or `:`, and a value; `None` where the name is neither a word nor a text."""
        key: Node
        if self.text[at : at + 1] == '"':
            key = quoted(self.text, at, self._put)
        elif word := WORD.match(self.text, at):
            key = Text(value=word[0], start=at, end=word.end(), form="plain")
        else:
            return None
        after = self.past(key.end, lines=False)
        if self.text[after : after + 1] not in {"=", ":"} or self.text.startswith("==", after):
            return None
        value, end = self.expression(self.past(after + 1, lines=True), lines=False)
        return key, Entry(name=key.value if isinstance(key, Text) else "", value=value, start=at, end=end)
