"""What may be changed is read as it is declared, and a mistake in it is never read as permission."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from guardrails import declare
from guardrails.errors import DeclarationError
from guardrails.model.applying import ACTIONS, Applying, Guard
from guardrails.model.changes import Limits
from guardrails.model.words import Kind


def read(text: str):
    return declare.loads([("file.yaml", f"guardrails: 1\nsystems: {{vault: {{connector: vault}}}}\n{text}".encode())])


def test_without_a_word_the_limits_are_the_usual_ones():
    assert read("").applying == Applying()
    assert Applying().limits == Limits(changes=20, percent=5, each_person=10, shrunk_percent=10)


def test_all_that_is_declared_is_read():
    found = read(
        'apply: {environment: prod, freeze: "moving house", expires: 8h, windows: ["Mon-Thu 08:00-15:00", "Sun 00:00-06:00"],\n'
        "  limits: {changes: 3, percent: 50, per-person: 2, shrunk-percent: 0},\n"
        '  never: {"vault:entity/guardrails": any, "vault:group/admins": remove-last}}\n'
        'emergency: {bg-1: {principals: ["vault:entity/bg-1"]}}\n'
    ).applying

    assert (found.environment, found.freeze, found.expires_hours) == ("prod", "moving house", 8)
    assert found.limits == Limits(changes=3, percent=50, each_person=2, shrunk_percent=0)
    assert [(str(one.reference), one.guard) for one in found.never] == [
        ("vault:entity/bg-1", Guard.ANY),
        ("vault:entity/guardrails", Guard.ANY),
        ("vault:group/admins", Guard.REMOVE_LAST),
    ]
    moments = [datetime(2026, 11, 26, 8), datetime(2026, 11, 26, 15), datetime(2026, 11, 27, 9), datetime(2026, 11, 29, 5, 59)]  # noqa: DTZ001
    assert [any(window.holds(moment) for window in found.windows) for moment in moments] == [True, False, False, True]


STANDING = "standing: {approved: ISG-2026-030, kinds: [leaver], systems: [vault], until: 2027-06-30, per-day: {changes: 40}%s}"


def test_what_may_be_changed_without_asking_is_read():
    found = read(f"apply: {{{STANDING % ', changes: [disable]'}}}\n").applying.standing

    assert (found.approved, found.kinds, found.changes, found.systems) == ("ISG-2026-030", (Kind.LEAVER,), ("disable",), ("vault",))
    assert (found.per_day, found.until) == (40, date(2027, 6, 30))
    assert read(f"apply: {{{STANDING % ''}}}\n").applying.standing.changes == ACTIONS
    assert read("apply: {}\n").applying.standing is None


def test_a_signature_stands_behind_all_that_bounds_what_is_changed_without_asking():
    def signed(text: str, emergency: str = "") -> str:
        return dict(read(f"apply: {{{text}}}\n{emergency}").digests)["standing:prod"]

    one = signed(f"environment: prod, {STANDING % ''}")
    assert one == signed(f"{STANDING % ''}, environment: prod")
    assert one == signed(f"environment: prod, {STANDING % ''}".replace("ISG-2026-030", "ISG-2026-031")), "the claim itself is not"
    for other in (
        f"environment: prod, limits: {{changes: 21}}, {STANDING % ''}",
        f'environment: prod, never: {{"vault:entity/x": any}}, {STANDING % ""}',
        f"environment: prod, {STANDING % ''}".replace("40", "41"),
        f"environment: prod, {STANDING % ''}".replace("leaver", "access-excess"),
    ):
        assert signed(other) != one
    assert signed(f"environment: prod, {STANDING % ''}", 'emergency: {bg: {principals: ["vault:entity/bg"]}}\n') != one
    assert "standing:default" in dict(read(f"apply: {{{STANDING % ''}}}\n").digests)
    assert not [name for name, _ in read("apply: {environment: prod}\n").digests if name.startswith("standing")]


def test_who_else_writes_objects_is_read():
    terraform, center = read(
        'apply: {managed-by: {terraform: {tag: "managed-by=terraform", objects: ["vault:policy/app"], told-by: [git_file]},\n'
        "  identity-center: {remedy: permission-set}}}\n"
    ).applying.managers

    assert (terraform.name, terraform.tag, terraform.told_by) == ("terraform", ("managed-by", "terraform"), ("git_file",))
    assert [str(one) for one in terraform.objects] == ["vault:policy/app"]
    assert (center.name, center.tag, center.objects) == ("identity-center", None, ())


def test_a_window_may_go_over_the_end_of_the_week():
    (window,) = read('apply: {windows: ["Sat-Mon 00:00-23:59"]}\n').applying.windows

    assert window.days == {5, 6, 0}


def test_what_nothing_evaluates_is_told():
    found = read('apply: {approvals: {}}\nemergency: {bg-1: {principals: ["vault:entity/bg-1"], tested: 180d}}\n')

    assert {name for name, _ in found.unevaluated} == {"emergency.bg-1.tested"}


def test_a_quarantine_is_whole_days_and_without_one_nothing_is_deleted():
    assert read("apply: {quarantine: 7d}\n").applying.quarantine_days == 7
    assert read("apply: {quarantine: 48h}\n").applying.quarantine_days == 2
    assert read("apply: {freeze: x}\n").applying.quarantine_days is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apply: {quarantine: 36h}", "36h is not whole days"),
        ("apply: {quarantine: 0d}", "0d is not a duration"),
        ("apply: {quarantine: soon}", "soon is not a duration"),
        ("apply: {environment: Prod}", "apply.environment: Prod is not a name such as prod"),
        ("apply: {expires: 2d}", "apply.expires: 48h is not 24h at most"),
        ("apply: {freeze: true}", "apply.freeze must be a text"),
        ('apply: {windows: ["8-15"]}', "is not days and hours"),
        ('apply: {windows: ["Mon 15:00-08:00"]}', "is not days and hours"),
        ("apply: {limits: {changes: -1}}", "apply.limits.changes must be a number from 0"),
        ("apply: {limits: {change: 1}}", "apply.limits has no field change"),
        ('apply: {never: {"person:bob": any}}', "names nothing of a system"),
        ('apply: {never: {"vault:entity/x": sometimes}}', "sometimes is none of any, remove-last"),
        ("apply: {nevr: {}}", "apply has no field nevr"),
        ("apply: {standing: {}}", "apply.standing lacks kinds"),
        (f"apply: {{{STANDING % ''}}}".replace("systems: [vault], ", ""), "apply.standing lacks systems"),
        (f"apply: {{{STANDING % ''}}}".replace("[vault]", "[]"), "apply.standing.systems names nothing"),
        (f"apply: {{{STANDING % ''}}}".replace("[vault]", "[aws]"), "apply.standing names the system aws, which is not declared"),
        (f"apply: {{{STANDING % ''}}}".replace("[leaver]", "[everything]"), "'everything' is not a kind of finding"),
        (f"apply: {{{STANDING % ''}}}".replace("40", "0"), "apply.standing.per-day.changes must be a number from 1"),
        (f"apply: {{{STANDING % ''}}}".replace(", until: 2027-06-30", ""), "apply.standing lacks until"),
        (f"apply: {{{STANDING % ', changes: [delete-all]'}}}", "'delete-all' is not one of"),
        ('apply: {managed-by: {terraform: {tags: "x"}}}', "apply.managed-by.terraform has no field tags"),
        ('apply: {managed-by: {terraform: {objects: ["nobody:role/x"]}}}', "nobody names the system nobody"),
        (f"apply: {{{STANDING % ''}}}".replace("[leaver]", "[]"), "apply.standing.kinds names nothing"),
        (f"apply: {{{STANDING % ', changes: []'}}}", "apply.standing.changes names nothing"),
        ("apply: {" + STANDING % ', changes: [""]' + "}", "apply.standing.changes names nothing"),
        ("apply: {windows: []}", "apply.windows names nothing"),
        ('apply: {windows: [""]}', "apply.windows names nothing"),
        ("apply: {managed-by: {terraform: {objects: []}}}", "apply.managed-by.terraform.objects names nothing"),
        ('apply: {managed-by: {terraform: {tag: "=x"}}}', "apply.managed-by.terraform.tag =x names no key"),
        ("emergency: {bg-1: {}}", "emergency.bg-1 lacks principals"),
        ("emergency: {bg-1: {principals: []}}", "emergency.bg-1.principals names nothing"),
        ('emergency: {bg-1: {principals: ["person:bob"]}}', "'person:bob' is not a reference such as"),
        ('emergency: {bg-1: {principals: ["x"]}}', "is not a reference"),
    ],
)
def test_a_mistake_is_told(text, said):
    with pytest.raises(DeclarationError, match=said):
        read(f"{text}\n")


def test_the_digest_is_of_every_byte_and_name():
    one = read("").digest

    assert one == read("").digest
    assert one != read("# a word\n").digest
    assert one != declare.loads([("other.yaml", b"guardrails: 1\nsystems: {vault: {connector: vault}}\n")]).digest
