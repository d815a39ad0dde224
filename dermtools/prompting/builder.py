"""Picture and exemplars -> messages: everything about a prompt but the sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from dermtools.cases.case import Task
from dermtools.errors import PromptError
from dermtools.images import data_url
from dermtools.images.kinds import OnWriting
from dermtools.images.text_guard import text_guard
from dermtools.prediction import Exemplar, Query
from dermtools.prompting.asking.label_set import LabelSet
from dermtools.prompting.asking.output_schema import answer_schema
from dermtools.prompting.chain_input import ChainInput, read_input
from dermtools.prompting.cost.estimate import PromptEstimate, estimate_prompt
from dermtools.prompting.exemplars.selectors import ExemplarSelector
from dermtools.prompting.exemplars.shots import ShotWriter
from dermtools.prompting.files.compile import compile_exemplar, compile_prompt
from dermtools.prompting.files.library import Prompt
from dermtools.prompting.former_keyword import takes_base
from dermtools.prompting.method_names import PromptedMethodName
from dermtools.prompting.pictures import DEFAULT_BUDGET, PictureBudget
from dermtools.text import fenced, one_line

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from dermtools.retrieval.case_base import CaseBase

FILLED = ("image", "question", "labels", "note")
"""Variables that the builder fills; all others are the user's."""


@dataclass(frozen=True, eq=False)
class BuiltPrompt:
    """A prompt ready to be sent.

    `messages` are LangChain's, pictures in them; `query` is what is asked about.
    """

    messages: list[BaseMessage] = field(repr=False)
    exemplars: tuple[Exemplar, ...]
    """In the order in which the prompt shows them."""
    query: Query


class PromptBuilder:
    """Builds the messages of one method for one task. Sends nothing.

    `labels` is the closed set that the prompt shows; None without a task.

    Args:
        method, selector: which method the instruction is for, and what chooses its examples.
        task: question and closed label set; None only for prompts that use neither.
        case_base: None where no example and no case id is used.
        layout, attributes, variables, check_text: as in `prompt_for`; variables of a single question go in its input.

    Raises:
        PromptError: the prompt does not fit: no place for examples, no such layout, no task, an unknown variable.
    """

    @takes_base
    def __init__(
        self,
        method: PromptedMethodName,
        prompt: Prompt,
        task: Task | None,
        selector: ExemplarSelector,
        *,
        case_base: CaseBase | None = None,
        budget: PictureBudget = DEFAULT_BUDGET,
        layout: str | None = None,
        attributes: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        check_text: OnWriting | None = None,
    ) -> None:
        self.method, self.prompt, self.task, self.selector = method, prompt, task, selector
        self.case_base, self.budget, self.layout = case_base, budget, layout
        self._guard = text_guard(check_text)
        self._attributes, self._variables = attributes, dict(variables or {})
        file = prompt.file
        self.labels = LabelSet(task.labels) if task is not None else None
        self._own = frozenset(file.variables).difference(FILLED)
        self._template = compile_prompt(file, method.kind, detail=budget.detail)
        self._exemplar = self._writer = None
        if method.k:
            if case_base is None:
                raise PromptError(f"{method} needs a case base; give one with case_base=")
            self._exemplar = compile_exemplar(file, layout or method.layout, detail=budget.detail)
            pictures = "image" in self._exemplar.input_variables
            self._writer = ShotWriter(case_base, task, budget, attributes, pictures=pictures)
        self._fixed = self._fixed_values(variables or {})

    @property
    def settings(self) -> dict[str, Any]:
        """What a record has to name so that the prompt can be built again. Plain data."""
        return {
            "method": str(self.method),
            "task": self.task.name if self.task is not None else None,
            "prompt": self.prompt.id,
            "prompt_version": self.prompt.file.version,
            "prompt_hash": self.prompt.hash,
            "layout": self.layout,
            "attributes": list(self._attributes),
            "variables": self._variables,
            **({"check_text": self._guard.mode} if self._guard else {}),
            **asdict(self.budget),
            **self.selector.settings,
        }

    @property
    def schema(self) -> dict[str, Any] | None:
        """JSON schema of the answer that is asked for; None for a prompt that is answered in free text."""
        output = self.prompt.file.output
        return answer_schema(output, self.labels.shown if self.labels else ()) if output else None

    def _fixed_values(self, variables: Mapping[str, str]) -> dict[str, str]:
        file = self.prompt.file
        if unknown := set(variables) - self._own:
            own = ", ".join(sorted(self._own)) or "none"
            raise PromptError(f"prompt {file.id!r} has no variable {', '.join(sorted(unknown))}; its own are: {own}")
        if self.task is None and (file.label_field or {"question", "labels"} & set(file.variables)):
            raise PromptError(f"prompt {file.id!r} needs a task, for its question and label set")
        fixed = file.defaults
        if self.task is not None and self.labels is not None:
            fixed["question"] = one_line(self.task.question, 500)
            fixed["labels"] = self.labels.listing(file.label_descriptions)
        return {**fixed, **variables}

    def build(self, value: ChainInput) -> BuiltPrompt:
        """What exactly would be sent for this input.

        Raises:
            PromptError: a variable of the prompt has no value.
            QueryError, ImageError: as `read_input`.
        """
        question = read_input(
            value,
            case_base=self.case_base,
            budget=self.budget,
            embed=self.selector.needs_vector,
            variables=self._own,
            guard=self._guard,
        )
        filled = {"image": data_url(question.jpeg), "note": fenced(question.note)}
        values: dict[str, Any] = {**self._fixed, **question.variables, **filled}
        if missing := set(self.prompt.file.variables) - set(values):
            raise PromptError(
                f"prompt {self.prompt.id!r} needs a value for {', '.join(sorted(missing))}; "
                "give it in the input or with variables="
            )
        from langchain_core.messages import HumanMessage

        examples: list[BaseMessage] = []
        exemplars: tuple[Exemplar, ...] = ()
        if self._exemplar is not None and self._writer is not None:
            shots = self.selector.select(question.query)
            for variables in self._writer.variables(shots):
                examples += self._exemplar.format_messages(**variables)
            exemplars = self._writer.exemplars(shots)
        messages = self._template.format_messages(**values, exemplars=examples)
        tidied = [tidy for message in messages if (tidy := _tidied(message))]
        if question.query.remark:
            tidied.append(HumanMessage(question.query.remark))
        return BuiltPrompt(tidied, exemplars, question.query)

    def estimate(self, built: BuiltPrompt, model: str | None = None) -> PromptEstimate:
        """Tokens and price of a built prompt, see `estimate_prompt`."""
        labels = self.labels.labels if self.labels else ()
        fields = self.prompt.file.output
        answer = 8 + max((len(label) // 3 for label in labels), default=0) if fields else 300
        answer += 60 * sum(field.type in ("text", "list") for field in fields.values())
        return estimate_prompt(built.messages, model, output_tokens=answer)


def _tidied(message: BaseMessage) -> BaseMessage | None:
    """Without texts that came out empty; None where nothing is left."""
    content = message.content if isinstance(message.content, str) else list(filter(_says, message.content))
    if isinstance(content, str):
        return message if content.strip() else None
    return message.model_copy(update={"content": content}) if content else None


def _says(block: str | dict[str, Any]) -> bool:
    text = block if isinstance(block, str) else block.get("text", "") if block.get("type") == "text" else "picture"
    return bool(str(text).strip())
