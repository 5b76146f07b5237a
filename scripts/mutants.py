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
import os
import re
import resource
import sys
import tomllib
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import HealthCheck, Phase, settings

HOME = Path(__file__).resolve().parent.parent
PACKAGE = HOME / "src/guardrails"
OPTIONS = ["-x", "-q", "--noconftest", "--timeout=0", "--assert=plain", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
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


class _Teller:
    """Writes the name of the test that fails."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os.write(self._pipe, report.nodeid.encode())


def noticed_by(module: str, code: CodeType | None, tests: list[str], seconds: int) -> str:
    """The test that fails in a process of its own, in which the module is this code; to run on and on or to end early is to fail."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _run(module, code, tests, seconds, _Teller(writing))
    os.close(writing)
    with open(reading, "rb") as told:
        name = told.read().decode()
    return name or "no test, it ended" if os.waitpid(child, 0)[1] else ""


def _run(module: str, code: CodeType | None, tests: list[str], seconds: int, teller: _Teller) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    read = SourceFileLoader.get_code
    if code is not None:
        SourceFileLoader.get_code = lambda self, name: code if name == module else read(self, name)
    try:
        os._exit(_quietly(["--hypothesis-profile=mutants", *tests], teller))
    finally:
        os._exit(1)


def _quietly(options: list[str], *plugins: object) -> int:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        return int(pytest.main([*OPTIONS, *options], plugins=plugins))


def examine(path: str, told: dict, match: str) -> tuple[int, int, int]:
    """Prints what is not noticed in one module; how many changes there are, are noticed, and change nothing."""
    tests = next(files for pattern, files in told["tests"].items() if fnmatch.fnmatch(path, pattern))
    _preload(tests)
    module = "guardrails." + path.removesuffix(".py").replace("/", ".")
    began = sum(os.times()[2:4])
    if failed := noticed_by(module, None, tests, 600):
        sys.exit(f"mutants: without any change {failed} fails")
    seconds = int(3 * (sum(os.times()[2:4]) - began)) + 5
    same = {(entry["line"], change) for entry in told["equivalent"] if entry["module"] == path for change in entry["changes"]}
    source = (PACKAGE / path).read_text()
    tree = ast.parse(source)
    found = noticed = equal = 0
    recent: list[str] = []
    for line, text in mutants(tree, tree):
        if not re.search(match, f"{path}:{line} {text}"):
            continue
        if (source.splitlines()[line - 1].strip(), text.split(": ", 1)[1]) in same:
            equal += 1
            continue
        found += 1
        code = compile(ast.fix_missing_locations(tree), str(PACKAGE / path), "exec")
        # the tests that noticed the last changes often notice this one too, and are few
        if name := (recent and noticed_by(module, code, recent, seconds)) or noticed_by(module, code, tests, seconds):
            noticed += 1
            recent = [name, *(each for each in recent if each != name)][:6] if "::" in name else recent
        else:
            print(f"survived src/guardrails/{path}:{line} {text}", flush=True)
    return found, noticed, equal


def _preload(tests: list[str]) -> None:
    """Imports here, once, what the tests import from others; what is ours each process imports anew."""
    _quietly(["--collect-only", *tests])
    for name, module in list(sys.modules.items()):
        if name != "__main__" and str(getattr(module, "__file__", None) or "").startswith((f"{HOME}/src", f"{HOME}/tests")):
            del sys.modules[name]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--match", default="")
    asked = parser.parse_args()
    told = tomllib.loads((HOME / "scripts/mutants.toml").read_text())
    os.chdir(HOME)
    os.environ["GUARDRAILS_DEEP_CASES"] = "100"
    sys.path[:0] = [str(HOME / "src"), str(HOME / "tests"), str(HOME / "tests/iam")]
    settings.register_profile("mutants", max_examples=25, deadline=None, derandomize=True, database=None,
                              phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    for path in asked.modules or told["modules"]:
        found, noticed, equal = examine(path, told, asked.match)
        print(f"{path}: {noticed} of {found} changes noticed, {noticed / max(found, 1):.1%}; {equal} change nothing", flush=True)


if __name__ == "__main__":
    main()
