"""`guardrails iam contains`: exit codes, JSON, and what it says of files that are no policies."""

from __future__ import annotations

import json

import pytest

from guardrails.cli import main


def policy(*actions, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}})


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def asked(files, *arguments):
        for name, text in files.items():
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(SystemExit) as ended:
            main(["iam", "contains", *files, *arguments])
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return asked


@pytest.mark.parametrize(
    ("actual", "declared", "code", "verdict"),
    [
        (policy("s3:GetObject"), policy("s3:*"), 0, "covered"),
        (policy("s3:*"), policy("s3:GetObject"), 1, "not-covered"),
        (policy("s3:GetObject", Odd="element"), policy("s3:PutObject"), 3, "undecided"),
    ],
)
def test_the_exit_code_says_the_verdict(ask, actual, declared, code, verdict):
    ended, out, err = ask({"a.json": actual, "b.json": declared})
    assert (ended, out.split(" ")[0], err) == (code, verdict, "")
    ended, out, err = ask({"a.json": actual, "b.json": declared}, "--output", "json")
    assert (ended, json.loads(out)["verdict"]) == (code, verdict)


def test_json_has_the_witness_and_the_text_the_names_of_the_files(ask):
    files = {
        "a.json": policy("s3:GetObject", Condition={"ForAnyValue:StringEquals": {"aws:CalledVia": "x"}}),
        "b.json": policy("s3:PutObject"),
    }
    _, out, _ = ask(files, "--output", "json")
    assert json.loads(out)["witness"] == {
        "principal": None,
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::x/x",
        "context": {"aws:calledvia": ["x"]},
    }
    _, out, _ = ask(files)
    assert "when aws:calledvia = x" in out
    assert "a.json Statement[0]: Allow" in out


def test_several_declared_count_together(ask):
    files = {"a.json": policy("s3:GetObject", "s3:PutObject"), "b.json": policy("s3:Get*"), "c.json": policy("s3:Put*")}
    assert ask(files)[0] == 0


def test_who_asks_and_what_it_is_attached_to_count(ask):
    home = {
        "a.json": policy("s3:*", Resource="arn:aws:s3:::home/${aws:username}/*"),
        "b.json": policy("s3:*", Resource="arn:aws:s3:::home/ann/*"),
    }
    assert ask(home)[0] == 1
    assert ask(home, "--principal", "arn:aws:iam::111122223333:user/ann")[0] == 0
    trust = {"a.json": policy("sts:AssumeRole", Principal="*"), "b.json": policy("sts:AssumeRole", Principal={"AWS": "111122223333"})}
    assert ask(trust, "--kind", "trust")[0] == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"Statement": [}', "a.json:1:16: not JSON"),
        ("[]", "a.json: no policy document: it has no Statement"),
        ('"text"', "a.json: no policy document: it has no Statement"),
        (b"\xff", "a.json: not UTF-8"),
    ],
)
def test_what_is_no_policy_is_a_mistake_of_the_caller(ask, text, says):
    code, out, err = ask({"a.json": text, "b.json": policy("s3:*")})
    assert (code, out) == (2, "")
    assert says in err


def test_a_file_that_is_not_there_and_a_kind_that_nobody_knows(ask):
    assert "c.json: No such file" in ask({"a.json": policy("s3:*")}, "c.json")[2]
    code, _, err = ask({"a.json": policy("s3:*"), "b.json": policy("s3:*")}, "--kind", "group")
    assert code == 2
    assert "'group' is not one of" in err
    code, _, err = ask({"a.json": policy("s3:*"), "b.json": policy("s3:*")}, "--principal", "ann")
    assert code == 2
    assert "'ann' is no principal" in err
