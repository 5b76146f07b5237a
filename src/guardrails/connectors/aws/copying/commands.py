"""Commands of the AWS command line as they can be pasted into a POSIX shell, whatever the names in them are."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

__all__ = ["Unwritable", "aws", "in_account", "quoted", "tagged", "then"]

_FILES = ("file://", "fileb://", "http://", "https://")
"""What the AWS command line takes for the place of a value, and goes to read."""

Value = str | int | bool | list[str] | list[dict[str, str]]


class Unwritable(Exception):
    """A value that no shell and no reader of the plan would see as it is."""


def aws(service: str, operation: str, region: str = "", **options: Value | None) -> str:
    """One call. `option_name="x"` is `--option-name x`; a flag is set or, when false, unset; `None` is left out.

    Raises:
        Unwritable: A value would be taken for something else.
    """
    words = ["aws", service, operation]
    for name, value in {**({"region": region} if region else {}), **options}.items():
        if value is not None:
            words += _option(name.replace("_", "-"), value)
    return " ".join(words)


def _option(name: str, value: Value) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    # as JSON a list says where each of its values ends
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)
    return [f"--{name}", quoted(text, name)]


def quoted(text: str, name: str) -> str:
    """One word for the shell; `name` is what it is called when it cannot be one.

    Raises:
        Unwritable: It would be taken for something else.
    """
    if not text.isprintable():
        raise Unwritable(f"{name} holds letters that cannot be seen: {text!r}")
    if not text or text.startswith(("-", *_FILES)):
        raise Unwritable(f"{name} would be taken for something else: {text!r}")
    return shlex.quote(text)


def tagged(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the AWS command line takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def in_account(account: str) -> str:
    """Succeeds where the credentials are of that account alone."""
    return f'test "$(aws sts get-caller-identity --query Account --output text)" = {shlex.quote(account)}'


def then(*commands: str) -> str:
    """One after the other, as long as each succeeds."""
    return " && ".join(commands)
