"""A response cache in one SQLite file. It holds replies and hashes: no prompt, no picture, no key."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from pathlib import Path
from typing import Any, Self

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.messages import message_to_dict, messages_from_dict
from langchain_core.outputs import ChatGeneration, Generation

from dermtools.errors import ModelError
from dermtools.files import make_file

_SET_UP = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class SQLiteCache(BaseCache):
    """Replies by SHA-256 of messages, model and parameters, in a file that is made when missing.

    Safe between threads and processes. A hit is free: chains report no token usage for it.
    `path` is the file.

    Raises:
        ModelError: the file cannot be opened, or is no such cache.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        try:
            make_file(self.path)  # its journal takes after it
            self._db = sqlite3.connect(self.path, timeout=30, check_same_thread=False, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise ModelError(f"reply cache {path} cannot be opened: {error}; name another file") from error
        try:
            self._db.executescript(_SET_UP)
        except sqlite3.Error as error:
            self._db.close()
            raise ModelError(f"reply cache {path} cannot be used: {error}; delete it or name another file") from error

    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """The reply to exactly these messages from exactly this model; None where there is none, or it is damaged."""
        rows = self._execute("SELECT value FROM replies WHERE key = ?", _key(prompt, llm_string))
        try:
            return [_generation(item) for item in json.loads(rows[0][0])] if rows else None
        except (ValueError, TypeError, KeyError, RecursionError):
            return None

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """Keep the reply to a prompt, in place of an earlier one."""
        value = json.dumps([_plain(generation) for generation in return_val])
        self._execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", _key(prompt, llm_string), value)

    def clear(self, **kwargs: Any) -> None:
        """Remove all replies, from the disk too."""
        with self._lock:
            self._db.executescript("DELETE FROM replies; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")

    def close(self) -> None:
        """Close the file; the cache is of no use afterwards."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return int(self._execute("SELECT count(*) FROM replies")[0][0])

    def _execute(self, statement: str, *values: str) -> list[Any]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def _key(prompt: str, llm_string: str) -> str:
    return hashlib.sha256(llm_string.encode() + b"\0" + prompt.encode()).hexdigest()


def _plain(generation: Generation) -> dict[str, Any]:
    plain = {"text": generation.text, "generation_info": generation.generation_info}
    if isinstance(generation, ChatGeneration):
        plain["message"] = message_to_dict(generation.message)
    return plain


def _generation(plain: dict[str, Any]) -> Generation:
    if "message" not in plain:
        return Generation(text=plain["text"], generation_info=plain["generation_info"])
    (message,) = messages_from_dict([plain["message"]])
    return ChatGeneration(message=message, generation_info=plain["generation_info"])
