"""The steps that every client goes through, each printed as a line of JSON.

Runs in the client's own environment, so it imports nothing but the standard library.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import traceback
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

PICTURE = (b"\xff\xd8\xff", b"\x89PNG")
"""How a JPEG begins, and the PNG that some clients make of it."""
PATIENCE = 60
"""Seconds that a step may take: none takes a tenth of it."""


@dataclass(frozen=True)
class Given:
    """What the runner says to a driver, in the file that the command line names."""

    command: list[str]
    """Starts the server over stdio."""
    url: str
    """The same server over HTTP."""
    tools: dict[str, dict[str, Any]]
    """Tool to its input schema, as the server lists it."""
    path: str
    """A picture in the granted folder."""
    data_url: str
    """The same picture."""
    nearest: list[str]
    """References of the cases nearest to it."""
    case: str
    nearest_to_case: list[str]
    model_url: str
    """A loopback server of OpenAI's API, with a model that plays its part in the turns."""
    answer: str
    """What the model says in the end, if every result was as it had to be."""
    question: str
    question_with_pictures: str
    modules: str
    """Folder of installed npm packages."""

    @classmethod
    def read(cls) -> Given:
        return cls(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Answer:
    """What a client makes of a tool's result."""

    text: str
    pictures: list[bytes] = field(default_factory=list)


class Client(Protocol):
    """A client that is connected to the server. `turn` only where it is an agent framework."""

    async def tools(self) -> dict[str, dict[str, Any]]:
        """Tool to the schema of its arguments, as the client holds it for a model."""

    async def call(self, name: str, arguments: dict[str, Any]) -> Answer:
        """One call, as the client makes it for a model; an error of the tool is a text as well."""


Connect = Callable[[Given], AbstractAsyncContextManager[Any]]


class NotOffered(Exception):  # noqa: N818  (an outcome, not an error)
    """The client has no such thing; says what it does instead."""


def blocks(content: list[Any]) -> Answer:
    """From content blocks of the protocol."""
    texts = [block.text for block in content if block.type == "text"]
    return Answer("\n".join(texts), [base64.b64decode(block.data) for block in content if block.type == "image"])


def missing_words(listed: dict[str, dict[str, Any]], held: dict[str, dict[str, Any]]) -> list[str]:
    """What of the server's tools and arguments a client's form of them has lost: names, types, descriptions."""
    lost = []
    for tool, schema in listed.items():
        # Frameworks may put the server's name before the tool's.
        found = next((name for name in held if name == tool or name.endswith(("_" + tool, "-" + tool))), None)
        if found is None:
            lost.append(f"the tool {tool}")
            continue
        properties = held[found].get("properties", {})
        for name, argument in schema.get("properties", {}).items():
            own = properties.get(name, {})
            for word in ("type", "description"):
                if word not in argument:
                    lost.append(f"{tool}.{name} has no {word} to begin with")
                elif not _says(own, word, argument[word]):
                    lost.append(f"{word} of {tool}.{name}")
    return lost


def _says(own: dict[str, Any], word: str, value: Any) -> bool:
    said = own.get(word)
    if word == "description":
        return isinstance(said, str) and " ".join(value.split()) in " ".join(said.split())
    # A strict form of an argument that may be left out also takes null.
    types = said if isinstance(said, list) else [said, *(one.get("type") for one in own.get("anyOf", ()))]
    return value in types or str(value).upper() in types


def told_alike(found: str, expected: list[str]) -> None:
    """Raises where a text does not name the expected cases, nearest first."""
    places = [found.find(reference) for reference in expected]
    if -1 in places or places != sorted(places):
        raise AssertionError(f"wanted {', '.join(expected)}, nearest first; it says: {found[:300]!r}")


class _Steps:
    def __init__(self, client: Any, given: Given) -> None:
        self.client, self.given = client, given

    async def lists(self) -> None:
        held = await self.client.tools()
        lost = [name for name in self.given.tools if not any(one.endswith(name) for one in held)]
        if lost:
            raise AssertionError(f"tools that it does not list: {', '.join(lost)}")

    async def arguments(self) -> None:
        lost = missing_words(self.given.tools, await self.client.tools())
        if lost:
            raise AssertionError("lost: " + ", ".join(lost))

    async def _finds(self, image: str, expected: list[str]) -> None:
        told_alike((await self.client.call("search_similar_cases", {"image": image, "k": 3})).text, expected)

    async def path(self) -> None:
        await self._finds(self.given.path, self.given.nearest)

    async def data(self) -> None:
        await self._finds(self.given.data_url, self.given.nearest)

    async def case(self) -> None:
        await self._finds(self.given.case, self.given.nearest_to_case)

    async def pictures(self) -> None:
        answer = await self.client.call("view_pictures", {"handles": [self.given.case]})
        told_alike(answer.text, [self.given.case])
        if not answer.pictures or not all(one.startswith(PICTURE) for one in answer.pictures):
            raise AssertionError(f"no picture in the result: {answer.text[:300]!r}")

    async def mistake(self) -> None:
        for arguments, told in (
            ({"image": "case:no-such-case"}, "no-such-case"),
            ({"image": self.given.case, "k": -3}, "k"),
            ({"image": str(Path(self.given.path).parent.parent / "not-granted.jpg")}, "not allowed"),
        ):
            text = (await self.client.call("search_similar_cases", arguments)).text
            if told not in text:
                raise AssertionError(f"for {arguments} it is told only {text[:300]!r}")
        await self.case()

    async def turn(self) -> None:
        await self._asks(self.given.question)

    async def turn_with_pictures(self) -> None:
        await self._asks(self.given.question_with_pictures)

    async def _asks(self, question: str) -> None:
        if not hasattr(self.client, "turn"):
            raise NotOffered("a client without a model")
        said = str(await self.client.turn(question))
        if self.given.answer not in said:
            raise AssertionError(f"it ends with {said[:500]!r}")


STEPS = {
    "lists the tools": _Steps.lists,
    "keeps every argument": _Steps.arguments,
    "searches by path": _Steps.path,
    "searches by data: URL": _Steps.data,
    "searches by case:": _Steps.case,
    "gets a picture": _Steps.pictures,
    "is told its mistake": _Steps.mistake,
    "whole turn": _Steps.turn,
    "whole turn with a picture": _Steps.turn_with_pictures,
}
TURNS = ("whole turn", "whole turn with a picture")


def drive(package: str, connect: Connect, not_offered: dict[str, str] | None = None) -> None:
    """Take a client through all steps.

    Args:
        package: the distribution whose version is told; a version, where it is none.
        connect: gives a `Client`, connected while its context lasts.
        not_offered: step to why the client cannot pass it. It is tried all the same: passing it is a failure, so that
            the reason does not outlive its cause.
    """
    told = package if package[0].isdigit() else version(package)
    given = Given.read()
    client = Path(sys.argv[0]).parent.name

    def say(step: str, outcome: str, why: str = "") -> None:
        line = {"client": client, "version": told, "step": step, "outcome": outcome, "why": why}
        print(json.dumps(line), file=sys.__stdout__, flush=True)

    sys.stdout = sys.stderr  # What frameworks print for people is no result.
    asyncio.run(_drive(given, connect, not_offered or {}, say))


async def _drive(given: Given, connect: Connect, not_offered: dict[str, str], say: Callable[..., None]) -> None:
    async with connect(given) as client:
        steps = _Steps(client, given)
        for name, take in STEPS.items():
            outcome, why = await _outcome(take(steps))
            if name in not_offered:
                passed = outcome == "passed"
                outcome = "failed" if passed else "not offered"
                why = "passes, though its driver says that it cannot" if passed else not_offered[name]
            say(name, outcome, why)


async def _outcome(step: Awaitable[None]) -> tuple[str, str]:
    try:
        await asyncio.wait_for(step, PATIENCE)
    except NotOffered as error:
        return "not offered", str(error)
    except AssertionError as error:
        return "failed", str(error)
    except Exception as error:  # noqa: BLE001  (whatever a client raises is its outcome of this step)
        traceback.print_exc()
        return "failed", f"{type(error).__name__}: {str(error)[:500]}"
    return "passed", ""
