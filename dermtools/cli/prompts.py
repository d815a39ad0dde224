"""`dermtools prompts` and `dermtools prompt`: what the prompt library holds, and exactly what would be sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dermtools.cli import completion
from dermtools.cli import parameters as shared
from dermtools.cli.output import print_json, show, table, write_text
from dermtools.errors import PromptError
from dermtools.methods.registry import BUILT_IN

library = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    suggest_commands=False,
    help="List, show and check the prompts of the library.",
)


@library.command("list", short_help="List the prompts.")
def list_prompts(folders: shared.PromptFolderOption = None, as_json: shared.JsonOption = False) -> None:
    """List the prompts: the built-in ones, and those of your folders over them."""
    from dermtools.prompting import PromptLibrary

    listed, rows = [], []
    for entry in PromptLibrary(*(folders or ())).entries():
        file, digest = (entry.prompt.file, entry.prompt.hash) if entry.prompt else (None, None)
        version, description = (file.version, file.description) if file else (None, None)
        said = {"id": entry.id, "version": version, "hash": digest, "description": description}
        listed.append({**said, "builtin": entry.builtin, "problem": entry.problem})
        place = "built in" if entry.builtin else entry.path
        rows.append((entry.id, version, place, description if file else f"not valid: {entry.problem}"))
    if as_json:
        print_json(listed)
    else:
        show(table(["prompt", "version", "from", "description"], rows, right=["version"]))


@library.command("show")
def show_prompt(
    prompt: Annotated[str, typer.Argument(metavar="ID", help="Prompt of the library.")],
    folders: shared.PromptFolderOption = None,
    as_json: shared.JsonOption = False,
) -> None:
    """Print a prompt file as it is."""
    from dermtools.prompting import PromptLibrary

    found = PromptLibrary(*(folders or ())).get(prompt)
    if as_json:
        said = {"id": found.id, "path": str(found.path), "hash": found.hash}
        print_json(said | {"prompt": found.file.model_dump(mode="json")})
        return
    typer.echo(found.path.read_text(encoding="utf-8"), nl=False)


@library.command("check", short_help="Check prompt files, with file and line.")
def check_prompts(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="FOLDER...", help="Folders of your own prompt files.")
    ] = None,
    as_json: shared.JsonOption = False,
) -> None:
    """Check prompt files; every problem is one line with file and line, and the exit code is then 1."""
    from dermtools.prompting import PromptLibrary

    library = PromptLibrary(*(folders or ()))
    empty = [folder for folder in folders or () if not PromptLibrary(folder, builtin=False).entries()]
    if empty:
        raise PromptError(f"{empty[0]} holds no prompt file; prompt files end in .yaml or .yml")
    problems = library.check(folders or None)
    if as_json:
        print_json({"valid": not problems, "problems": problems})
    else:
        for problem in problems:
            typer.echo(problem)  # unbroken: an editor opens file:line
    if problems:
        number = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise PromptError(f"{number} in prompt files, listed above; correct each and check again")
    if not as_json:
        show("all prompts are valid")


def prompt(
    path: shared.CaseBasePath,
    task: shared.TaskOption,
    image: shared.ImageArgument = None,
    method: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            autocompletion=completion.prompted,
            help=f"{', '.join(f.pattern for f in BUILT_IN if f.kind == 'prompted')}.",
        ),
    ] = "rag-5",
    case: shared.CaseOption = None,
    group: shared.GroupOption = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="What is known besides the picture.")] = None,
    model: shared.ModelOption = "openai:gpt-4.1",
    prompt_id: shared.PromptOption = None,
    folders: shared.PromptFolderOption = None,
    html: shared.HtmlOption = None,
    embedder: shared.EmbedderOption = None,
    as_json: shared.JsonOption = False,
) -> None:
    """Show exactly what a method would send to a model, with tokens and price. Sends nothing."""
    from dermtools.prompting import PromptLibrary, preview_html, prompt_for
    from dermtools.prompting.cost.estimate import blocks
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path, embedder=embedder)
    query = case_base.query(image, case_id=case, group_id=group)
    builder = prompt_for(
        method, case_base=case_base, task=task, prompt=prompt_id, library=PromptLibrary(*(folders or ()))
    )
    built = builder.build({"query": query, "note": note} if note else {"query": query})
    estimate = builder.estimate(built, model)
    if html is not None:
        title = f"{method} for {query.name}"
        page = preview_html(built.messages, estimate, title=title, exemplars=built.exemplars, schema=builder.schema)
        write_text(html, page)
    if as_json:
        messages = [{"role": message.type, "content": message.content} for message in built.messages]
        print_json({"messages": messages, "estimate": estimate.lines()})
        return
    for message in built.messages:
        # What a picture shows is in the page.
        parts = (part if isinstance(part, str) else f"<picture, {part.bytes:,} bytes>" for part in blocks(message))
        show(f"[{message.type}]", *parts, "")
    show(*estimate.lines(), *([f"page: {html}"] if html else []), "Nothing was sent.")
