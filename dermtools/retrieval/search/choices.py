"""What a person chooses of each column, values or a range, to a `where` condition, and back from one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from dermtools.cases.case import AttributeValue
from dermtools.errors import QueryError
from dermtools.retrieval.search.where import column_of, parsed, value_of
from dermtools.retrieval.search.where_dialect import WORDS, WhereDialect

if TYPE_CHECKING:
    from sqlglot import exp

    from dermtools.retrieval.search.fields import Fields

WHOLE = 1e15
"""Numbers below are written without an exponent where they are whole."""


class Choice(BaseModel):
    """Cases that have one of these values, or a number in this range, or whose value is unknown where that is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: tuple[AttributeValue, ...] = ()
    low: float | None = Field(default=None, description="inclusive")
    high: float | None = Field(default=None, description="inclusive")
    unknown: bool = False

    @property
    def ranges(self) -> bool:
        """Whether it asks for a range."""
        return self.low is not None or self.high is not None


class Chosen(NamedTuple):
    """A condition taken apart; all of it must hold."""

    choices: dict[str, Choice]
    """By the column's own name."""
    rest: str
    """A condition, empty where nothing is left over."""


def condition(choices: Mapping[str, Choice], rest: str = "") -> str:
    """The condition that all choices and the rest hold; empty where nothing is chosen."""
    clauses = (_clause(name_written(name), choice) for name, choice in choices.items())
    return " AND ".join(filter(None, [rest, *clauses]))


def choices_of(where: str, fields: Fields) -> Chosen:
    """What a condition chooses of each column, and what of it is no such choice.

    Raises:
        QueryError: it cannot be parsed, or names a column that there is not.
    """
    from sqlglot import exp

    if not where.strip():
        return Chosen({}, "")
    whole = parsed(where)
    found: dict[str, Choice] = {}
    rest: list[exp.Expr] = []
    for part in whole.flatten() if isinstance(whole, exp.And) else [whole.unnest()]:
        name, choice = _choice(part, fields) or ("", None)
        both = choice and (_both(found[name], choice) if name in found else choice)
        if both is None:
            rest.append(part)
        else:
            found[name] = both
    texts = [_text(part) for part in rest]
    # What cannot be written again as it was read stays as the person wrote it.
    return Chosen({}, f"({where})") if None in texts else Chosen(found, " AND ".join(filter(None, texts)))


def name_written(name: str) -> str:
    """A column's name as a condition has it: in double quotes unless it is a plain word."""
    if name.isascii() and name.isidentifier() and name.upper() not in WORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def value_written(value: AttributeValue) -> str:
    """A value as a condition has it."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE:
        value = int(value)
    return str(value).lower()


def _clause(name: str, choice: Choice) -> str:
    parts = []
    if len(choice.values) == 1:
        parts.append(f"{name} = {value_written(choice.values[0])}")
    elif choice.values:
        parts.append(f"{name} IN ({', '.join(map(value_written, choice.values))})")
    if choice.low is not None and choice.high is not None:
        parts.append(f"{name} BETWEEN {value_written(choice.low)} AND {value_written(choice.high)}")
    elif choice.low is not None:
        parts.append(f"{name} >= {value_written(choice.low)}")
    elif choice.high is not None:
        parts.append(f"{name} <= {value_written(choice.high)}")
    if choice.unknown:
        parts.append(f"{name} IS NULL")
    return f"({' OR '.join(parts)})" if len(parts) > 1 else "".join(parts)


def _choice(node: exp.Expr, fields: Fields) -> tuple[str, Choice] | None:
    """The choice that a part of a condition is; None for any other."""
    from sqlglot import exp

    try:
        parts = list(node.flatten()) if isinstance(node, exp.Or) else [node]
        atoms = [_atom(part) for part in parts]
        columns = {fields[column].name for column, _ in atoms}
    except QueryError:
        return None
    if len(columns) > 1 or sum(choice.ranges for _, choice in atoms) > 1:
        return None
    return columns.pop(), reduce(_either, (choice for _, choice in atoms))


def _atom(node: exp.Expr) -> tuple[str, Choice]:
    """Column and choice of one comparison; a QueryError for any that is none."""
    from sqlglot import exp

    if node.args.get("negate"):
        raise QueryError("no choice")
    if isinstance(node, exp.Column):
        return column_of(node), Choice(values=(True,))
    column = column_of(node.this) if isinstance(node, exp.Condition) else ""
    if isinstance(node, exp.EQ):
        return column, Choice(values=(value_of(node.expression),))
    if isinstance(node, exp.In) and node.expressions:
        return column, Choice(values=tuple(map(value_of, node.expressions)))
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return column, Choice(unknown=True)
    if isinstance(node, exp.Between):
        return column, Choice(low=_number(node.args["low"]), high=_number(node.args["high"]))
    if isinstance(node, exp.GTE):
        return column, Choice(low=_number(node.expression))
    if isinstance(node, exp.LTE):
        return column, Choice(high=_number(node.expression))
    raise QueryError("no choice")


def _number(node: exp.Expr) -> float:
    value = value_of(node)
    if not isinstance(value, float):
        raise QueryError("no choice")
    return value


def _either(one: Choice, other: Choice) -> Choice:
    """Of two choices of which at most one is a range, what either has."""
    ranged = one if one.ranges else other
    values = _each_once((*one.values, *other.values))
    return Choice(values=values, low=ranged.low, high=ranged.high, unknown=one.unknown or other.unknown)


def _both(one: Choice, other: Choice) -> Choice | None:
    """Two ranges as one; None for any other two choices, which are none together."""
    if one.values or other.values or one.unknown or other.unknown:
        return None
    lows = [choice.low for choice in (one, other) if choice.low is not None]
    highs = [choice.high for choice in (one, other) if choice.high is not None]
    return Choice(low=max(lows, default=None), high=min(highs, default=None))


def _each_once(values: Iterable[AttributeValue]) -> tuple[AttributeValue, ...]:
    return tuple({(type(value), value): value for value in values}.values())  # else True would be 1


def _text(node: exp.Expr) -> str | None:
    """The part as text that reads as it; None where the parser's writer does not manage that."""
    from sqlglot import exp

    text = node.sql(dialect=WhereDialect, comments=False)
    try:
        same = parsed(text) == node
    except QueryError:
        same = False
    return (f"({text})" if isinstance(node, exp.Or) else text) if same else None
