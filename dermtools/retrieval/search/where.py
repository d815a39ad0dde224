"""`where`: an SQL-like condition over labels and attributes, to the rows that satisfy it.

    location IN ('face', 'neck') AND age >= 40 AND NOT (sex = 'male' OR fitzpatrick IS NULL)

Columns are `case_id`, `group_id`, `split`, every task, every attribute. Unknown values follow SQL's
three-valued logic: a comparison with an unknown value is unknown, NOT of it too, and only rows whose
condition is true are kept; `IS NULL` finds the unknown. A case may hold several labels of a task:
`location = 'face'` is true of a case that has `face` among them, `location != 'face'` of a case with
known labels that has it not. A label outside the task's closed set is an error, not an empty result.
"""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING

from dermtools.cases.case import AttributeValue
from dermtools.errors import QueryError
from dermtools.retrieval.search.fields import Fields
from dermtools.text import one_line

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
    from sqlglot import exp

MAX_LENGTH = 4000
"""Characters of a condition; it may come from a language model."""
MAX_NESTING = 40
"""Opening brackets and NOTs of a condition, those in quoted text aside."""

_NESTING = re.compile(r"[(\[{~-]|\b(?:not|case|select|interval)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SYMBOLS = {"eq": "=", "neq": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_FLIPPED = str.maketrans("<>", "><")

ALLOWED = "AND, OR, NOT, =, !=, <, <=, >, >=, IN, BETWEEN, LIKE, ILIKE, IS NULL, IS NOT NULL"

QUOTING = "names with spaces or signs go in double quotes, texts in single quotes"


def matching_rows(condition: str, fields: Fields) -> NDArray[np.bool_]:
    """Rows for which the condition is true: bool, shape (n,).

    A QueryError where it cannot be parsed, is more than comparisons, or names an unknown column or label.
    """
    try:
        truth = _truth(parsed(condition), fields)
    except RecursionError:  # a chain of signs, such as `x.y.z...` or `x::a::b...`
        given = one_line(condition, 80)
        raise QueryError(f"where: {given!r} is a longer chain than can be read; use {ALLOWED}") from None
    rows: NDArray[np.bool_] = truth.fill_null(False).to_numpy(zero_copy_only=False)
    return rows


def parsed(condition: str) -> exp.Expr:
    """The condition as a tree; a QueryError where it cannot be parsed, is too long, or nested too deep."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    from dermtools.retrieval.search.where_dialect import WhereDialect, with_quoted_names

    if len(condition) > MAX_LENGTH:
        raise QueryError(f"where: {len(condition)} characters are too many; use at most {MAX_LENGTH}")
    # Whatever makes a parser recurse is counted beforehand: how deep it can go is the parser's secret.
    if len(_NESTING.findall(_QUOTED.sub("''", condition))) > MAX_NESTING:
        raise QueryError(f"where: more than {MAX_NESTING} brackets and NOTs; write a simpler condition")
    try:
        statements = sqlglot.parse(with_quoted_names(condition), dialect=WhereDialect)
    except SqlglotError as error:
        given = one_line(condition, 80)
        raise QueryError(f"where: cannot read {given!r}: {_reason(error)}; use {ALLOWED}; {QUOTING}") from None
    if len(statements) != 1 or statements[0] is None:
        given = one_line(condition, 80)
        raise QueryError(f"where: {given!r} is not one condition; write e.g. location = 'face' AND age >= 40")
    return statements[0]


def _truth(node: exp.Expr, fields: Fields) -> pa.BooleanArray:
    """For each row true, false, or null for unknown, in Kleene's logic."""
    from pyarrow import compute
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return _truth(node.this, fields)
    if isinstance(node, exp.And | exp.Or):
        join = compute.and_kleene if isinstance(node, exp.And) else compute.or_kleene
        return reduce(join, [_truth(part, fields) for part in node.flatten()])
    if isinstance(node, exp.Not):
        return compute.invert(_truth(node.this, fields))
    if isinstance(node, exp.Column):
        return fields[column_of(node)].is_true()
    result = _comparison(node, fields)
    # Newer sqlglot marks NOT LIKE by a flag where older ones wrap it in Not.
    return compute.invert(result) if node.args.get("negate") else result


def _comparison(node: exp.Expr, fields: Fields) -> pa.BooleanArray:
    from pyarrow import compute
    from sqlglot import exp

    if isinstance(node, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE):
        symbol, column, other = _SYMBOLS[node.key], node.this, node.expression
        if isinstance(other, exp.Column) and not isinstance(column, exp.Column):
            symbol, column, other = symbol.translate(_FLIPPED), other, column
        field, value = fields[column_of(column)], value_of(other)
        if symbol not in ("=", "!="):
            return field.compares(symbol, value)
        return field.equals(value) if symbol == "=" else compute.invert(field.equals(value))
    if isinstance(node, exp.In):
        if not node.expressions or any(node.args.get(key) for key in ("query", "unnest", "field")):
            raise QueryError("where: IN needs a list of values, e.g. location IN ('face', 'neck')")
        field = fields[column_of(node.this)]
        return reduce(compute.or_kleene, [field.equals(value_of(item)) for item in node.expressions])
    if isinstance(node, exp.Between):
        field = fields[column_of(node.this)]
        low, high = value_of(node.args["low"]), value_of(node.args["high"])
        return compute.and_kleene(field.compares(">=", low), field.compares("<=", high))
    if isinstance(node, exp.Like | exp.ILike):
        field, pattern = fields[column_of(node.this)], value_of(node.expression)
        if not isinstance(pattern, str):
            raise QueryError("where: LIKE needs a text pattern, e.g. diagnosis LIKE 'B%'")
        return field.like(pattern, ignore_case=isinstance(node, exp.ILike))
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return fields[column_of(node.this)].is_null()
    raise QueryError(f"where: {_named(node)} is not allowed; use {ALLOWED}")


def column_of(node: exp.Expr) -> str:
    """The name that a node of the tree is; a QueryError where it is none."""
    from sqlglot import exp

    if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier) or node.table:
        raise QueryError(f"where: {_named(node)} stands where a column name should; {QUOTING}")
    return node.name


def _number(node: exp.Expr) -> float:
    try:
        return float(node.this)
    except ValueError:  # `1e`, which the parser takes for a number
        raise QueryError(f"where: {one_line(str(node.this), 40)!r} is no number; write e.g. 60 or 0.5") from None


def value_of(node: exp.Expr) -> AttributeValue:
    """The value that a node of the tree is, numbers as float; a QueryError where it is none."""
    from sqlglot import exp

    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return -_number(node.this)
    if isinstance(node, exp.Literal):
        return str(node.this) if node.is_string else _number(node)
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Null):
        raise QueryError("where: nothing equals NULL; write COLUMN IS NULL or COLUMN IS NOT NULL")
    raise QueryError(f"where: {_named(node)} stands where a value should; text goes in single quotes, as in 'face'")


def _named(node: exp.Expr) -> str:
    return f"{node.key.upper()} ({one_line(node.sql(), 80)!r})"


def _reason(error: Exception) -> str:
    """First line of a parser's message, without the terminal's underlining, places and names of classes."""
    line = re.sub(r"\x1b\[\d*m", "", str(error)).splitlines()[0]
    line = re.sub(r"Required keyword: .*<class.*>", "a column or value is missing", line)
    line = re.sub(r"Error tokenizing .*", "a quote or comment is not closed", line)
    return re.sub(r"\.? Line \d+, Col: \d+", "", line).rstrip(".")
