"""Every small change of a module's code: each a way in which it could be wrong.

Left alone are words that are only read (docstrings, annotations, what a finding or an exception
says) and asserts, which tell the type checker what is so.
"""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
RECKONED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}
# What says in words what is wrong, or what a check shows.
SAYS = {"expect", "Finding", "Unsound", "check"}

Change = tuple[str, object]


@dataclass(frozen=True)
class Place:
    """A node that may be changed, and whether that is inside a function."""

    node: ast.AST
    inside: bool


@dataclass(frozen=True)
class Mutant:
    """What is changed, in which lines; whether a function's code alone is another by it."""

    place: Place
    field: str
    put: object

    @contextmanager
    def in_its_tree(self) -> Iterator[None]:
        """While the block lasts, the tree is changed so."""
        node = self.place.node
        was = getattr(node, self.field)
        setattr(node, self.field, self.put)
        ast.fix_missing_locations(node)
        yield
        setattr(node, self.field, was)

    @property
    def inside(self) -> bool:
        return self.place.inside

    @property
    def lines(self) -> range:
        node = self.place.node
        # A loop of a comprehension has no line of its own.
        shown: Any = node.target if isinstance(node, ast.comprehension) else node
        line = int(shown.lineno)
        return range(line, (getattr(node, "end_lineno", None) or line) + 1)

    @cached_property
    def what(self) -> str:
        before = ast.unparse(self.place.node)
        with self.in_its_tree():
            return f"{_short(before)}  ->  {_short(ast.unparse(self.place.node))}"


def mutants(tree: ast.Module) -> list[Mutant]:
    places = _places(tree, False)
    return [Mutant(each, *change) for each in places for change in _changes(each.node)]


def _short(words: str) -> str:
    """A statement's first line: of what stands in it, it says nothing."""
    return words.split("\n")[0][:100]


def _places(node: ast.AST, inside: bool) -> Iterator[Place]:
    """Every node that is not left alone, from the outside in."""
    if isinstance(node, ast.Assert | ast.Raise | ast.Import | ast.ImportFrom):
        return
    yield Place(node, inside)
    words_only = _called(node) in SAYS
    body = inside or isinstance(node, ast.FunctionDef | ast.Lambda)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, ast.AST) or _is_docstring(each):
                continue
            if words_only and isinstance(each, ast.Constant | ast.JoinedStr):
                continue
            # Decorators and defaults are worked out where the function is made.
            yield from _places(each, body if field == "body" else inside)


def _called(node: ast.AST) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _changes(node: ast.AST) -> list[Change]:
    """The field that is changed, and what is put there."""
    match node:
        case ast.Compare(ops=ops):
            return [
                ("ops", [*ops[:at], put(), *ops[at + 1 :]])
                for at, op in enumerate(ops)
                for put in COMPARED[type(op)]
            ]
        case ast.BoolOp(op=op, values=values):
            other = ast.And() if isinstance(op, ast.Or) else ast.Or()
            return [("op", other), *(("values", _without(values, at)) for at in range(len(values)))]
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in RECKONED:
            return [("op", RECKONED[type(op)]())]
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            return [("test", _not(test))]
        case ast.comprehension(ifs=[test]):
            return [("ifs", [_not(test)]), ("ifs", [])]
        case ast.Return(value=value) if value and not _is_none(value):
            return [("value", ast.Constant(None))]
        case ast.Expr(value=ast.Call()):
            return [("value", ast.Constant(None))]
        case ast.Constant(value=bool() as value):
            return [("value", not value)]
        case ast.Constant(value=int() as value):
            return [("value", value + 1)]
        case ast.Constant(value=str() as value):
            return [("value", f"{value}!")]
        case ast.Constant(value=bytes() as value):
            return [("value", value + b"!")]
        case ast.Call(func=ast.Name(id=name)) if name in CALLED:
            return [("func", ast.Name(CALLED[name], ast.Load()))]
        case ast.UnaryOp(op=ast.USub()):
            return [("op", ast.UAdd())]
    return []


def _without(values: list[ast.expr], at: int) -> list[ast.expr]:
    """One less; what is left of two is said twice, since there is no "and" of one."""
    left = values[:at] + values[at + 1 :]
    return left if len(left) > 1 else left * 2


def _not(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
