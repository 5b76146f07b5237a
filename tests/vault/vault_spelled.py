"""Trees of HCL drawn at random, and spelled in one of the many ways that mean the same."""

from __future__ import annotations

import re

from guardrails.vault.hcl import Item, Literal, Object, Sequence

WORDS = ("path", "a", "b-c", "d.e", "_f", "é", "x1", "capabilities", "truest")
LETTERS = ("a", "b", " ", '"', "\\", "\n", "\t", "\r", "$", "{", "}", "${", "é", "ÿ", "𝟘", "/", "#", "*", "+", "\x00", "=", "<<E")
_WORD = re.compile(r"[^\W\d][\w.-]*")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}


def some_text(dice):
    return "".join(dice.choice(LETTERS) for _ in range(dice.randint(0, 5)))


def some_number(dice):
    return dice.choice((0, 1, 7, 8, 64, 2**63 - 1, -1, -(2**63), 0.5, -2.25, 1e21, 3.0))


def some_node(dice, deep=3):
    kind = dice.randint(0, 5 if deep else 2)
    if kind == 0:
        return Literal(some_text(dice))
    if kind == 1:
        return Literal(some_number(dice))
    if kind == 2:
        return Literal(dice.random() < 0.5)
    if kind == 3:
        return Sequence(tuple(some_node(dice, deep - 1) for _ in range(dice.randint(0, 3))))
    return some_object(dice, deep - 1)


def some_object(dice, deep=3):
    return Object(tuple(some_item(dice, deep) for _ in range(dice.randint(0, 3))))


def some_item(dice, deep):
    value = some_node(dice, deep)
    more = dice.choice((0, 0, 1, 2)) if isinstance(value, Object) else 0
    keys = tuple(dice.choice((dice.choice(WORDS), some_text(dice), "true")) for _ in range(1 + more))
    return Item(keys, value)


def placeless(node):
    """The same without what a reader notes beside: places, and how a number is written."""
    match node:
        case Literal(value=value):
            return type(value).__name__, value
        case Sequence(members=members):
            return tuple(map(placeless, members))
        case Object(items=items):
            return [(item.keys, placeless(item.value)) for item in items]


class Speller:
    """Writes each thing in a way of its own. `gap` is what may stand between any two things."""

    def __init__(self, dice):
        self.dice = dice

    def document(self, node):
        return "".join(self.gap() + self.item(item) + self.comma() for item in node.items) + self.gap()

    def gap(self, least=""):
        return least + "".join(self.dice.choice(("", "", " ", "\n", "\t", "\r\n", "#  }\n", '// "\n', "/* [ \n */")) for _ in range(2))

    def comma(self):
        return self.gap("\n") if self.dice.random() < 0.6 else f"{self.gap()},{self.gap()}"

    def item(self, item):
        keys = self.gap(" ").join(map(self.key, item.keys))
        block = isinstance(item.value, Object) and (len(item.keys) > 1 or self.dice.random() < 0.6)
        return f"{keys}{self.gap()}{'' if block else '='}{self.gap()}{self.node(item.value)}"

    def key(self, text):
        bare = (
            _WORD.fullmatch(text)
            and text not in {"true", "false"}
            and all(letter.isalpha() or letter in "0123456789_.-" for letter in text)
        )
        return text if bare and self.dice.random() < 0.6 else self.text(text)

    def node(self, node):
        match node:
            case Literal(value=bool(value)):
                return "true" if value else "false"
            case Literal(value=str(value)):
                return self.lines(value) if self.dice.random() < 0.3 else self.text(value)
            case Literal(value=int(value)):
                return self.whole(value)
            case Literal(value=float(value)):
                return self.dice.choice((repr(value), f"{value:.20e}", f"{value:.20E}"))
            case Sequence(members=members):
                listed = f"{self.gap()},{self.gap()}".join(map(self.node, members))
                end = f"{self.gap()}," if members and self.dice.random() < 0.3 else ""
                return f"[{self.gap()}{listed}{end}{self.gap()}]"
            case Object(items=items):
                return f"{{{self.gap()}{''.join(self.item(item) + self.comma() for item in items)}{self.gap()}}}"

    def whole(self, value):
        sign, size = ("-" if value < 0 else ""), abs(value)
        return sign + self.dice.choice((f"{size}", f"0x{size:x}", f"0X{size:X}", f"0{size:o}" if size else "0"))

    def text(self, text):
        return f'"{"".join(map(self.letter, text))}"'

    def letter(self, letter):
        code = ord(letter)
        said = [
            f"\\U{code:08x}",
            "".join(f"\\x{byte:02X}" for byte in letter.encode()),
            "".join(f"\\{byte:03o}" for byte in letter.encode()),
        ]
        if code < 0x10000:
            said.append(f"\\u{code:04x}")
        if letter in _SHORT:
            said.append(_SHORT[letter])
        elif letter not in "\x00${":
            said += [letter] * 8
        return self.dice.choice(said)

    def lines(self, text):
        """A here-document, where the text can be one."""
        whole = text.endswith("\n") and not {"\r", "\x00"} & set(text) and all(line.strip() != "E" for line in text.split("\n"))
        if not whole:
            return self.text(text)
        if any(line.startswith((" ", "\t")) for line in text.split("\n")) or self.dice.random() < 0.5:
            return f"<<E\n{text}E\n"
        indented = "".join(f"  {line}\n" for line in text.split("\n")[:-1])
        return f"<<-E\n{indented}  E\n"
