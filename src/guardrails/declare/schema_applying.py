"""The JSON Schema of the sections about changing systems."""

from __future__ import annotations

from guardrails.declare.shapes import ANY, DAY, DURATION, NUMBER, REFERENCE, TEXT, TEXTS, Schema, mapped, named, said
from guardrails.model.applying import ACTIONS

__all__ = ["remediation"]


def remediation() -> Schema:
    """Both sections."""
    return {
        "apply": mapped(
            "How systems may be changed: how much at once, when, and what never.",
            environment=said(TEXT, "What plans are for; a signature for another environment does not count. `default` when absent."),
            freeze=said(TEXT, "Why nothing may be changed at all."),
            expires=said(DURATION, "How long a plan may be applied after it was made; 24h at most, and when absent."),
            windows=said(TEXTS, "When it may, such as `Mon-Thu 08:00-15:00`, in the time zone of `state`; at any time when absent."),
            limits=mapped(
                "How much one plan may change; a plan beyond is refused.",
                changes=said(NUMBER, "Changes in all; 20 when absent."),
                percent=said(NUMBER, "Of what was seen of a kind, and one at least; 5 when absent."),
                per_person=said(NUMBER, "Changes that take from one person; 10 when absent."),
                shrunk_percent=said(NUMBER, "By how much less may be seen of a system than last time; 10 when absent."),
            ),
            never=named(
                "What is protected, by its exact name.",
                said({"enum": ["any", "remove-last"]}, "`any`: nothing is taken from it. `remove-last`: its last member stays."),
            ),
            approvals=mapped(
                "Who must sign a plan, beyond what the roster asks for.",
                quorum=said(NUMBER, "How many members; it counts where it is more than the roster's threshold, which nothing here lowers."),
                **{"not": said(TEXTS, "`plan-author`, whose signature never counts. Others are told as not evaluated yet.")},
            ),
            standing=mapped(
                "What `reconcile --apply` may change without asking again, once a signed record stands behind it.",
                ["approved", "kinds", "systems", "until", "per-day"],
                approved=said(TEXT, "The record, such as ISG-2026-030; its subject is `standing:ENVIRONMENT`."),
                kinds=said(TEXTS, "The kinds of findings, such as leaver."),
                systems=said(TEXTS, "Where."),
                changes=said({"type": "array", "items": {"enum": list(ACTIONS)}}, "What may be done; everything when absent."),
                until=said(DAY, "The last day."),
                per_day=mapped("How much in a day.", ["changes"], changes=said({"type": "integer", "minimum": 1}, "Changes in all.")),
            ),
            managed_by=named(
                "Who else writes objects: they get a proposal in place of a change.",
                mapped(
                    "One of them, such as `terraform`. What a connector says of an object itself counts too.",
                    tag=said(TEXT, "What its objects are tagged with: `KEY=VALUE`, or `KEY` for any value."),
                    objects=said({"type": "array", "items": REFERENCE}, "Objects of it, by their exact names."),
                    told_by=said(TEXTS, "Keys of tags that say where an object is written down, such as `git_file`."),
                    remedy=said({"enum": ["proposal", "permission-set"]}, "For people; `proposal` when absent."),
                ),
            ),
            quarantine=said(
                DURATION, "How long what a plan put out of use stays before `plan --finalise` may delete it; for good when absent."
            ),
        ),
        "emergency": named(
            "Accounts for emergencies, from which nothing is ever taken.",
            mapped(
                "One of them.",
                ["principals"],
                principals=said(TEXTS, "Who it is, such as aws@prod:user/bg-1."),
                custodians=ANY,
                tested=ANY,
                on_use=ANY,
            ),
        ),
    }
