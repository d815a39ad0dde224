"""A prompt file of a user's own."""

from __future__ import annotations

from pathlib import Path

MINE = """\
id: mine
version: 1
description: A prompt of my own.
template_format: f-string
variables:
  image: the picture
  labels: the classes
instructions:
  rag: Look at the {labels} again.
messages:
  - role: system
    text: |
      Choose one of {labels}.

      {instruction}

      One word.
  - placeholder: exemplars
  - role: user
    content:
      - image: "{image}"
exemplar:
  single:
    - role: user
      content:
        - image: "{image}"
        - text: "It is {label}."
output:
  label:
    type: label
    description: the class
"""


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
