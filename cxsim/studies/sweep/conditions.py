"""Conditions between factors: small arithmetic over their names, read with Python's grammar and never run as Python."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cxsim.scenario.model.units import suggestion

_TWO: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
LONGEST = 500


class Unreadable(ValueError):
    """A condition that cannot be used: what is wrong, and the fix."""

    def __init__(self, rule: str, fix: str) -> None:
        super().__init__(f"{rule}; {fix}")
        self.rule, self.fix = rule, fix


def read(text: str, names: Iterable[str]) -> Callable[[Mapping[str, Any]], bool]:
    """A condition such as `billing + volume * 10 <= 30 and variant != 'storm'` as a function of the factors' values."""
    known = list(names)
    if len(text) > LONGEST:
        raise Unreadable("is too long for a condition", f"keep it below {LONGEST} characters")
    try:
        body = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unreadable("is not a condition", "write 'billing + 10 * volume <= 30'") from None
    if not isinstance(body, ast.Compare | ast.BoolOp | ast.UnaryOp):
        raise Unreadable("compares nothing", "write 'billing + 10 * volume <= 30'")
    for node in ast.walk(body):
        if isinstance(node, ast.Name) and node.id not in known:
            raise Unreadable(f"uses {node.id!r}, which is not a factor", suggestion(node.id, known, "the factors are"))
        if not isinstance(node, _ALLOWED) or (
            isinstance(node, ast.Constant) and type(node.value) not in (int, float, str)
        ):
            raise Unreadable(
                "uses more than + - * /, comparisons, and, or, not", "use only these and the names of factors"
            )

    def holds(values: Mapping[str, Any]) -> bool:
        try:
            return bool(_value(body, values))
        except ZeroDivisionError:
            return False
        except TypeError:
            raise Unreadable("compares numbers with text", "compare numbers with numbers, names with 'names'") from None

    return holds


_ALLOWED = (
    ast.Compare,
    ast.BoolOp,
    ast.UnaryOp,
    ast.BinOp,
    ast.Name,
    ast.Constant,
    ast.Load,
    ast.And,
    ast.Or,
    ast.Not,
    ast.USub,
    ast.UAdd,
    *_TWO,
    *_COMPARE,
)


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.BinOp):
        return _TWO[type(node.op)](_number(node.left, values), _number(node.right, values))
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, values)
        return not inner if isinstance(node.op, ast.Not) else -inner if isinstance(node.op, ast.USub) else +inner
    if isinstance(node, ast.BoolOp):
        parts = (_value(part, values) for part in node.values)
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    assert isinstance(node, ast.Compare)
    left = _value(node.left, values)
    for how, right_node in zip(node.ops, node.comparators, strict=True):
        right = _value(right_node, values)
        if not _COMPARE[type(how)](left, right):
            return False
        left = right
    return True


def _number(node: ast.expr, values: Mapping[str, Any]) -> Any:
    value = _value(node, values)
    if isinstance(value, str):
        raise TypeError
    return value
