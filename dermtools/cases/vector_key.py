"""What names the vectors of one version of a table, without reading one."""

from __future__ import annotations

import hashlib
from typing import Any


def vectors_key(dataset: Any) -> str:
    """Names the vectors of a Lance dataset and their order: the files that hold them, and which rows are deleted.

    Lance gives every file a random name and never writes into it again, so no other content has that name, were it in
    a table made anew in the same place; and what leaves the vectors as they lie, as other labels do, leaves it.
    """
    vector = next(field.id() for field in dataset.lance_schema.fields() if field.name() == "vector")
    parts = []
    for fragment in dataset.get_fragments():
        about = fragment.metadata
        files = [file.path for file in about.files if vector in file.fields]
        gone = about.deletion_file.path(about.id) if about.deletion_file else ""
        parts.append(f"{about.id} {about.physical_rows} {files} {gone}")
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
