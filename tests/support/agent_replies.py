"""What a scripted model says to an agent, and what it finds in a request."""

from __future__ import annotations

import json
import re
from typing import Any

from dermtools.prompting import RetryPolicy
from tests.support.openai_replies import Call

QUICK = RetryPolicy(attempts=3, first_wait=0.01, max_wait=1.0)


def call(name: str, **arguments: Any) -> Call:
    return Call(((name, arguments),))


def final(label: str, *case_ids: str, confidence: float = 0.7) -> Call:
    return call("final_answer", reason="As seen.", label=label, confidence=confidence, case_ids=list(case_ids))


def handle_in(request: dict[str, Any]) -> str:
    match = re.search(r"img_[0-9a-f]{16}", json.dumps(request))
    assert match is not None
    return match[0]
