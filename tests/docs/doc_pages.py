"""The documentation as its readers use it: pages, the files and commands that they show, and what is said to come out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PAGES", "ROOT", "Command", "Shown", "blocks", "is_told", "page_name", "steps"]

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    sorted(
        path
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/*.md")]
        if "_build" not in path.parts and path.is_file()
    )
)
_BLOCK = re.compile(r"^```(?P<language>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r":caption: (?P<path>\S+)\n+")


@dataclass(frozen=True, slots=True)
class Shown:
    """A file that the reader writes."""

    path: str
    content: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command that the reader types, and all that it prints; `...` stands for anything."""

    line: str
    said: str


def page_name(path: Path) -> str:
    """For the ids of tests."""
    return str(path.relative_to(ROOT))


def blocks(text: str, *languages: str) -> Iterator[str]:
    """The fenced blocks of some languages."""
    return (form["body"] for form in _BLOCK.finditer(text) if form["language"].strip() in languages)


def steps(text: str) -> Iterator[Shown | Command]:
    """What a page has its reader do, in order: files with a caption, and blocks of console."""
    for form in _BLOCK.finditer(text):
        if caption := _CAPTION.match(form["body"]):
            yield Shown(caption["path"], form["body"][caption.end() :])
        elif form["language"] == "console":
            yield from _commands(form["body"])


def _commands(block: str) -> Iterator[Command]:
    for typed in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        first, *rest = typed.splitlines()
        more = [line for line in rest if line.startswith("> ")]
        said = rest[len(more) :]
        yield Command("\n".join([first, *(line.removeprefix("> ") for line in more)]), "\n".join(said).strip())


def is_told(said: str, printed: str) -> bool:
    """Whether a page tells what was printed."""
    pattern = ".*".join(map(re.escape, said.split("...")))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None
