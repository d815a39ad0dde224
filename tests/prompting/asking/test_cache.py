"""The SQLite reply cache: LangChain's own suites, and what it may and may not hold."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration

from dermtools.errors import ModelError
from dermtools.prompting import SQLiteCache, chat_model
from tests.support.langchain_suites import AsyncCacheTestSuite, SyncCacheTestSuite
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer
from tests.support.pictures import picture


class TestSync(SyncCacheTestSuite):
    @pytest.fixture
    def cache(self, tmp_path: Path) -> Iterator[SQLiteCache]:
        with SQLiteCache(tmp_path / "replies.sqlite") as cache:
            yield cache


class TestAsync(AsyncCacheTestSuite):
    @pytest.fixture
    async def cache(self, tmp_path: Path) -> Iterator[SQLiteCache]:
        with SQLiteCache(tmp_path / "replies.sqlite") as cache:
            yield cache


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[SQLiteCache]:
    with SQLiteCache(tmp_path / "replies.sqlite") as cache:
        yield cache


def generation(text: str) -> ChatGeneration:
    usage = {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4}
    call = {"name": "answer", "args": {"label": text}, "id": "1", "type": "tool_call"}
    return ChatGeneration(message=AIMessage(text, usage_metadata=usage, tool_calls=[call]))


def test_a_message_comes_back_whole_after_reopening(tmp_path: Path) -> None:
    with SQLiteCache(tmp_path / "replies.sqlite") as cache:
        cache.update("prompt", "model", [generation("hand")])
    with SQLiteCache(tmp_path / "replies.sqlite") as cache:
        assert cache.lookup("prompt", "model") == [generation("hand")]


def test_messages_and_model_both_count(cache: SQLiteCache) -> None:
    cache.update("ab", "c", [generation("hand")])
    assert cache.lookup("a", "bc") is None
    assert cache.lookup("ab", "d") is None


def test_the_file_holds_no_prompt_no_picture_and_no_key(schemas: OpenAISchemas, tmp_path: Path) -> None:
    encoded = base64.b64encode(picture(1)).decode()
    message = HumanMessage(
        [
            {"type": "text", "text": "a secret question"},
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{encoded}"}},
        ]
    )
    path = tmp_path / "replies.sqlite"
    with OpenAIServer(schemas) as server, SQLiteCache(path) as cache:
        chat_model("openai:gpt-4.1", base_url=server.url, api_key="sk-secret", cache=cache).invoke([message])
        assert len(cache) == 1
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (b"a secret question", b"sk-secret", encoded[100:200].encode()):
        assert secret not in content


def test_threads_share_one_cache(cache: SQLiteCache) -> None:
    def work(number: int) -> bool:
        cache.update(f"p{number % 10}", "m", [generation(str(number % 10))])
        found = cache.lookup(f"p{number % 10}", "m")
        return found == [generation(str(number % 10))]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))
    assert len(cache) == 10


def test_a_damaged_row_is_a_miss(cache: SQLiteCache, tmp_path: Path) -> None:
    cache.update("p", "m", [generation("hand")])
    other = sqlite3.connect(tmp_path / "replies.sqlite")
    other.execute("UPDATE replies SET value = '[{\"text\": 1'")
    other.commit()
    other.close()
    assert cache.lookup("p", "m") is None


def test_a_file_that_is_no_cache_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    path.write_text("this is no database, and it is longer than a header " * 20)
    with pytest.raises(ModelError, match="cannot be used"):
        SQLiteCache(path)
    with pytest.raises(ModelError, match="cannot be opened"):
        SQLiteCache(tmp_path / "no" / "folder.sqlite")
