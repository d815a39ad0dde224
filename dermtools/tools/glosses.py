"""What labels mean, in the words of the prompt that is written for their task: ACK is actinic keratosis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from dermtools.cases.case import Task
from dermtools.errors import PromptError
from dermtools.prompting.asking.label_set import folded
from dermtools.prompting.files.library import PromptLibrary
from dermtools.text import one_line

SHOWN_GLOSS = 60
"""Characters of a gloss in a tool's text; prompts that classify have all of it."""


def glosses(library: PromptLibrary, task: Task) -> dict[str, str]:
    """Label to its name in full, up to the dash before its description; those that say no more are left out."""
    described: Mapping[str, str] = {}
    with suppress(PromptError):  # of a file that is not valid: labels stand for themselves
        described = library.for_task(task).file.label_descriptions
    known = {folded(label): one_line(text.partition(" - ")[0], SHOWN_GLOSS) for label, text in described.items()}
    found = {label: known.get(folded(label), "") for label in task.labels}
    return {label: gloss for label, gloss in found.items() if gloss and folded(gloss) != folded(label)}


def with_gloss(label: str, known: Mapping[str, str], limit: int = 80) -> str:
    """A label as a text for a model has it: `ACK (actinic keratosis)`."""
    return one_line(label, limit) + (f" ({known[label]})" if label in known else "")


def in_words(library: PromptLibrary, tasks: Iterable[Task], labels: Iterable[str]) -> list[str]:
    """One line that says what the labels of a result mean; none where nothing is to be said."""
    known = {label: gloss for task in tasks for label, gloss in glosses(library, task).items()}
    told = [f"{one_line(label, 80)} = {known[label]}" for label in dict.fromkeys(labels) if label in known]
    return [f"in words: {'; '.join(told)}"] if told else []
