"""Who may become a role: each trap of trust policies, by its name."""

from __future__ import annotations

from itertools import combinations

import pytest
from iam_accounts import HOME, OTHER, account, arn, role, service, trusting, unique
from iam_accounts import document as written

from guardrails.iam import UNKNOWN, Request, evaluate
from guardrails.iam import trust as trusting_whom
from guardrails.iam.decisions import Policies
from guardrails.iam.documents import Principals
from guardrails.iam.principals import Reach, caller, reaches
from guardrails.iam.trust import covers, trusted
from guardrails.sets import BudgetExceededError

ROOT = arn("root", OTHER)
THEIRS = arn("role/theirs", OTHER)
GITHUB = arn("oidc-provider/token.actions.githubusercontent.com")
SUB, AUD = "token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:aud"
SAML = arn("saml-provider/azure")
WEB = "sts:AssumeRoleWithWebIdentity"


def seen(*statements):
    return trusted(account(role("r", list(statements))), "role/r")


def names(*statements):
    return [each.name for each in seen(*statements)]


def only(*statements):
    (found,) = seen(*statements)
    return found


def denied(principal, action="sts:*", **condition):
    return trusting(principal, action, "Deny", **condition)


THEM = trusting({"AWS": OTHER})
GONE = "AROAAAAAAAAAAAAAAAAAA"
ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")


@pytest.mark.parametrize(
    ("deny", "left"),
    [
        (denied({"AWS": OTHER}), []),
        (denied({"AWS": ROOT}), []),  # the same account in its other spelling
        (denied("*"), []),
        (denied({"AWS": THEIRS}), [OTHER]),  # one role of many
        (denied({"Service": "ec2.amazonaws.com"}), [OTHER]),
        (denied("*", "sts:TagSession"), [OTHER]),
        (denied("*", StringEquals={"sts:ExternalId": "x"}), [OTHER]),
        (denied("*", StringEquals={"aws:PrincipalAccount": OTHER}), []),
        (denied("*", StringNotEquals={"aws:PrincipalAccount": HOME}), []),
        (denied("*", StringEquals={"custom:unheard": "x"}), [OTHER]),  # not understood takes nothing away
        (denied("*", StringEquals={"sts:RoleSessionName": "${aws:username}"}), [OTHER]),
    ],
)
def test_a_deny_removes_whom_it_surely_takes_everything_from(deny, left):
    assert names(THEM, deny) == left


@pytest.mark.parametrize(
    ("spared", "left"),
    [
        ([OTHER], [OTHER]),
        ([ROOT], [OTHER]),
        ([HOME], []),
        ([THEIRS], [OTHER]),  # the deny spares one role of the account
        (["*"], [OTHER]),
    ],
)
def test_a_deny_for_all_but_some_removes_the_others(spared, left):
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "sts:*"}

    assert names(THEM, statement) == left


SESSION, ROLE = arn("assumed-role/r/s", OTHER).replace(":iam:", ":sts:"), arn("role/r", OTHER)
FEDERATED, USER = arn("federated-user/u", OTHER).replace(":iam:", ":sts:"), arn("user/u", OTHER)


@pytest.mark.parametrize("who", [SESSION, ROLE, FEDERATED, USER])
@pytest.mark.parametrize("spared", [SESSION, ROLE, FEDERATED, USER, ROLE.replace("/r", "/path/r")])
def test_a_deny_for_all_but_a_session_or_its_role_spares_both(who, spared):
    """Found wrong: one named as a session, and spared as its role or the other way round, was said not to be let in at all."""
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "sts:*"}
    alike = {"r": {SESSION, ROLE}, "u": {FEDERATED, USER}}["u" if who in {FEDERATED, USER} else "r"]
    with_a_path = who == SESSION and spared.endswith("/path/r")

    assert names(trusting({"AWS": who}), statement) == ([who] if spared in alike or with_a_path else [])


@pytest.mark.parametrize("who", [OTHER, ROOT, USER, ROLE, SESSION, FEDERATED])
def test_of_whom_is_named_the_account_is_known(who):
    assert names(trusting({"AWS": who}, StringEquals={"aws:PrincipalAccount": OTHER})) == [who]
    assert names(trusting({"AWS": who}, StringEquals={"aws:PrincipalAccount": HOME})) == []
    assert names(trusting({"AWS": who}, Bool={"aws:PrincipalIsAWSService": "true"})) == []


@pytest.mark.parametrize(
    ("who", "like", "left"),
    [
        (ROLE, ROLE, True),
        (ROLE, USER, False),
        (USER, arn("user/*", OTHER), True),
        (USER, arn("role/*", OTHER), False),
        # an account and a session are others than their ARN says
        (ROOT, ROLE, True),
        (OTHER, ROLE, True),
        (SESSION, ROLE, True),
        (FEDERATED, ROLE, True),
    ],
)
def test_of_a_user_or_role_that_is_named_the_arn_is_known(who, like, left):
    assert names(trusting({"AWS": who}, ArnLike={"aws:PrincipalArn": like})) == ([who] if left else [])


def test_of_a_service_its_name_is_known_and_of_a_token_nothing():
    ec2 = {"Service": "ec2.amazonaws.com"}
    assert names(trusting(ec2, StringEquals={"aws:PrincipalServiceName": "ec2.amazonaws.com"})) == ["ec2.amazonaws.com"]
    assert names(trusting(ec2, StringEquals={"aws:PrincipalServiceName": "ssm.amazonaws.com"})) == []
    assert names(trusting({"Federated": GITHUB}, WEB, StringEquals={"aws:PrincipalAccount": OTHER})) == [GITHUB]


@pytest.mark.parametrize("odd", ["arn:aws:iam::444455556666", "arn:aws:iam", "somebody"])
def test_what_names_nobody_is_told_as_it_stands(odd):
    """It ended in an error before, as if the author had asked for it."""
    found = only(trusting({"AWS": odd}))
    assert (found.name, found.sure, found.is_deleted) == (odd, False, False)


def test_whatever_can_be_read_of_principals_is_told():
    assert names(trusting({"AWS": OTHER, "Odd": "x"})) == [OTHER, "x"]


def test_a_deny_for_several_is_for_each():
    assert names(THEM, denied({"AWS": [OTHER, HOME]})) == names(THEM, denied({"AWS": [HOME, OTHER]})) == []


@pytest.mark.parametrize(
    ("statements", "demanded"),
    [
        ([THEM, denied("*", Null={"sts:ExternalId": "true"})], False),
        ([THEM, denied("*", StringNotEquals={"sts:ExternalId": "x"})], True),
        # of other requests nothing is demanded
        ([THEM, denied("*", "sts:TagSession", StringNotEquals={"sts:ExternalId": "x"})], False),
        ([THEM, denied("*", StringNotEquals={"sts:ExternalId": "x"}, Bool={"aws:SecureTransport": "false"})], False),
        ([trusting({"AWS": OTHER}, StringEquals={"sts:ExternalId": ["x", "y"]})], True),
        ([trusting({"AWS": OTHER}, StringLike={"sts:ExternalId": ["x", "y*"]})], False),
        ([trusting({"AWS": OTHER}, StringLike={"sts:ExternalId": "x*"}, StringEquals={"sts:ExternalId": ["xy", "xz"]})], True),
        ([trusting({"AWS": OTHER}, StringEqualsIfExists={"sts:ExternalId": "x"})], False),
    ],
)
def test_an_external_id_is_demanded_where_no_request_comes_without(statements, demanded):
    assert only(*statements).external_id is demanded


@pytest.mark.parametrize(
    ("condition", "asks"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, {"aws:principalorgid"}),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, set()),
        ({"Null": {"aws:PrincipalOrgID": "false"}}, set()),  # any organisation is none
        ({"StringLike": {"aws:PrincipalOrgID": "*"}}, set()),
        ({"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": "o-1/r/"}}, {"aws:principalorgpaths"}),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-1/r/"}}, set()),  # vacuous
    ],
)
def test_what_is_asked_for_has_to_be_there_and_not_just_anything(condition, asks):
    assert only(trusting({"AWS": OTHER}, **condition)).asks == asks


@pytest.mark.parametrize(
    ("principal", "account", "is_whole"),
    [
        ({"AWS": OTHER}, OTHER, True),
        ({"AWS": ROOT}, OTHER, True),
        ({"AWS": ROLE}, OTHER, False),
        ({"AWS": SESSION}, OTHER, False),
        ({"AWS": "*"}, "", False),
        ({"AWS": "arn:aws:iam"}, "", False),
        ({"AWS": "a:b:c:d:444455556666:x"}, "", False),
        ({"AWS": GONE}, "", False),
        ({"Service": "ec2.amazonaws.com"}, "", False),
        ({"Federated": GITHUB}, HOME, False),
        ({"Federated": f"{SAML}:root"}, HOME, False),
    ],
)
def test_whose_a_principal_is_and_whether_it_is_all_of_an_account(principal, account, is_whole):
    found = only(trusting(principal, [*ASSUMING]))

    assert (found.account, found.is_whole_account, found.is_deleted) == (account, is_whole, principal == {"AWS": GONE})


@pytest.mark.parametrize(
    ("condition", "is_conditional"),
    [
        ({}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"StringEquals": {"sts:ExternalId": "x"}}, True),
        ({"StringOdd": {"sts:ExternalId": "x"}}, True),
        # what it brings by itself is no condition for it
        ({"StringEquals": {"aws:PrincipalAccount": OTHER}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": OTHER}, "Bool": {"aws:SecureTransport": "true"}}, True),
    ],
    ids=str,
)
def test_what_one_does_not_bring_by_itself_is_a_condition(condition, is_conditional):
    assert only(trusting({"AWS": OTHER}, **condition)).is_conditional is is_conditional


def test_of_a_token_all_claims_are_told_in_order_and_of_others_none():
    asked = {
        "StringEquals": {SUB: "repo:a/b", AUD: "sts.amazonaws.com"},
        "StringLike": {"token.actions.githubusercontent.com:ref": "refs/*"},
    }
    found = only(trusting({"Federated": GITHUB}, WEB, **asked, Bool={"aws:SecureTransport": "true"}))
    assert [(one.name, one.may_lack, one.values.listed()) for one in found.claims] == [
        ("aud", False, ("sts.amazonaws.com",)),
        ("ref", False, None),
        ("sub", False, ("repo:a/b",)),
    ]
    lacking = only(trusting({"Federated": GITHUB}, WEB, StringEqualsIfExists={SUB: "repo:a/b"}, **{"ForAnyValue:StringEquals": {AUD: "x"}}))
    assert [(one.name, one.may_lack, one.values.is_whole) for one in lacking.claims] == [("aud", False, True), ("sub", True, False)]
    saml = only(trusting({"Federated": SAML}, "sts:AssumeRoleWithSAML", StringEquals={"SAML:aud": "https://x"}))
    assert [one.name for one in saml.claims] == ["aud"]
    assert only(trusting({"AWS": OTHER}, StringEquals={SUB: "x"})).claims == ()


def test_what_is_too_intricate_to_be_taken_away_is_there(monkeypatch):
    def region(_):
        raise BudgetExceededError

    monkeypatch.setattr(trusting_whom, "region", region)
    assert names(THEM, denied("*")) == [OTHER]


def test_who_was_deleted_or_has_no_context_left_is_not_sure():
    assert not only(trusting({"AWS": GONE})).sure
    assert only(trusting({"AWS": ROLE})).sure
    assert only(trusting("*", ArnLike={"aws:PrincipalArn": ROLE})).sure


PLAIN = {"aws:SecureTransport": "false"}


def test_what_is_asked_for_in_some_contexts_alone_is_not_asked_for():
    """One that comes in a secure way brings no account here, and so may be anybody's service."""
    ec2 = trusting({"Service": "ec2.amazonaws.com"})
    found = only(ec2, denied("*", StringNotEquals={"aws:SourceAccount": HOME}, Bool=PLAIN))
    assert ("aws:sourceaccount" in found.asks, found.is_confusable) == (False, True)
    assert not only(ec2, denied("*", StringNotEquals={"aws:SourceAccount": HOME})).is_confusable
    assert not only(THEM).is_confusable  # which is no service


def test_a_claim_that_is_asked_for_in_some_contexts_alone_may_be_lacking():
    tokens = trusting({"Federated": GITHUB}, WEB)
    found = only(tokens, denied("*", WEB, StringNotEquals={SUB: "repo:a/b"}, Bool=PLAIN))
    assert [(one.name, one.values.is_whole, one.may_lack) for one in found.claims] == [("sub", True, True)]
    assert (found.subjects, found.audiences) == (None, None)
    either = only(tokens, denied("*", WEB, StringNotEqualsIfExists={SUB: "repo:a/b"}, Bool=PLAIN))
    assert [(one.name, one.may_lack) for one in either.claims] == [("sub", True)]


def test_of_several_patterns_that_all_must_match_the_longest_says_most():
    tokens = trusting({"Federated": GITHUB}, WEB, StringLike={SUB: "repo:a/*"}, StringLikeIfExists={SUB: "*/main"})
    assert only(tokens).subjects == ("repo:a/*",)
    longer = trusting({"Federated": GITHUB}, WEB, StringLike={SUB: "repo:a/*"}, StringLikeIfExists={SUB: "*:refs/heads/main"})
    assert only(longer).subjects == ("*:refs/heads/main",)


def test_an_external_id_that_may_be_asked_for_is_not_told_as_none():
    odd = only(trusting({"AWS": OTHER}, StringOdd={"sts:ExternalId": "x"}))
    other = only(trusting({"AWS": OTHER}, StringOdd={"aws:UserAgent": "x"}))
    both = only(trusting({"AWS": OTHER}, StringOdd={"aws:UserAgent": "x", "sts:ExternalId": "x"}))
    assert (odd.external_id, other.external_id, both.external_id) == (None, False, None)


@pytest.mark.parametrize("who", [OTHER, ROLE, SESSION, USER, FEDERATED])
def test_a_deny_for_all_but_one_who_was_deleted_spares_nobody(who):
    assert names(trusting({"AWS": who}), {"Effect": "Deny", "NotPrincipal": {"AWS": GONE}, "Action": "sts:*"}) == []


AWS = [OTHER, ROOT, USER, ROLE, SESSION, FEDERATED, HOME, arn("user/u"), arn("role/r"), GONE]
PAIRS = [*(("AWS", name) for name in AWS), ("AWS", "*"), ("Service", "ec2.amazonaws.com"), ("Federated", GITHUB)]
THOSE = {
    **{name: [USER, ROLE, SESSION, FEDERATED, ROOT] for name in (OTHER, ROOT)},
    "*": [USER, ROLE, SESSION, FEDERATED, ROOT, arn("user/u"), arn("role/r"), arn("root")],
    HOME: [arn("user/u"), arn("role/r"), arn("root")],
    ROLE: [ROLE, SESSION],
    USER: [USER, FEDERATED],
    GONE: [],  # it was deleted, and nobody asks as that
}


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("who", PAIRS)
def test_whom_principals_cover_they_reach_says_the_evaluator(who, negated):
    kind, name = who
    stands = THOSE.get(name, [name if kind == "AWS" else f"{kind}:{name}"])
    for named in (each for size in (1, 2) for each in combinations(PAIRS, size)):
        principals = Principals(named=named, negated=negated)
        if covers(principals, who) and ("AWS", GONE) not in named:
            assert [one for one in stands if reaches(principals, caller(one), Reach.ACCOUNT) is not True] == []


def test_denies_that_together_leave_no_context_remove_the_principal():
    absent, present = denied("*", Null={"sts:ExternalId": "true"}), denied("*", Null={"sts:ExternalId": "false"})

    assert names(THEM, absent) == names(THEM, present) == [OTHER]
    assert names(THEM, absent, present) == []


def test_a_condition_that_the_principal_never_meets_lets_it_not_in():
    assert names(trusting({"AWS": THEIRS}, ArnEquals={"aws:PrincipalArn": arn("role/other", OTHER)})) == []
    assert names(trusting({"AWS": THEIRS}, ArnLike={"aws:PrincipalArn": arn("role/th*", OTHER)})) == [THEIRS]


@pytest.mark.parametrize(
    ("condition", "demanded"),
    [
        ({}, False),
        ({"StringEquals": {"sts:ExternalId": "a"}}, True),
        ({"StringEquals": {"STS:externalid": ["a", "b"]}}, True),
        ({"StringEqualsIgnoreCase": {"sts:ExternalId": "a"}}, None),  # not understood by the sets
        ({"StringLike": {"sts:ExternalId": "a"}}, True),
        ({"StringLike": {"sts:ExternalId": "a*"}}, False),
        ({"StringLike": {"sts:ExternalId": "*"}}, False),
        ({"StringEqualsIfExists": {"sts:ExternalId": "a"}}, False),
        ({"StringNotEquals": {"sts:ExternalId": "a"}}, False),
        ({"Null": {"sts:ExternalId": "false"}}, False),
        ({"StringEquals": {"sts:ExternalId": "a"}, "StringLike": {"sts:ExternalId": "*"}}, True),
        ({"StringEqualsIfExists": {"sts:ExternalId": "a"}, "Null": {"sts:ExternalId": "false"}}, True),  # two tests on one key
        ({"ForAnyValue:StringEquals": {"sts:ExternalId": "a"}}, True),
        ({"ForAllValues:StringEquals": {"sts:ExternalId": "a"}}, False),  # vacuous without one
        ({"StringEquals": {"sts:ExternalId": "${aws:PrincipalTag/x}"}}, None),
        ({"StringEquals": {"custom:unheard": "a"}}, False),
    ],
)
def test_an_external_id_is_demanded_when_nothing_goes_without_one_of_some(condition, demanded):
    assert only(trusting({"AWS": OTHER}, **condition)).external_id is demanded


def test_a_deny_may_demand_the_external_id():
    assert only(THEM, denied("*", StringNotEquals={"sts:ExternalId": "a"})).external_id is True
    assert only(THEM, denied("*", Null={"sts:ExternalId": "true"})).external_id is False


@pytest.mark.parametrize(
    ("condition", "subjects"),
    [
        ({}, None),
        ({"StringEquals": {SUB: "repo:a:main"}}, ("repo:a:main",)),
        ({"StringLike": {SUB: ["repo:a/*", "repo:b:*"]}}, ("repo:a/*", "repo:b:*")),
        ({"StringLike": {SUB: "*"}}, None),
        ({"StringLikeIfExists": {SUB: "repo:a/*"}}, None),
        ({"StringNotLike": {SUB: "repo:a/*"}}, None),
        ({"ForAnyValue:StringLike": {SUB: "repo:a/*"}}, ("repo:a/*",)),
        ({"ForAllValues:StringLike": {SUB: "repo:a/*"}}, None),
        ({"StringLike": {SUB: "repo:a/*"}, "StringEquals": {SUB: "repo:a/x"}}, ("repo:a/x",)),
        ({"StringLike": {SUB: ["repo:a/*", "repo:b/*"]}, "StringNotLike": {SUB: "repo:b/*"}}, ("repo:a/*",)),
        ({"StringLike": {"gitlab.com:sub": "repo:a/*"}}, None),
    ],
)
def test_the_subjects_are_those_that_are_left(condition, subjects):
    assert only(trusting({"Federated": GITHUB}, WEB, **condition)).subjects == subjects


def test_subjects_may_be_left_by_a_deny():
    allowed = trusting({"Federated": GITHUB}, WEB, StringLike={SUB: ["repo:a/*", "repo:b/*"]})

    assert only(allowed, denied({"Federated": GITHUB}, WEB, StringLike={SUB: "repo:b/*"})).subjects == ("repo:a/*",)


@pytest.mark.parametrize(("condition", "audiences"), [({}, None), ({"StringEquals": {AUD: "sts.amazonaws.com"}}, ("sts.amazonaws.com",))])
def test_the_audiences_of_a_token_are_told(condition, audiences):
    assert only(trusting({"Federated": GITHUB}, WEB, **condition)).audiences == audiences


def test_saml_has_its_own_keys_and_its_attributes_are_told():
    condition = {"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}, "StringLike": {"saml:sub": "a*"}}
    found = only(trusting({"Federated": SAML}, "sts:AssumeRoleWithSAML", **condition))

    assert (found.audiences, found.subjects) == (("https://signin.aws.amazon.com/saml",), ("a*",))
    assert found.asks == {"saml:aud", "saml:sub"}


@pytest.mark.parametrize(
    ("principal", "action", "found"),
    [
        ({"Federated": GITHUB}, "sts:AssumeRole", []),
        ({"Federated": GITHUB}, "sts:AssumeRoleWithSAML", []),
        ({"Federated": SAML}, WEB, []),
        ({"AWS": OTHER}, WEB, []),
        ({"Service": "ec2.amazonaws.com"}, "sts:AssumeRoleWithSAML", []),
        ({"Federated": "accounts.google.com"}, WEB, ["accounts.google.com"]),
        ("*", WEB, ["*"]),
        ({"AWS": OTHER}, "sts:*", [OTHER]),
        ({"AWS": OTHER}, "sts:TagSession", []),
    ],
)
def test_each_kind_of_principal_comes_in_by_its_own_action(principal, action, found):
    assert names(trusting(principal, action)) == found


@pytest.mark.parametrize(
    ("condition", "confusable"),
    [
        ({}, True),
        ({"StringEquals": {"aws:SourceAccount": HOME}}, False),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{HOME}:*"}}, False),
        ({"StringLike": {"aws:SourceAccount": "*"}}, True),
        ({"StringEqualsIfExists": {"aws:SourceAccount": HOME}}, True),
        ({"StringEquals": {"aws:SourceOrgID": "o-1"}}, False),
    ],
)
def test_a_service_without_a_source_can_be_confused(condition, confusable):
    assert only(trusting({"Service": "sns.amazonaws.com"}, **condition)).is_confusable is confusable


def test_an_organisation_that_is_asked_for_is_told_and_any_organisation_is_none():
    assert only(trusting("*", StringEquals={"aws:PrincipalOrgID": "o-1"})).asks == {"aws:principalorgid"}
    assert only(trusting("*", StringLike={"aws:PrincipalOrgID": "*"})).asks == frozenset()


def test_an_account_delegates_and_a_deleted_principal_lets_nobody_in():
    gone = unique("AIDA", "gone")
    found = {each.name: each for each in seen(trusting({"AWS": [ROOT, OTHER, THEIRS, gone]}))}

    assert {name for name, each in found.items() if each.is_whole_account} == {ROOT, OTHER}
    assert [(name, each.sure) for name, each in found.items() if each.is_deleted] == [(gone, False)]
    assert {found[name].account for name in (ROOT, OTHER, THEIRS)} == {OTHER}


def test_who_is_not_a_principal_is_everybody():
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": "sts:AssumeRole"}

    assert [(each.kind, each.name) for each in seen(statement)] == [("any", "*")]


def test_a_trust_policy_that_was_not_seen_is_unknown():
    entry = role("r", service("ec2"))
    del entry["AssumeRolePolicyDocument"]

    assert trusted(account(entry), "role/r") is UNKNOWN


@pytest.mark.parametrize(
    "statement",
    [
        THEM,
        service("ec2"),
        trusting("*", StringEquals={"aws:PrincipalOrgID": "o-1"}),
        trusting({"Federated": GITHUB}, WEB, StringLike={SUB: "repo:a/*"}, StringEquals={AUD: "x"}),
        trusting({"Federated": SAML}, "sts:AssumeRoleWithSAML"),
        trusting({"AWS": THEIRS}, StringEquals={"sts:ExternalId": "a"}),
    ],
)
def test_the_evaluator_agrees_that_it_is_let_in(statement):
    assert only(statement).sure
    assert not only(statement | {"Condition": {**statement.get("Condition", {}), "StringSomehow": {"aws:UserAgent": "x"}}}).sure


def test_an_unheard_condition_is_not_let_in_for_sure_and_not_kept_out():
    statement = trusting({"AWS": OTHER}, StringEquals={"custom:unheard": "x"})
    asked = Request(principal=ROOT, action="sts:AssumeRole", resource=arn("role/r"))

    assert (
        evaluate(
            asked, Policies(identity=written({"Effect": "Allow", "Action": "*", "Resource": "*"}), resource=written(statement))
        ).allowed
        is False
    )
    assert names(statement) == [OTHER]
