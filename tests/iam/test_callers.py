"""Resource policies that say whom they mean by a Principal and by keys that hang on who asks, against everybody asked one by one."""

from __future__ import annotations

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from guardrails.iam import Kind, Request, contains
from guardrails.iam.decisions import said_by

HOME, AWAY = "111122223333", "444455556666"
ANN, APP = f"arn:aws:iam::{HOME}:user/team/ann", f"arn:aws:iam::{HOME}:role/app"
RUN = f"arn:aws:sts::{HOME}:assumed-role/app/run"
NAMED = ["*", {"AWS": HOME}, {"AWS": AWAY}, {"AWS": [ANN, AWAY]}, {"AWS": APP}, {"Service": "ec2.amazonaws.com"}, {"AWS": [APP, ANN]}]
UNSIGNED = ("StringEquals", "aws:PrincipalType", "Anonymous")
TESTS = [
    ("StringEquals", "aws:PrincipalAccount", HOME),
    ("StringEquals", "aws:PrincipalAccount", [HOME, AWAY]),
    ("StringNotEquals", "aws:PrincipalAccount", AWAY),
    ("StringEqualsIfExists", "aws:PrincipalAccount", HOME),
    ("StringLike", "aws:PrincipalAccount", "1111*"),
    ("StringNotLike", "aws:PrincipalAccount", "4*6"),
    ("Null", "aws:PrincipalAccount", "true"),
    ("Null", "aws:PrincipalArn", "false"),
    ("ArnEquals", "aws:PrincipalArn", APP),
    ("ArnNotEquals", "aws:PrincipalArn", APP),
    ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{HOME}:role/*"),
    ("ArnNotLikeIfExists", "aws:PrincipalArn", "arn:aws:iam::*:user/*"),
    ("StringLike", "aws:PrincipalArn", f"*:{HOME}:*"),
    ("StringEquals", "aws:PrincipalType", "AssumedRole"),
    ("StringNotEquals", "aws:PrincipalType", ["User", "Anonymous"]),
    ("Null", "aws:PrincipalType", "true"),
    ("StringEquals", "aws:username", "ann"),
    ("StringNotEquals", "aws:username", "ann"),
    ("Null", "aws:username", "true"),
    ("Bool", "aws:PrincipalIsAWSService", "true"),
    ("Bool", "aws:PrincipalIsAWSService", "false"),
    ("BoolIfExists", "aws:PrincipalIsAWSService", "false"),
    ("StringEquals", "aws:PrincipalServiceName", "ec2.amazonaws.com"),
    ("StringNotLike", "aws:PrincipalServiceName", "s3.*"),
    ("Null", "aws:PrincipalServiceName", "true"),
]


def roles(home):
    yield from ((f"arn:aws:iam::{home}:role/{name}", {}) for name in ("app", "other"))
    yield f"arn:aws:sts::{home}:assumed-role/app/run", {"aws:PrincipalArn": f"arn:aws:iam::{home}:role/app"}
    yield f"arn:aws:sts::{home}:assumed-role/other/x", {"aws:PrincipalArn": f"arn:aws:iam::{home}:role/other"}


EVERYBODY = [
    *(
        (f"arn:aws:{who.format(home)}", {})
        for home in (HOME, AWAY, "111199999999")
        for who in ("iam::{}:root", "iam::{}:user/team/ann", "iam::{}:user/bob", "sts::{}:federated-user/ann")
    ),
    *(each for home in (HOME, AWAY, "111199999999") for each in roles(home)),
    ("Anonymous", {}),
    ("Service:ec2.amazonaws.com", {}),
    ("Service:s3.amazonaws.com", {}),
    ("Service:s3.amazonaws.com", {"aws:PrincipalServiceNamesList": ("s3.amazonaws.com", "s3.eu-north-1.amazonaws.com")}),
    ("CanonicalUser:" + "a" * 64, {}),
    ("Federated:cognito-identity.amazonaws.com", {}),
]


def statement(whom, tests=(), effect="Allow", element="Principal"):
    condition = {}
    for operator, key, values in tests:
        condition.setdefault(operator, {})[key] = values
    found = {"Effect": effect, element: whom, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::box/*"}
    return found | ({"Condition": condition} if condition else {})


def document(*listed):
    return {"Version": "2012-10-17", "Statement": list(listed)}


def says(found, who, context):
    return said_by(
        Request(principal=who, action="s3:GetObject", resource="arn:aws:s3:::box/a", context=context), Kind.RESOURCE, [found]
    ).allowed


NOTHING = statement({"AWS": HOME}, effect="Deny")
ROOT_OF_HOME = statement({"AWS": f"arn:aws:iam::{HOME}:root"})
MORE = [
    UNSIGNED,
    ("StringNotEquals", "aws:PrincipalType", "Anonymous"),
    ("Null", "aws:PrincipalType", "false"),
    ("StringLike", "aws:PrincipalAccount", "*"),
    ("StringLike", "aws:PrincipalAccount", "anonym*"),
    ("StringEquals", "aws:PrincipalAccount", "anonymous"),
    ("StringNotEquals", "aws:PrincipalAccount", "anonymous"),
    ("Bool", "aws:PrincipalIsAWSService", ["true", "false"]),
    ("BoolIfExists", "aws:PrincipalIsAWSService", "true"),
    ("Null", "aws:PrincipalIsAWSService", "true"),
    ("Null", "aws:PrincipalIsAWSService", "false"),
    ("StringEquals", "aws:PrincipalIsAWSService", "true"),
    ("StringLike", "aws:PrincipalServiceName", "*"),
    ("StringLike", "aws:PrincipalServiceName", "s3.*"),
    ("StringLike", "aws:PrincipalServiceName", "*:*"),
    ("StringEquals", "aws:PrincipalServiceName", "s3.*"),
    ("StringNotEquals", "aws:PrincipalServiceName", "ec2.amazonaws.com"),
    ("ForAllValues:StringNotLike", "aws:PrincipalServiceName", "*"),
    ("ForAnyValue:StringEquals", "aws:PrincipalServiceName", "s3.amazonaws.com"),
    ("ForAnyValue:StringLike", "aws:PrincipalServiceNamesList", "*eu-north-1*"),
    ("Null", "aws:PrincipalServiceNamesList", "true"),
    ("ForAllValues:StringEquals", "aws:PrincipalServiceNamesList", "x.amazonaws.com"),
    ("StringLike", "aws:PrincipalAccount", "*:*"),
    ("StringLike", "aws:PrincipalAccount", "????????????"),
    ("StringEquals", "aws:PrincipalAccount", "1111*"),
    ("StringLike", "aws:username", "*"),
    ("StringEquals", "aws:username", "team/ann"),
    ("StringEquals", "aws:username", "a*"),
    ("StringEquals", "aws:username", ""),
    ("StringNotEquals", "aws:username", ["ann", "a*"]),
]


@pytest.mark.parametrize("test", [*TESTS, *MORE], ids=str)
def test_each_condition_means_whom_the_evaluator_says(test):
    found = document(statement("*", [test]))
    for who, context in EVERYBODY:
        verdict = contains(found, [], kind="resource", principal=who).verdict
        # a session does not tell the path of its role, so another role than the one that is asked here may be in it; likewise all that
        # belongs to the name of a service
        open_ended = context or ("NamesList" in test[1] and who.startswith("Service:"))
        assert verdict == ("not-covered" if says(found, who, context) else "covered") or (open_ended and verdict == "not-covered"), who
    everybody = document(*(statement(whom) for whom in NAMED))
    assert contains(found, everybody, kind="resource").verdict == "covered"
    others = [who for who, context in EVERYBODY if not says(found, who, context)]
    assert contains(everybody, found, kind="resource").verdict == ("not-covered" if others else "covered")


@pytest.mark.parametrize("pattern", ["a*", "?nn", "*/ann"])
def test_a_user_name_with_wildcards_is_compared_as_a_value_of_its_own(pattern):
    found = document(statement("*", [("StringLike", "aws:username", pattern)]))

    assert contains(found, found, kind="resource").verdict == "covered"
    assert contains(found, [], kind="resource").verdict != "covered", "somebody has such a name"
    assert contains(found, document(statement("*", [("StringLike", "aws:username", "*")])), kind="resource").verdict != "not-covered"
    assert contains(document(statement({"AWS": ANN})), found, kind="resource").verdict != "covered", "a federated session has no such name"


@pytest.mark.parametrize(
    ("whom", "who", "verdict"),
    [
        (RUN, RUN, "not-covered"),
        (RUN, RUN.replace("run", "walk"), "covered"),
        (RUN, APP, "covered"),
        (APP, RUN, "not-covered"),
        (APP.replace("app", "other"), RUN, "covered"),
        (RUN, f"Federated:{RUN}", "covered"),  # a provider of such a name is no session
    ],
)
def test_who_is_named_may_be_a_session(whom, who, verdict):
    assert contains(document(statement({"AWS": whom})), [], kind="resource", principal=who).verdict == verdict


tests = st.lists(st.sampled_from(TESTS), max_size=2, unique_by=lambda test: test[:2])
allows = st.builds(statement, st.sampled_from(NAMED), tests)
denies = st.builds(statement, st.sampled_from(NAMED[1:]), tests, st.just("Deny"), st.sampled_from(["Principal", "NotPrincipal"]))
documents = st.builds(
    lambda allowed, denied: document(*allowed, *denied), st.lists(allows, min_size=1, max_size=2), st.lists(denies, max_size=1)
)


@given(documents, documents)
def test_who_is_let_in_is_decided_for_everybody(actual, declared):
    found = contains(actual, declared, kind="resource")
    event(found.verdict)
    more = [who for who, context in EVERYBODY if says(actual, who, context) is True and says(declared, who, context) is False]

    assert found.verdict != "undecided", found.reasons
    assert not more or found.verdict == "not-covered"
    if found.witness:
        assert [says(one, found.witness.principal, found.witness.context) for one in (actual, declared)] == [True, False]


@given(documents, documents, st.sampled_from(EVERYBODY))
def test_who_is_let_in_is_decided_for_each(actual, declared, asking):
    who, context = asking
    found = contains(actual, declared, kind="resource", principal=who)

    is_more = says(actual, who, context) is True and says(declared, who, context) is False
    assert found.verdict == ("not-covered" if is_more else "covered") or (context and found.verdict == "not-covered")
    if found.witness:
        assert [says(one, found.witness.principal, found.witness.context) for one in (actual, declared)] == [True, False]


@pytest.mark.parametrize(
    ("actual", "declared", "verdict"),
    [
        (statement("*", [("StringEquals", "aws:PrincipalAccount", HOME)]), statement({"AWS": HOME}), "covered"),
        (statement({"AWS": HOME}), statement("*", [("StringEquals", "aws:PrincipalAccount", HOME)]), "covered"),
        (statement("*", [("StringEquals", "aws:PrincipalAccount", [HOME, AWAY])]), statement({"AWS": HOME}), "not-covered"),
        (statement({"AWS": HOME}), statement("*", [("StringNotEquals", "aws:PrincipalAccount", AWAY)]), "covered"),
        (statement("*", [("ArnEquals", "aws:PrincipalArn", APP)]), statement({"AWS": APP}), "covered"),
        (statement({"AWS": APP}), statement("*", [("ArnEquals", "aws:PrincipalArn", APP)]), "covered"),
        (statement("*", [("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{HOME}:*")]), statement({"AWS": HOME}), "covered"),
        (statement({"AWS": APP}), statement("*", [("StringEquals", "aws:PrincipalType", "AssumedRole")]), "covered"),
        # a federated session of a user counts as named with the user, and has an ARN of its own
        (statement({"AWS": ANN}), statement("*", [("ArnEquals", "aws:PrincipalArn", ANN)]), "not-covered"),
        (statement({"AWS": RUN}), statement({"AWS": APP}), "covered"),
        (statement({"AWS": APP}), statement({"AWS": RUN}), "not-covered"),
        # nothing is said of a role of the same name with another path
        (statement({"AWS": APP}, [TESTS[0]], element="NotPrincipal"), statement({"AWS": APP}, element="NotPrincipal"), "covered"),
        (statement({"AWS": APP}, [TESTS[0]]), statement({"AWS": APP}), "covered"),
        # who is of no account has no ARN, which is not the ARN of anybody either
        (
            statement("*", [("ArnNotEquals", "aws:PrincipalArn", APP)]),
            statement("*", [("Null", "aws:PrincipalArn", "false")]),
            "not-covered",
        ),
        (statement("*", [("Null", "aws:PrincipalAccount", "true")]), statement({"Service": "ec2.amazonaws.com"}), "not-covered"),
        # an unsigned request tells that it is of no account, and nothing of services
        (
            statement("*", [("StringLike", "aws:PrincipalAccount", "*")]),
            statement("*", [("StringNotEquals", "aws:PrincipalType", "Anonymous")]),
            "not-covered",
        ),
        (statement("*", [("Null", "aws:PrincipalIsAWSService", "true")]), statement({"AWS": HOME}), "not-covered"),
        (statement({"Service": "s3.amazonaws.com"}), statement("*", [("Bool", "aws:PrincipalIsAWSService", "true")]), "covered"),
        (statement("*", [("Bool", "aws:PrincipalIsAWSService", "true")]), statement({"Service": "s3.amazonaws.com"}), "not-covered"),
        (statement({"AWS": HOME}), statement("*", [("Bool", "aws:PrincipalIsAWSService", "false")]), "covered"),
        (
            statement("*", [("StringEquals", "aws:PrincipalServiceName", "s3.amazonaws.com")]),
            statement({"Service": "s3.amazonaws.com"}),
            "covered",
        ),
        (
            statement("*", [("ForAnyValue:StringLike", "aws:PrincipalServiceNamesList", "s3.*")]),
            statement("*", [("Bool", "aws:PrincipalIsAWSService", "true")]),
            "covered",
        ),
        # the number of an account has no letters
        (statement("*", [("StringLike", "aws:PrincipalAccount", "a*"), ("StringEquals", "aws:PrincipalType", "User")]), NOTHING, "covered"),
        # an account is in one partition, that of its ARN where it is named so
        (ROOT_OF_HOME, statement({"AWS": HOME}), "covered"),
        (statement({"AWS": HOME}), ROOT_OF_HOME, "covered"),
        (
            statement({"AWS": f"arn:aws:iam::{HOME}:root"}, [("StringNotLike", "aws:PrincipalArn", f"arn:aws:*::{HOME}:*")]),
            statement({"AWS": AWAY}),
            "covered",
        ),
        (statement("*", [("StringNotLike", "aws:PrincipalArn", "arn:aws:*")]), statement({"AWS": HOME}), "not-covered"),
        # twelve letters with a wildcard are no number: whose account it is, has twelve digits all the same
        (statement("*", [("StringLike", "aws:PrincipalAccount", "1*1122223333")]), statement({"AWS": HOME}), "not-covered"),
        # no service has a colon in its name, and no user is called nothing
        (statement("*", [("StringLike", "aws:PrincipalServiceName", "*:*")]), statement({"AWS": AWAY}), "covered"),
        (statement("*", [("StringEquals", "aws:username", "")]), statement({"AWS": AWAY}), "covered"),
        # an unsigned request has the id that says so; ids of others are not told here
        (statement("*", [UNSIGNED]), statement("*", [("StringEquals", "aws:userid", "anonymous")]), "covered"),
        (statement("*", [UNSIGNED]), statement("*", [("StringLike", "aws:userid", "A*")]), "not-covered"),
        (statement("*", [UNSIGNED, ("StringNotEquals", "aws:userid", "anonymous")]), statement({"AWS": AWAY}), "covered"),
        (statement({"AWS": HOME}, [("StringLike", "aws:userid", "A*")]), statement("*", [("StringLike", "aws:userid", "A*")]), "covered"),
        (statement({"AWS": HOME}), statement("*", [("StringLike", "aws:userid", "A*")]), "not-covered"),
        # a number with a wildcard where texts are compared letter by letter is nobody's
        (statement("*", [("StringEquals", "aws:PrincipalAccount", "1*")]), statement({"Service": "ec2.amazonaws.com"}), "covered"),
        (statement("*", [("StringEquals", "aws:username", "a/b")]), statement({"Service": "ec2.amazonaws.com"}), "covered"),
        (statement("*", [("StringEquals", "aws:PrincipalAccount", "1234")]), statement({"Service": "ec2.amazonaws.com"}), "covered"),
    ],
)
def test_whom_conditions_mean_is_compared_with_whom_is_named(actual, declared, verdict):
    assert contains(document(actual), document(declared), kind="resource").verdict == verdict


def test_an_arn_of_an_account_that_cannot_be_is_asked_by_nobody():
    found = contains(document(statement("*", [("ArnLike", "aws:PrincipalArn", "arn:aws:iam::a*:user/x")])), [], kind="resource")

    assert (found.verdict, found.witness) == ("undecided", None)
    assert all("no values were found for the conditions and variables that decide s3:GetObject" in reason for reason in found.reasons)
    assert found.reasons


def test_what_else_a_condition_demands_stays():
    both = [("StringEquals", "aws:PrincipalAccount", HOME), ("Bool", "aws:SecureTransport", "true")]
    found, home = document(statement("*", both)), document(statement({"AWS": HOME}))

    assert contains(found, home, kind="resource").verdict == "covered"
    assert contains(home, found, kind="resource").witness.context == {"aws:securetransport": "false"}


def test_the_role_of_a_session_may_have_a_path():
    theirs = f"arn:aws:iam::{HOME}:role/team/app"
    found = contains(document(statement({"AWS": RUN}, [("ArnEquals", "aws:PrincipalArn", theirs)])), [], kind="resource").witness

    assert (found.principal, found.context) == (RUN, {"aws:principalarn": theirs})


def test_a_role_that_both_deny_in_other_words_is_denied_in_all_its_sessions():
    everybody, denied = statement("*"), statement({"AWS": APP}, effect="Deny")
    by_arn = statement("*", [("ArnEquals", "aws:PrincipalArn", APP)], "Deny")

    assert contains(document(everybody, denied), document(everybody, by_arn), kind="resource").verdict == "covered"
    assert contains(document(everybody, by_arn), document(everybody, denied), kind="resource").verdict == "covered"


def test_a_witness_in_a_session_tells_the_role():
    everybody, but_run = statement({"AWS": RUN}), statement("*", [("StringNotEquals", "aws:PrincipalType", "AssumedRole")])
    found = contains(document(everybody), document(but_run), kind="resource").witness

    assert (found.principal, found.context) == (RUN, {"aws:principalarn": APP})
