"""The words and signs of a `where` condition: every other word names a column, `Alter` and `Case` too."""

from __future__ import annotations

from itertools import zip_longest
from typing import ClassVar

from sqlglot import Dialect, TokenType, tokens

WORDS = {"AND", "OR", "NOT", "IN", "IS", "NULL", "ISNULL", "NOTNULL", "TRUE", "FALSE"}
WORDS |= {"BETWEEN", "LIKE", "ILIKE", "ESCAPE", "SELECT", "FROM"}
"""What a bare name must not be."""


class WhereDialect(Dialect):
    """SQL without statements: sqlglot would take `Alter > 60` for one, and warn that it cannot read it."""

    class Tokenizer(tokens.Tokenizer):
        """Names may stand in double quotes or backticks."""

        IDENTIFIERS: ClassVar = ['"', "`"]
        COMMANDS: ClassVar = set[TokenType]()
        KEYWORDS: ClassVar = {
            word: kind
            for word, kind in tokens.Tokenizer.KEYWORDS.items()
            if word in WORDS or not any(map(str.isalpha, word))
        }


def with_quoted_names(condition: str) -> str:
    """The condition with every bare name in double quotes, so that the parser takes none for a word of its own.

    Raises:
        SqlglotError: a quote is not closed.
    """
    words = WhereDialect().tokenize(condition)
    parts, end = [], 0
    for word, following in zip_longest(words, words[1:]):
        is_function = following is not None and following.token_type is TokenType.L_PAREN
        if word.token_type is TokenType.VAR and not is_function:
            parts += [condition[end : word.start], f'"{word.text}"']
            end = word.end + 1
    return "".join([*parts, condition[end:]])
