"""From a document as it is written to one that says something else: the smallest cuts, and nothing of what is not written out is touched.

What a source does not write out is known by what is so: the same document, as it was seen, says it in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from guardrails.hcl.tree import Call, Entry, Fields, Items, Node, Opaque, Plain, Reference, Text, value_of
from guardrails.written.cuts import Cut
from guardrails.written.dialects import Dialect
from guardrails.written.documents import alike, one_form
from guardrails.written.listed import Span, added, indent_at, line_start, removed

__all__ = ["Elsewhere", "Known", "NoPatch", "Unwritten", "known_by", "rewritten", "said", "told"]

Unwritten = Opaque | Reference | Call


class NoPatch(Exception):  # named in the words of the field
    """Why nothing is proposed at the line; `place` is where that is, as `infra/app.tf:14`, and empty where nothing was found."""

    def __init__(self, why: str, place: str = "") -> None:
        super().__init__(why)
        self.place = place


@dataclass(slots=True)
class Known:
    """What each expression of one text stands for, by its spelling there."""

    text: str
    values: dict[str, object] = field(default_factory=dict)

    def note(self, node: Unwritten | Items, value: object) -> None:
        """Remember it.

        Raises:
            NoPatch: It stands for something else elsewhere.
        """
        spelling = self.text[node.start : node.end]
        if not alike(self.values.setdefault(spelling, value), value):
            raise NoPatch("what it says is not what is so")

    def under(self, text: str) -> Known:
        """The same expressions in another text."""
        return Known(text, self.values)


def said(node: Node, known: Known) -> object:
    """The value of a node.

    Raises:
        NoPatch: It is not written out, and not known either.
    """
    match node:
        case Text() | Plain():
            return node.value
        case Items():
            whole = known.values.get(known.text[node.start : node.end])
            return whole if whole is not None else [said(item, known) for item in node.items]
        case Fields():
            if len({entry.name for entry in node.entries}) != len(node.entries):
                raise NoPatch("a name stands twice")
            return {entry.name: said(entry.value, known) for entry in node.entries}
        case _:
            spelling = known.text[node.start : node.end]
            if spelling not in known.values:
                raise NoPatch(f"its value is decided by {told(node)}")
            return known.values[spelling]


def told(node: Node) -> str:
    """What decides a value, for people."""
    try:
        value_of(node)
    except LookupError as error:
        return str(error)
    return "what is no text"


def known_by(node: Node, seen: object, known: Known) -> None:
    """Take what is not written out from what was seen in the same place, wherever that is one place alone.

    Raises:
        NoPatch: One expression would stand for two values.
    """
    match node:
        case Fields() if isinstance(seen, Mapping):
            for entry in node.entries:
                if entry.name in seen:
                    known_by(entry.value, seen[entry.name], known)
        case Fields() if isinstance(seen, list) and len(seen) == 1:
            known_by(node, seen[0], known)
        case Items():
            _known_items(node, seen if isinstance(seen, list) else [seen], known)
        case Opaque() | Reference() | Call() if isinstance(seen, str):
            known.note(node, seen)
        case Opaque() | Reference() | Call() if isinstance(seen, list) and len(seen) == 1 and isinstance(seen[0], str):
            known.note(node, seen[0])


def _known_items(node: Items, seen: list[object], known: Known) -> None:
    """Each by itself where it fits one place alone; of a list of texts all together, where which of them is which is not known."""
    worded = {one_form(said(item, known)) for item in node.items if _is_said(item, known)}
    left = [value for value in seen if one_form(value) not in worded]
    open_ = [item for item in node.items if not _is_said(item, known)]
    texts = all(isinstance(item, Unwritten) for item in open_) and all(isinstance(value, str) for value in left)
    if len(open_) == len(left) == 1:
        known_by(open_[0], left[0], known)
    elif open_ and texts and len(open_) == len(left):
        known.note(node, seen)
    else:
        for item in open_:
            fitting = {one_form(value): value for value in left if _fits(item, value)}
            if len(fitting) == 1:
                known_by(item, next(iter(fitting.values())), known)


def _is_said(item: Node, known: Known) -> bool:
    """Whether it is a text or number that is written out, here or behind a name."""
    return isinstance(item, Text | Plain) or (isinstance(item, Reference) and known.text[item.start : item.end] in known.values)


def _fits(item: Node, value: object) -> bool:
    """Whether all that is written out of it is so."""
    match item:
        case Text() | Plain():
            return alike(item.value, value)
        case Fields():
            held = {entry.name: entry.value for entry in item.entries}
            return isinstance(value, Mapping) and held.keys() == value.keys() and all(_fits(held[key], value[key]) for key in held)
        case Items():
            listed = value if isinstance(value, list) else [value]
            forms = {one_form(one) for one in listed}
            return len(listed) == len(item.items) and all(
                one_form(one.value) in forms for one in item.items if isinstance(one, Text | Plain)
            )
        case _:
            return not isinstance(value, Mapping)


Elsewhere = Callable[[Unwritten, object], bool]
"""Whether what a name stands for can become something else where that is written out."""


def rewritten(node: Node, wanted: object, known: Known, dialect: Dialect, elsewhere: Elsewhere = lambda *_: False) -> list[Cut]:
    """The cuts that make a document say what is wanted.

    Raises:
        NoPatch: What would have to be another one is not written out.
    """
    return list(_Rewriting(known, dialect, elsewhere).cuts(node, wanted))


class _Rewriting:
    def __init__(self, known: Known, dialect: Dialect, elsewhere: Elsewhere) -> None:
        self._known, self._text, self._dialect, self._elsewhere = known, known.text, dialect, elsewhere

    def cuts(self, node: Node, wanted: object) -> Iterator[Cut]:
        if alike(said(node, self._known), wanted):
            return
        match node:
            case Fields() if isinstance(wanted, Mapping):
                yield from self._fields(node, wanted)
            case Fields() if isinstance(wanted, list) and len(wanted) == 1 and isinstance(wanted[0], Mapping):
                yield from self._fields(node, wanted[0])
            case Items():
                yield from self._items(node, wanted if isinstance(wanted, list) else [wanted])
            case Text(form="default"):
                raise NoPatch("it is what holds where nothing is written")
            case Text(form="here"):
                raise NoPatch("it stands in a here-document within the document")
            case Opaque() | Reference() | Call():
                self._require_elsewhere(node, wanted)
            case _:
                single = wanted[0] if isinstance(wanted, list) and len(wanted) == 1 else wanted
                yield Cut(node.start, node.end, self._dialect.render(single))

    def _require_elsewhere(self, node: Unwritten, wanted: object) -> None:
        if not self._elsewhere(node, wanted):
            raise NoPatch(f"its value is decided by {told(node)}")

    def _fields(self, node: Fields, wanted: Mapping[str, object]) -> Iterator[Cut]:
        entries, new = node.entries, [name for name in wanted if node.get(name) is None]
        gone = {at for at, entry in enumerate(entries) if entry.name not in wanted and not self._is_idle(entry)}
        stays = [
            cut for at, one in enumerate(entries) if at not in gone and one.name in wanted for cut in self.cuts(one.value, wanted[one.name])
        ]
        if len(gone) == len(entries) or (new and (len(entries) - 1 in gone or any(cut.end > entries[-1].end for cut in stays))):
            yield self._anew(node, wanted)
            return
        spans = [_span(one) for one in entries]
        yield from removed(self._text, _span(node), spans, gone, may_trail=self._dialect.may_trail)
        yield from stays
        told = [self._entry(name, wanted[name], entries[-1]) for name in new]
        yield from added(self._text, _span(node), spans, told, separator=self._between(node))

    def _anew(self, node: Fields, wanted: Mapping[str, object]) -> Cut:
        """All of it, where what comes has no line to stand behind; nothing that is not written out may go with it."""
        try:
            value_of(node)
        except LookupError as error:
            raise NoPatch(f"its value is decided by {error}") from None
        if node.form == "block":
            raise NoPatch("it would have to be written anew")
        return Cut(node.start, node.end, self._dialect.render(wanted, self._begin(node.start)))

    def _is_idle(self, entry: Entry) -> bool:
        """Whether it says no more than its absence would."""
        return alike({entry.name: said(entry.value, self._known)}, {})

    def _between(self, node: Fields) -> str:
        """What stands between entries: HCL does without a comma where each has a line of its own."""
        if self._dialect.name == "json" or (self._dialect.name == "yaml" and node.form == "flow"):
            return ","
        if self._dialect.name == "yaml":
            return ""
        between = self._text[node.entries[0].end : node.entries[1].start] if len(node.entries) > 1 else "\n"
        return "" if "," not in between and "\n" in between else ","

    def _entry(self, name: str, value: object, beside: Entry) -> str:
        return f"{self._dialect.key(name)}{self._dialect.render(value, self._begin(beside.start))}"

    def _begin(self, at: int) -> str:
        """A line break with the white space of a line, where members have lines of their own."""
        if self._text[line_start(self._text, at) : at].strip():
            return ""
        end = "\r\n" if "\r\n" in self._text else "\n"
        return f"{end}{indent_at(self._text, at)}"

    def _items(self, node: Items, wanted: list[object]) -> Iterator[Cut]:
        if self._text[node.start : node.end] in self._known.values:
            raise NoPatch("which of its expressions stands for what is not known")
        values = [one_form(said(item, self._known)) for item in node.items]
        new = [one_form(value) for value in wanted]
        if all(isinstance(value, str) for value in wanted):
            gone = {at for at, value in enumerate(values) if value not in new or value in values[:at]}
            come = [value for value, form in zip(wanted, new, strict=True) if form not in values]
            yield from self._changed(node, gone, come)
            return
        gone, come = set(), []
        for word, low, high, begin, end in SequenceMatcher(None, values, new, autojunk=False).get_opcodes():
            if word == "equal":
                continue
            paired = min(high - low, end - begin)
            for at in range(paired):
                yield from self.cuts(node.items[low + at], wanted[begin + at])
            gone |= set(range(low + paired, high))
            come += wanted[begin + paired : end]
        yield from self._changed(node, gone, come)

    def _changed(self, node: Items, gone: set[int], come: list[object]) -> Iterator[Cut]:
        spans = [self._member(node, one) for one in node.items]
        if node.form == "block" and len(gone) == len(spans):
            raise NoPatch("no statement of it would stay")
        if come and (not spans or len(spans) - 1 in gone):
            # the last one makes room, so that what comes stands in its place
            yield from self._exchanged(node, spans, gone, come)
            return
        yield from removed(self._text, _span(node), spans, gone, may_trail=self._dialect.may_trail)
        begin = self._begin(spans[-1].start) if spans else ""
        spelled = [f"{self._mark(node)}{self._dialect.render(value, begin)}" for value in come]
        yield from added(self._text, _span(node), spans, spelled, separator=self._separator(node))

    def _is_lines(self, node: Items) -> bool:
        """Whether it is a list of YAML with a line and a dash for each member."""
        return self._dialect.name == "yaml" and node.form == "block"

    def _mark(self, node: Items) -> str:
        return "- " if self._is_lines(node) else ""

    def _separator(self, node: Items) -> str:
        return "" if self._is_lines(node) else self._dialect.between

    def _member(self, node: Items, item: Node) -> Span:
        """Where a member stands, with its dash."""
        dash = self._text.rfind("-", 0, item.start) if self._is_lines(node) else item.start
        return Span(dash, item.end)

    def _exchanged(self, node: Items, spans: list[Span], gone: set[int], come: list[object]) -> Iterator[Cut]:
        if not spans:
            yield from added(self._text, _span(node), [], [self._dialect.render(value) for value in come])
            return
        last = spans[-1]
        begin = self._begin(last.start)
        separator = f"{self._separator(node)}{begin or ' '}"
        spelled = separator.join(f"{self._mark(node)}{self._dialect.render(value, begin)}" for value in come)
        yield Cut(last.start, last.end, spelled)
        others = gone - {len(spans) - 1}
        if others:
            yield from removed(self._text, _span(node), spans, others, may_trail=self._dialect.may_trail)


def _span(node: Node | Entry) -> Span:
    return Span(node.start, node.end)
