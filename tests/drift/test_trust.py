"""Who may become a principal, where nothing or not everything is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drift.worlds import account, judge, ref
from guardrails.model.facts import Account, Principal
from guardrails.model.words import PrincipalForm
from guardrails.ports import TrustSeen

ADMINS = Principal(ref=ref("role", "admins"), form=PrincipalForm.ROLE, resource="arn:aws:iam::r:role/admins")
THROUGH = "roles: {admins: {through: {app: {role: admins}}}}\n"
LOAD = 'workloads: {l: {is: ["app:role/admins"], assumed-by: ["app:444455556666"]}}\n'
VENDOR = 'vendors: {v: {valid-until: 2027-01-01, trusts: {"app:role/admins": {by: "app:444455556666", external-id: required}}}}\n'


def who(kind, name="*", number="", *, external_id=False, conditional=False):
    return TrustSeen(kind=kind, name=name, account=number, external_id=external_id, pointer="s", conditional=conditional)


STRANGER = who("aws", "arn:aws:iam::999988887777:root", "999988887777")
VENDORS = "arn:aws:iam::444455556666:root"


def trusted(text, *seen):
    found = judge(text, ADMINS, account("x"), trusted={ADMINS.ref: seen})
    return [(d.kind.value, d.verdict.value) for d in found if d.kind.value.startswith("trust")]


@pytest.mark.parametrize("stranger", [STRANGER, who("any")])
def test_a_stranger_may_not_become_what_people_become_through_their_role(stranger):
    assert trusted(THROUGH, stranger) == [("trust-excess", "violation")]


@pytest.mark.parametrize("usual", [who("federated", "arn:aws:iam::r:saml-provider/sso"), who("aws", "arn:aws:iam::r:root", "r")])
def test_people_become_their_role_by_our_own_means(usual):
    assert trusted(THROUGH, usual) == []


def test_a_finding_of_a_stranger_has_the_owner_of_the_role():
    found = judge("teams: {t: {}}\n" + THROUGH.replace("}}}}", '}}, owner: "team:t"}}'), ADMINS, trusted={ADMINS.ref: (STRANGER,)})

    assert [d.owner for d in found if d.kind.value == "trust-excess"] == ["team:t"]


@pytest.mark.parametrize("text", [LOAD, THROUGH, "teams: {}\n"])
def test_everybody_under_a_condition_may_be_only_who_is_declared(text):
    assert trusted(text, who("any", conditional=True)) == [("trust-excess", "undecided")]
    assert trusted(text, who("any")) == [("trust-excess", "violation")]


def test_a_condition_on_somebody_who_is_not_declared_leaves_nobody_who_is():
    stranger = who("aws", STRANGER.name, STRANGER.account, conditional=True)

    assert trusted(LOAD, stranger) == [("trust-excess", "violation")]


@pytest.mark.parametrize(("external_id", "found"), [(True, []), (False, ["violation"]), (None, ["undecided"])])
def test_an_external_id_that_could_not_be_told_is_undecided(external_id, found):
    seen = who("aws", VENDORS, "444455556666", external_id=external_id)

    assert trusted(VENDOR, seen) == [("trust-without-external-id", verdict) for verdict in found]


def test_who_is_let_in_without_an_id_by_one_entry_needs_none():
    assert trusted(VENDOR + LOAD, who("aws", VENDORS, "444455556666")) == []


def test_an_account_of_ours_that_is_in_no_set_is_no_stranger():
    other = Account(ref=ref("account", "999988887777", realm="999988887777"))
    found = judge("teams: {}\n", ADMINS, other, trusted={ADMINS.ref: (STRANGER,)})

    assert "trust-excess" not in {d.kind.value for d in found}


MAIN = "project_path:data/cdr:ref:main"


@pytest.mark.parametrize(
    ("provider", "subjects", "found"),
    [
        ("gitlab.example", (MAIN,), []),
        ("gitlab.example.evil", (MAIN,), ["violation"]),
        ("gitlab.example", None, ["violation"]),  # no condition on the subject: every project of the provider
        ("gitlab.example", ("project_path:data/*",), ["violation"]),
        ("gitlab.example", (MAIN, "project_path:web:ref:main"), ["violation"]),
    ],
)
def test_a_federation_is_trusted_as_the_declared_subjects_only(provider, subjects, found):
    text = LOAD.replace("app:444455556666", f"oidc:gitlab.example/{MAIN}")
    seen = replace(who("federated", f"arn:aws:iam::r:oidc-provider/{provider}", "r", conditional=True), subjects=subjects)

    assert trusted(text, seen) == [("trust-excess", verdict) for verdict in found]


def test_a_declared_pattern_of_subjects_covers_narrower_ones():
    text = LOAD.replace("app:444455556666", "oidc:gitlab.example/project_path:data/*")
    seen = replace(who("federated", "arn:aws:iam::r:oidc-provider/gitlab.example", "r"), subjects=(MAIN,))

    assert trusted(text, seen) == []


@pytest.mark.parametrize(("provider", "found"), [("AzureAD", []), ("Other", ["violation"])])
def test_a_saml_provider_is_declared_whole(provider, found):
    text = LOAD.replace("app:444455556666", "saml:AzureAD")

    assert trusted(text, who("federated", f"arn:aws:iam::r:saml-provider/{provider}", "r")) == [("trust-excess", v) for v in found]


def test_a_federation_is_no_reference_of_another_kind():
    seen = who("federated", "arn:aws:iam::r:oidc-provider/user", "r")

    assert trusted(LOAD.replace("app:444455556666", "app:user/x"), seen) == [("trust-excess", "violation")]


@pytest.mark.parametrize(
    ("declared", "name", "subjects", "found"),
    [
        # a provider may have slashes in its name, as those of EKS do
        ("oidc:oidc.eks.example/id/AB12/system:serviceaccount:a:b", "oidc.eks.example/id/AB12", ("system:serviceaccount:a:b",), []),
        (
            "oidc:oidc.eks.example/id/AB12/system:serviceaccount:a:b",
            "oidc.eks.example/id/AB13",
            ("system:serviceaccount:a:b",),
            ["violation"],
        ),
        ("oidc:oidc.eks.example/id/AB12/*", "oidc.eks.example/id/AB12", None, []),
        ("oidc:gitlab.example/*", "gitlab.example", None, []),
        ("oidc:gitlab.example/p*", "gitlab.example", None, ["violation"]),
        ("oidc:gitlab.example", "gitlab.example", None, ["violation"]),
    ],
)
def test_a_provider_is_known_by_its_whole_name_and_all_its_subjects_only_by_a_star(declared, name, subjects, found):
    seen = replace(who("federated", f"arn:aws:iam::r:oidc-provider/{name}", "r"), subjects=subjects)

    assert trusted(LOAD.replace("app:444455556666", declared), seen) == [("trust-excess", verdict) for verdict in found]


def test_a_provider_that_everybody_shares_has_no_arn():
    seen = replace(who("federated", "accounts.google.com"), subjects=("1234",))

    assert trusted(LOAD.replace("app:444455556666", "oidc:accounts.google.com/1234"), seen) == []
    assert trusted(LOAD.replace("app:444455556666", "oidc:google.com/1234"), seen) == [("trust-excess", "violation")]


@pytest.mark.parametrize(("declared", "found"), [("anybody", []), ("app:arn:aws:iam::999988887777:role/x", ["violation"])])
def test_everybody_is_declared_only_by_that_word(declared, found):
    assert trusted(LOAD.replace("app:444455556666", declared), who("any")) == [("trust-excess", verdict) for verdict in found]


def test_a_foreign_role_is_declared_by_its_arn():
    seen = who("aws", "arn:aws:iam::999988887777:role/x", "999988887777")

    assert trusted(LOAD.replace("app:444455556666", f"app:{seen.name}"), seen) == []
    assert trusted(LOAD.replace("app:444455556666", f"app:{seen.name}y"), seen) == [("trust-excess", "violation")]
