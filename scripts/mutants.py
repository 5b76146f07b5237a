"""Changes the logic of a module one place at a time and runs its fast tests: a change that no test notices is printed.

`mutants.py iam/patterns.py ...` takes modules of the package, `--match REGEX` only the changes whose line of output matches. Which tests
are to notice what, and the changes that change nothing with the reason for each, stand in mutants.toml. A change lives in a forked process
only: no file is touched.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import fnmatch
import functools
import gc
import os
import re
import resource
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from hypothesis import HealthCheck, Phase, settings

HOME = Path(__file__).resolve().parent.parent
PACKAGE = HOME / "src/guardrails"
OPTIONS = ["-x", "-q", "-s", "--noconftest", "--timeout=0", "--assert=plain", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
# what a test run of its own can do without, because it takes longer than most tests here
for plugin in (
    "randomly",
    "cacheprovider",
    "unraisableexception",
    "threadexception",
    "xdist",
    "xdist.looponfail",
    "pytest_cov",
    "faulthandler",
):
    OPTIONS += ["-p", f"no:{plugin}"]
CACHE = type(functools.lru_cache(len))
MEMORY = 3 * 2**30
SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.And: (ast.Or,), ast.Or: (ast.And,), ast.Add: (ast.Sub,), ast.Sub: (ast.Add, ast.BitAnd), ast.Mult: (ast.FloorDiv,),
    ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.FloorDiv,), ast.LShift: (ast.RShift,), ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.BitXor: (ast.BitOr,),
}  # fmt: skip
PAIRS = [("any", "all"), ("min", "max"), ("some", "every"), ("startswith", "endswith"), ("lower", "upper"), ("partition", "rpartition")]
NAMES = dict([*PAIRS, *(pair[::-1] for pair in PAIRS)])
DROPPED = {"negate", "sorted", "reversed", "set", "lowered"}
"""Functions of one argument that are replaced by it."""
UNTOUCHED = {"annotation", "returns", "decorator_list", "args", "bases", "keywords"}
"""Fields of definitions that hold no logic."""
CONDITIONS = {"test", "ifs"}


def variants(node: ast.AST, *, condition: bool) -> Iterator[ast.AST]:
    """What one node becomes, one change at a time."""
    if condition and not isinstance(node, ast.Constant):
        yield from (ast.Constant(value=value) for value in (True, False))
    match node:
        case ast.Compare():
            yield from _compared(node, condition=condition)
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op):
            yield from (_with(node, op=swap()) for swap in SWAPS.get(type(op), ()))
        case ast.Constant(value=bool() | int() as value):
            yield from map(ast.Constant, [not value] if isinstance(value, bool) else [value + 1, value - 1])
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield ast.Return(value=ast.Constant(value=None))
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.Continue() | ast.Break():
            yield ast.Pass()
        case _:
            yield from _renamed(node)


def _compared(node: ast.Compare, *, condition: bool) -> Iterator[ast.AST]:
    for at, op in enumerate(node.ops):
        swaps = SWAPS[type(op)]
        # where it is a condition, being always true and being never true say more than the opposite
        for swap in swaps[: len(swaps) - 1 if condition else None]:
            yield _with(node, ops=[*node.ops[:at], swap(), *node.ops[at + 1 :]])


def _renamed(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub()):
            yield node.operand
        case ast.IfExp(body=body, orelse=orelse):
            yield _with(node, body=orelse, orelse=body)
        case ast.Call(func=ast.Name(id=name), args=[only]) if name in DROPPED:
            yield only
        case ast.Name(id=name) if name in NAMES:
            yield _with(node, id=NAMES[name])
        case ast.Attribute(attr=name) if name in NAMES:
            yield _with(node, attr=NAMES[name])


def _with(node: ast.AST, **changed: object) -> ast.AST:
    return type(node)(**{**dict(ast.iter_fields(node)), **changed})


def mutants(tree: ast.Module, node: ast.AST, within: str = "") -> Iterator[tuple[int, str]]:
    """Each change made in the tree while its line and text are out, and taken back afterwards."""
    defines = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AnnAssign | ast.arg)
    for field, value in ast.iter_fields(node):
        if defines and field in UNTOUCHED:
            continue
        for at, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST):
                continue
            name = f"{within}.{child.name}".lstrip(".") if isinstance(child, ast.FunctionDef | ast.ClassDef) else within
            condition = field in CONDITIONS or (field == "values" and isinstance(node, ast.BoolOp))
            alias = not within and isinstance(child, ast.BinOp) and isinstance(child.op, ast.BitOr)
            for changed in () if alias else variants(child, condition=condition):
                _put(node, field, at, ast.copy_location(changed, child))
                yield child.lineno, f"{name or 'module'}: {ast.unparse(child)} -> {ast.unparse(changed)}"
                _put(node, field, at, child)
            yield from mutants(tree, child, name)


def _put(node: ast.AST, field: str, at: int, child: ast.AST) -> None:
    value = getattr(node, field)
    if isinstance(value, list):
        value[at] = child
    else:
        setattr(node, field, child)


def _answer(run: Callable[[int], object]) -> str:
    """What a process of its own writes before it fails, or that it failed; nothing when it ends well."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            run(writing)
        finally:
            os._exit(1)
    os.close(writing)
    with open(reading, "rb") as told:
        name = told.read().decode()
    return name or "no test, it ended" if os.waitpid(child, 0)[1] else ""


def _limited(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _forget() -> None:
    """Modules of ours and tests are imported anew; those of others, once for all, take longer than most tests."""
    for name, module in list(sys.modules.items()):
        if name != "__main__" and str(getattr(module, "__file__", None) or "").startswith((f"{HOME}/src", f"{HOME}/tests")):
            del sys.modules[name]


def _quietly(options: list[str], *plugins: object) -> int:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        return int(pytest.main([*OPTIONS, "--hypothesis-profile=mutants", *options], plugins=plugins))


class _Teller:
    """Writes the name of the test that fails."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os.write(self._pipe, report.nodeid.encode())


def noticed_anew(module: str, code: CodeType | None, tests: list[str], seconds: int) -> str:
    """The test that fails where the module is this code from the start; to run on and on or to end early is to fail."""

    def run(pipe: int) -> None:
        _limited(seconds)
        _forget()
        read = SourceFileLoader.get_code
        if code is not None:
            SourceFileLoader.get_code = lambda self, name: code if name == module else read(self, name)
        os._exit(_quietly(tests, _Teller(pipe)))

    return _answer(run)


class _Examination:
    """A plug-in that changes the module where the tests are collected already, instead of running them."""

    def __init__(self, path: str, told: dict, match: str) -> None:
        self.path, self.file, self._match, self._told = path, str(PACKAGE / path), match, told
        self.tests = next(files for pattern, files in told["tests"].items() if fnmatch.fnmatch(path, pattern))
        self.module = "guardrails." + path.removesuffix(".py").replace("/", ".")
        self.found = self.noticed = self.equal = 0
        self._recent: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        everything = gc.get_objects()
        self._live = [one for one in everything if isinstance(one, FunctionType) and one.__code__.co_filename == self.file]
        self._caches = [one for one in everything if isinstance(one, CACHE)]
        began = sum(os.times()[2:4])
        if failed := noticed_anew(self.module, None, self.tests, 600):
            raise AssertionError(f"without any change {failed} fails")
        self._seconds = int(2 * (sum(os.times()[2:4]) - began)) + 3
        same = {
            (entry["line"], change) for entry in self._told["equivalent"] if entry["module"] == self.path for change in entry["changes"]
        }
        source = Path(self.file).read_text()
        tree, lines = ast.parse(source), source.splitlines()
        gone = set(same)
        for line, text in mutants(tree, tree):
            change = (lines[line - 1].strip(), text.split(": ", 1)[1])
            gone.discard(change)
            if re.search(self._match, f"{self.path}:{line} {text}"):
                if change in same:
                    self.equal += 1
                else:
                    self._judge(session, compile(ast.fix_missing_locations(tree), self.file, "exec"), f"{line} {text}")
        for at, change in sorted(gone):
            print(f"mutants.toml: {self.path} has no such change any more: {change} in {at}", file=sys.__stdout__, flush=True)
        return True

    def _judge(self, session: pytest.Session, code: CodeType, text: str) -> None:
        self.found += 1
        name = self._noticed_in_place(session, code) or noticed_anew(self.module, code, self.tests, self._seconds)
        if name:
            self.noticed += 1
            # the tests that noticed the last changes often notice the next one too
            self._recent = [name, *(each for each in self._recent if each != name)][:20]
        else:
            print(f"survived src/guardrails/{self.path}:{text}", file=sys.__stdout__, flush=True)

    def _noticed_in_place(self, session: pytest.Session, code: CodeType) -> str:
        """Likewise, the functions of the module being changed where they are: quick, but blind for what was made at import."""
        written = {(one.co_qualname, one.co_firstlineno): one for one in _within(code)}
        changed = [(one, written.get((one.__code__.co_qualname, one.__code__.co_firstlineno), one.__code__)) for one in self._live]
        changed = [(one, new) for one, new in changed if new != one.__code__ and new.co_freevars == one.__code__.co_freevars]

        def run(pipe: int) -> None:
            _limited(self._seconds)
            for cache in self._caches:
                cache.cache_clear()
            for one, new in changed:
                one.__code__ = new
            for item in sorted(session.items, key=lambda item: self._recent.index(item.nodeid) if item.nodeid in self._recent else 99):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if session.testsfailed:
                    os.write(pipe, item.nodeid.encode())
                    os._exit(1)
            os._exit(0)

        return _answer(run) if changed else ""


def _within(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _within(constant)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--match", default="")
    asked = parser.parse_args()
    told = tomllib.loads((HOME / "scripts/mutants.toml").read_text())
    os.chdir(HOME)
    os.environ["GUARDRAILS_DEEP_CASES"] = "60"
    sys.path[:0] = [str(HOME / "src"), str(HOME / "tests"), str(HOME / "tests/iam")]
    settings.register_profile("mutants", max_examples=20, deadline=None, derandomize=True, database=None,
                              phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    for path in asked.modules or told["modules"]:
        _forget()
        one = _Examination(path, told, asked.match)
        if _quietly(one.tests, one) or not (one.found or asked.match):
            sys.exit(f"mutants: the tests of {path} cannot be collected, or fail without any change")
        score = one.noticed / max(one.found, 1)
        print(f"{path}: {one.noticed} of {one.found} changes noticed, {score:.1%}; {one.equal} change nothing", flush=True)


if __name__ == "__main__":
    main()
