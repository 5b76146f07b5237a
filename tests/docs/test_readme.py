"""What the documentation names is there: commands and their options, targets of make, links, and a declaration without mistakes."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from doc_pages import PAGES, ROOT, blocks, page_name

from guardrails import declare, workflow
from guardrails.cli import cli
from guardrails.testing.company import world

_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_SHELL = ("console", "sh")
_TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands(text: str) -> list[str]:
    """Everything on a page that is typed at a prompt."""
    lines = [line.removeprefix("$ ") for block in blocks(text, *_SHELL) for line in block.splitlines()]
    typed = [*lines, *_SPAN.findall(text)]
    inner = [form for line in typed for form in re.findall(r"\$\((guardrails [^)]*)\)", line)]
    return [line for line in (*typed, *inner) if line.startswith("guardrails ")]


def refusal(line: str) -> str:
    """Why a line is no call of guardrails that could work; empty when it is one."""
    words = shlex.split(line, comments=True)[1:]
    at: click.Command = cli
    while isinstance(at, click.Group) and words and not words[0].startswith("-"):
        found = at.get_command(click.Context(at), words[0])
        if found is None:
            return f"{line}: there is no command {words[0]}"
        at, words = found, words[1:]
    known = {option for parameter in at.params for option in parameter.opts} | {"-h", "--help"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"{line}: {at.name} has no option {unknown[0]}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_command_and_option_that_a_page_names_exists(page):
    assert [said for line in commands(page.read_text()) if (said := refusal(line))] == []


def test_commands_and_options_that_do_not_exist_are_seen():
    assert commands("type `guardrails reconcile d --nope` and\n```console\n$ guardrails nope\n```\n") == [
        "guardrails nope",
        "guardrails reconcile d --nope",
    ]
    assert "no option --nope" in refusal("guardrails reconcile d --nope")
    assert "no command nope" in refusal("guardrails record nope")
    assert not refusal("guardrails record sign FILE --key KEY  # asks for the passphrase")


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_target_of_make_that_a_page_names_exists(page):
    text = page.read_text()
    named = {form for span in [*_SPAN.findall(text), *blocks(text, *_SHELL)] for form in re.findall(r"^make ([a-z]+)", span, re.MULTILINE)}
    assert named <= _TARGETS


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_link_leads_to_a_file(page):
    links = [link.partition("#")[0] for link in _LINK.findall(page.read_text()) if "://" not in link and not link.startswith("#")]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_declaration_of_the_readme_has_no_mistakes_and_is_all_evaluated():
    (text,) = blocks((ROOT / "README.md").read_text(), "yaml")
    found = declare.loads([("guardrails.yaml", text.encode())])
    workflow.checked(found)
    assert found.unevaluated == ()


def test_the_report_of_the_readme_is_one_of_the_demo():
    report, _ = blocks((ROOT / "README.md").read_text(), "text")
    told = [(form[1], form[2]) for form in re.finditer(r"^(GR\d+) \S+ +\w+ +(.*)$", report, re.MULTILINE)]
    found = world().PLANTED
    assert len(told) > 3
    for control, message in told:
        assert any(code == control and last_word(subject) in message for code, subject in found), message


def last_word(subject: str) -> str:
    """The name in a subject such as `person:lars` or `aws@111122223333:role/ci`."""
    return re.split(r"[:/@]", subject)[-1]
