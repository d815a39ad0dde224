"""Inputs that are read, or were once read wrongly, from which the targets start; and words of each format."""

from __future__ import annotations

import base64
import functools
import io
import json

import numpy as np
from PIL import Image

from dermtools.prompting.files.library import builtin_folder
from tests.support.dicom_files import dicom
from tests.support.pictures import picture
from tests.support.tiffs import tiff

WHERE = [
    "location = 'face' AND age >= 40",
    "location NOT IN ('face', 'neck') OR NOT (sex = 'male' AND age BETWEEN -1 AND 50)",
    "age IS NOT NULL AND case_id LIKE 'a%_'",
    "\"location\" != 'foot' OR `age` < 1e3",
    "x::a.y[0]",
    "age = 1 NOTNULL",
]
WHERE_WORDS = ["RLIKE 'x' ", "IN ", "IS ", "NOT ", "BETWEEN ", "::a", ".y", ".*", "?", "1.", "[0]", "NOTNULL", "CASE "]
WHERE_WORDS += [
    "/*",
    "*/",
    "--",
    "COLLATE a ",
    "= a ",
    "-",
    "~",
    "|| ",
    "->",
    "@> ",
    "f(",
    "{",
    "}",
    "(",
    ")",
    "'",
    '"',
]
WHERE_WORDS += ["`", ";", "%", "_", "NULL ", "AND ", "OR ", "9", "1e", "0x", "\\", "ESCAPE '", "LIKE ", "SELECT ", "X'"]

REPLIES = [
    "face",
    '{"label": "foot", "why": "because"}',
    '```json\n{"label": "upper back", "why": ""}\n```',
    "<think>hm\n</think>\n**Face**.",
    '<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>{"label": "face"}<|return|>',
    '<tool_call>{"name": "answer", "arguments": {"label": "face", "why": "x"}}</tool_call>',
    "Answer: 'foot'",
]
CALLS = [
    '{"name": "get_case", "arguments": {"case_id": "case:a"}}',
    '<tool_call>\n{"name": "get_case", "arguments": "{\\"case_id\\": \\"a\\"}"}\n</tool_call>',
    "<function=get_case><parameter=case_id>\na\n</parameter></function>",
    "<tool_call>get_case\n<arg_key>case_id</arg_key>\n<arg_value>a</arg_value>\n</tool_call>",
    "[get_case(case_id='a', show_picture=True)]",
    '<|start|>assistant<|channel|>commentary to=get_case <|constrain|>json<|message|>{"case_id": "a"}<|call|>',
    '[TOOL_CALLS]get_case[ARGS]{"case_id": "a"}',
]
REPLY_WORDS = ["[", "{", "}", "]", '{"a":', '"', "\\", "```", "<think>", "</think>", "<tool_call>", "</tool_call>", "'"]
REPLY_WORDS += [
    "<function=",
    "<parameter=",
    "<|",
    "|>",
    "1e999",
    "NaN",
    "\\ud800",
    "(",
    ")",
    ",",
    "=",
    "face",
    "**",
    "~~~",
]

YAML_WORDS = ["[", "{", "- ", "? ", ": ", "&a ", "*a", "<<: ", "!!binary ", "!!python/name:x ", "|\n", ">\n", "'", '"']
YAML_WORDS += [
    "{label}",
    "{a:{b}}",
    "{a.b}",
    "{{",
    "}}",
    "#",
    "%",
    "\t",
    "\n",
    "  ",
    "9",
    "1:59",
    "0x",
    "---\n",
    "...\n",
    "~",
]

TABLE_WORDS = [
    b",",
    b";",
    b"\t",
    b"\n",
    b'"',
    b"[",
    b"{",
    b'{"a":',
    b"\0",
    b"\xff",
    b"9",
    b"e",
    b"data:image/png;base64,",
]
TABLE_WORDS += [
    b"NaN",
    b"\\ud800",
    b"[{'bytes': ",
    b"-",
    b"b'",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"<row>",
    b"PAR1",
    b"PK\3\4",
]

URLS = [
    "data:image/png;base64," + base64.b64encode(picture(1, (8, 8))).decode(),
    "data:,x",
    "data:image/svg+xml;charset=utf-8,%3Csvg%3E",
    "https://images.test/a.png",
    "case:drawn_p01_1",
    "img_0f3a9c12d4e5b678",
]
URL_WORDS = [
    "data:",
    ";base64",
    ",",
    "%",
    "%00",
    ";",
    "=",
    "==",
    "A",
    "\n",
    "\0",
    "../",
    "/",
    "\ud800",
    "://",
    "@",
    ":",
]
ARGUMENT_WORDS = [
    "location",
    "case:drawn_p01_1",
    "diagnosis",
    "adapter",
    "knn-vote-5",
    "linear-probe",
    "single",
    "\ud800",
]
PICTURE_WORDS = [
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\xff\xd8",
    b"II*\0",
    b"DICM",
]


def prompts() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(builtin_folder().glob("*.yaml"))]


@functools.cache
def tables() -> dict[str, list[bytes]]:
    """Small tables by extension; every row holds its picture, so that rows are taken."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from openpyxl import Workbook

    rows = [
        {"image": URLS[0], "diagnosis": "x", "patient_id": "p", "age": 40},
        {"image": URLS[0], "diagnosis": "y", "patient_id": "q", "age": None},
    ]
    lines = "\n".join(map(json.dumps, rows))
    delimited = "\n".join(
        [",".join(rows[0]), *(",".join(f'"{cell}"' if cell else "" for cell in row.values()) for row in rows)]
    )
    book, parquet, workbook = Workbook(), io.BytesIO(), io.BytesIO()
    for row in ([*rows[0]], *([*row.values()] for row in rows)):
        book.active.append(row)
    book.save(workbook)
    pq.write_table(pa.Table.from_pylist(rows), parquet)
    return {
        ".csv": [delimited.encode(), delimited.encode("utf-16"), b"a" * 20_000 + b"\nx\n"],
        ".tsv": [delimited.replace(",", "\t").encode()],
        ".jsonl": [lines.encode()],
        ".xlsx": [workbook.getvalue()],
        ".parquet": [parquet.getvalue()],
    }


@functools.cache
def pictures() -> list[bytes]:
    pixels = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    made = [
        tiff(pixels, photometric=2),
        tiff(pixels[..., :1].astype(np.uint16), deflate=True),
        dicom(pixels, "RGB", (8, 8)),
    ]
    for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP"):
        encoded = io.BytesIO()
        Image.fromarray(pixels).save(encoded, kind)
        made.append(encoded.getvalue())
    return made
