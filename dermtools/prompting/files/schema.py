"""What a prompt file may say. Strict: an unknown key, role or variable is an error."""

from __future__ import annotations

import re
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

InstructionKind = Literal["zero-shot", "random", "rag", "rag-mmr", "rag-balanced", "rag-labels"]
Role = Literal["system", "user", "assistant"]

INSTRUCTION = "instruction"
"""Name of the place where the method's own text goes."""
EXEMPLARS = "exemplars"
"""Name of the place where the examples go."""

EXEMPLAR_VARIABLES = ("image", "label", "rank", "distance", "attributes", "case_id")
"""What the exemplar template may use, see prompts/README.md. Every example fills these, so none is declared."""


def template_variables(text: str) -> list[str]:
    """Names in `{braces}`, in order, repeated ones repeated; `{{` and `}}` are literal braces.

    Raises:
        ValueError: unbalanced braces, or anything in braces that is not a plain lower-case name.
    """
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; write literal braces twice: {{{{ }}}}") from error
    names = [(name, spec, conversion) for _, name, spec, conversion in parts if name is not None]
    odd = [
        f"{{{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
        for name, spec, conversion in names
        if spec or conversion or not re.fullmatch(r"[a-z][a-z0-9_]*", name)
    ]
    if odd:
        raise ValueError(
            f"{', '.join(odd)} is not a plain variable like {{labels}}; write literal braces twice: {{{{ }}}}"
        )
    return [name for name, _, _ in names]


def _checked(text: str) -> str:
    template_variables(text)
    return text


Template = Annotated[str, AfterValidator(_checked)]
"""An f-string template: `{name}` and nothing cleverer."""
Place = tuple[str | int, ...]
"""Keys and positions that lead to a part of the file."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Block(_Strict):
    """One part of a message: a text, or a picture named by its variable, e.g. `image: "{image}"`."""

    text: Template | None = None
    image: Template | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.text is None) == (self.image is None):
            raise ValueError("a block has either `text` or `image`")
        if self.image is not None and [f"{{{name}}}" for name in template_variables(self.image)] != [self.image]:
            raise ValueError('`image` names one variable and nothing else, like "{image}"')
        return self

    @property
    def template(self) -> str:
        return self.text if self.text is not None else self.image or ""


class Message(_Strict):
    """A message, or the place where the examples go (`placeholder: exemplars`)."""

    role: Role | None = None
    text: Template | None = None
    content: list[Block] | None = Field(default=None, min_length=1)
    placeholder: Literal["exemplars"] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [key for key in ("text", "content", "placeholder") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError("a message has exactly one of `text`, `content` and `placeholder`")
        if (self.placeholder is None) != (self.role is not None):
            raise ValueError("a message with `text` or `content` needs a `role`; a placeholder has none")
        if self.role != "user" and any(block.image is not None for block in self.content or ()):
            raise ValueError(f"pictures are only allowed in messages with role user, not {self.role}")
        return self


class Variable(_Strict):
    """A value that a prompt needs: from the chain, from the user, or its default."""

    description: str
    default: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"description": value} if isinstance(value, str) else value


class OutputField(_Strict):
    """One field of the answer. `label` is the closed set of the task; `choice` lists its own values."""

    type: Literal["label", "text", "number", "boolean", "choice", "list"]
    description: str
    choices: list[str] | None = Field(default=None, min_length=2)

    @model_validator(mode="after")
    def _choices_go_with_choice(self) -> Self:
        if (self.type == "choice") != (self.choices is not None):
            raise ValueError("`choices` goes with `type: choice`, and only with it")
        return self


class PromptFile(_Strict):
    """One prompt file: for one purpose, with every method's instruction side by side."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: int = Field(ge=1)
    description: str = Field(min_length=1)
    template_format: Literal["f-string"]
    task: str | None = Field(default=None, description="name of the task it is written for; none: any task")
    variables: dict[str, Variable] = {}
    label_descriptions: dict[str, str] = {}
    instructions: dict[InstructionKind, Template] = {}
    messages: list[Message] = Field(min_length=1)
    exemplar: dict[str, list[Message]] = {}
    """Layout name to the messages of one example; the first is the default."""
    output: dict[str, OutputField] = {}
    """Fields of the answer in the order in which the model writes them."""
    tools: list[str] | None = Field(default=None, exclude_if=lambda tools: tools is None)
    """Names of the only tools that an agent is offered with it; None: all."""

    @field_validator("exemplar")
    @classmethod
    def _exemplars_are_messages(cls, layouts: dict[str, list[Message]]) -> dict[str, list[Message]]:
        for name, messages in layouts.items():
            if not messages or any(message.placeholder for message in messages):
                raise ValueError(f"layout {name!r} needs one message at least, and no placeholder")
        return layouts

    @field_validator("output")
    @classmethod
    def _one_label(cls, output: dict[str, OutputField]) -> dict[str, OutputField]:
        if sum(field.type == "label" for field in output.values()) > 1:
            raise ValueError("at most one field has `type: label`")
        return output

    def instruction(self, kind: InstructionKind) -> str:
        """The text for one method; those that retrieve otherwise fall back to that of `rag`, then to none."""
        general: InstructionKind = "rag" if kind.startswith("rag") else kind
        return self.instructions.get(kind, self.instructions.get(general, ""))

    @property
    def defaults(self) -> dict[str, str]:
        """Value of each variable that has one by default."""
        return {name: variable.default for name, variable in self.variables.items() if variable.default is not None}

    @property
    def takes_exemplars(self) -> bool:
        return any(message.placeholder == EXEMPLARS for message in self.messages)

    @property
    def label_field(self) -> str | None:
        """Name of the answer's field that holds the label; None where the prompt asks for no label."""
        return next((name for name, field in self.output.items() if field.type == "label"), None)
