"""A prompt written down as a file again, so that records keep what was asked and not only its hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dermtools.prompting.files.schema import PromptFile

WIDTH = 110


def prompt_yaml(file: PromptFile) -> str:
    """YAML of a prompt file; `read_prompt` gives the same meaning, and the same hash. Comments are not kept."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    plain = file.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    written: str = yaml.dump(plain, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return written
