"""What Snowflake does otherwise than DuckDB and the emulation can't show, as rules on compiled SQL.

Each rule names the page of Snowflake's documentation (docs.snowflake.com/en/) that it rests on, and finds
what breaks it in one statement. Where the warehouses differ, a macro of analytics/macros has the way
that means the same on both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import sqlglot
from sqlglot import Dialect, exp
from sqlglot.dialects import Snowflake
from sqlglot.tokenizer_core import TokenType
from sqlglot.tokens import Tokenizer

__all__ = ["FUNCTIONS", "RULES", "Rule", "parse"]

# Of the relations that stand in the lake's tables: they are never null.
_NEVER_NULL: Final = {"observed_at", "file_name", "is_new", "is_listed", "is_detail"}

# Functions whose meaning was compared on both sides; another one: read its page, then add it here.
FUNCTIONS: Final = {
    "AND", "OR", "IF", "CASE", "CAST", "TRY_CAST", "COALESCE", "NULLIF", "EXISTS",
    "COUNT", "SUM", "MIN", "MAX", "AVG", "MEDIAN", "ROUND", "FLOOR", "ABS",
    "ROW_NUMBER", "RANK", "LAG", "LEAD",
    "LEFT", "LENGTH", "TRIM", "LOWER", "MD5", "PAD", "SUBSTRING",
    "EXTRACT", "TIMESTAMP_TRUNC", "DATE_TRUNC", "DAYOFWEEK_ISO",
    "JSON_EXTRACT", "JSON_FORMAT", "EXPLODE", "IS_ARRAY", "IS_OBJECT", "ARRAY",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """`find` yields what breaks the rule; `page` is where Snowflake says so."""

    name: str
    page: str
    find: Callable[[str], Iterator[str]]


class _NullsLast(Snowflake):  # type: ignore[misc] # what is compiled has no types
    """Snowflake's SQL with DuckDB's default: nulls last, whichever way."""

    NULL_ORDERING = "nulls_are_last"


@lru_cache(maxsize=2)  # rules look at one statement after the other, by at most two dialects
def parse(sql: str, dialect: type[Dialect] = Snowflake) -> exp.Expr:
    """One statement, to be read only."""
    return sqlglot.parse_one(sql, read=dialect)


def _unknown_functions(sql: str) -> Iterator[str]:
    for function in parse(sql).find_all(exp.Func):
        name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
        if name.upper() not in FUNCTIONS:
            yield name


def _filtered_aggregates(sql: str) -> Iterator[str]:
    yield from (found.sql() for found in parse(sql).find_all(exp.Filter))


def _unsaid_null_orders(sql: str) -> Iterator[str]:
    """What is not said is read otherwise by a dialect with another default."""
    large, last = (list(parse(sql, d).find_all(exp.Ordered)) for d in (Snowflake, _NullsLast))
    for one, other in zip(large, last, strict=True):
        differs = one.args.get("nulls_first") != other.args.get("nulls_first")
        if differs and one.this.name not in _NEVER_NULL:
            yield one.sql()


def _divisions_of_integers(sql: str) -> Iterator[str]:
    for division in parse(sql).find_all(exp.Div):
        if not (_is_double(division.this) or _is_decimal_literal(division.expression)):
            yield division.sql()


def _divisions_by_zero(sql: str) -> Iterator[str]:
    for division in parse(sql).find_all(exp.Div):
        if not isinstance(division.expression, exp.Nullif | exp.Literal):
            yield division.sql()


def _means_of_doubles(sql: str) -> Iterator[str]:
    for mean in parse(sql).find_all(exp.Avg):
        if not _is_decimal(mean.this):
            yield mean.sql()


def _rounded_doubles(sql: str) -> Iterator[str]:
    for rounded in parse(sql).find_all(exp.Round):
        if not _is_decimal(rounded.this):
            yield rounded.sql()


def _bare_truncations(sql: str) -> Iterator[str]:
    for truncated in parse(sql).find_all(exp.TimestampTrunc, exp.DateTrunc):
        if not isinstance(truncated.parent, exp.Cast):
            yield truncated.sql()


def _formless_dates(sql: str) -> Iterator[str]:
    for cast in parse(sql).find_all(exp.TryCast):
        if cast.to.is_type("date", "timestamp", "timestampntz"):
            case = cast.find_ancestor(exp.Case)
            if case is None or case.find(exp.Like) is None:
                yield cast.sql()


def _boolean_casts_of_text(sql: str) -> Iterator[str]:
    yield from (found.sql() for found in parse(sql).find_all(exp.ToBoolean))
    for cast in parse(sql).find_all(exp.TryCast):
        if cast.to.is_type("boolean"):
            yield cast.sql()


def _zoned_times(sql: str) -> Iterator[str]:
    for type_ in parse(sql).find_all(exp.DataType):
        if type_.is_type("timestamptz", "timestampltz", "time", "timetz"):
            yield type_.sql()
    now = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.Localtimestamp)
    yield from (found.sql() for found in parse(sql).find_all(*now))


def _backslashes(sql: str) -> Iterator[str]:
    for literal in Tokenizer().tokenize(sql):
        if literal.token_type == TokenType.STRING and "\\" in literal.text:
            yield literal.text


def _quoted_identifiers(sql: str) -> Iterator[str]:
    yield from (n.name for n in parse(sql).find_all(exp.Identifier) if n.args.get("quoted"))


def _untyped_json(sql: str) -> Iterator[str]:
    """A value at a path may be cast to text, kept whole, or taken apart; nothing else."""
    allowed = (exp.Cast, exp.Alias, exp.IsArray, exp.If, exp.Explode, exp.Kwarg, exp.Select)
    for value in parse(sql).find_all(exp.JSONExtract):
        parent = value.parent
        if isinstance(parent, exp.TryCast) or not isinstance(parent, allowed):
            yield value.sql()
        elif isinstance(parent, exp.Cast) and not parent.to.is_type("varchar", "text"):
            yield parent.sql()


def find_variants_used_as_text(sql: str, variants: Collection[str]) -> Iterator[str]:
    """Columns that hold JSON, asked for null or compared as if they were text."""
    asking = (exp.Is, exp.Coalesce, exp.Predicate, exp.TryCast)
    for column in parse(sql).find_all(exp.Column):
        if column.name.lower() in variants and isinstance(column.parent, asking):
            yield column.parent.sql()


def _is_double(value: exp.Expr) -> bool:
    return isinstance(value, exp.Cast) and value.to.is_type("double")


def _is_decimal(value: exp.Expr) -> bool:
    return isinstance(value, exp.Cast) and value.to.is_type("decimal")


def _is_decimal_literal(value: exp.Expr) -> bool:
    return isinstance(value, exp.Literal) and not value.is_string and "." in value.this


RULES: Final = (
    Rule("only functions that both have", "sql-reference/functions-all", _unknown_functions),
    Rule("no FILTER on an aggregate", "sql-reference/functions-aggregation", _filtered_aggregates),
    # Snowflake: nulls are higher than everything, so `desc` has them first. DuckDB: last.
    Rule("desc says where nulls go", "sql-reference/constructs/order-by", _unsaid_null_orders),
    # Snowflake: integers divide to a decimal of six places. DuckDB: to a double.
    Rule("quotients are doubles", "sql-reference/operators-arithmetic", _divisions_of_integers),
    # Snowflake: an error. DuckDB: null.
    Rule("no division by zero", "sql-reference/operators-arithmetic", _divisions_by_zero),
    # Sums of doubles depend on the order of rows, which no warehouse promises.
    Rule("means are of decimals", "sql-reference/data-types-numeric", _means_of_doubles),
    # A half as a double is above or below it.
    Rule("decimals are rounded", "sql-reference/functions/round", _rounded_doubles),
    # Snowflake: the type of its argument. DuckDB: a timestamp for some units.
    Rule("truncated dates are cast", "sql-reference/functions/date_trunc", _bare_truncations),
    # Snowflake's AUTO format takes '1577836800' and '02/29/2020', DuckDB '2020-02-29 junk'.
    Rule("dates and times have a form", "user-guide/date-time-input-output", _formless_dates),
    # Snowflake takes 'on', DuckDB does not; both take 'yes', 't' and '1'.
    Rule(
        "booleans are true or false", "sql-reference/functions/to_boolean", _boolean_casts_of_text
    ),
    # The session's time zone would have its say.
    Rule("times have no zone", "sql-reference/data-types-datetime", _zoned_times),
    # Snowflake reads escapes in every string, DuckDB in none.
    Rule("no backslash in a string", "sql-reference/data-types-text", _backslashes),
    # Unquoted names are folded to upper case there, to nothing here.
    Rule("names are not quoted", "sql-reference/identifiers-syntax", _quoted_identifiers),
    # A JSON null is not SQL's null there until it is cast to text; a cast of a VARIANT can fail.
    Rule("JSON is read as text", "user-guide/semistructured-considerations", _untyped_json),
)
