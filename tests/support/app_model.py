"""A scripted model for the app's agent: it searches, then cites two cases that it saw and one that it invents."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.agent_replies import call
from tests.support.openai_replies import Hold, Reply, Say

INVENTED = "made_up_7"
BEGUN = "I begin to say"


def searching(_: str, request: dict[str, Any]) -> Reply:
    """The script of a server; a question with "hold" is never answered to its end."""
    messages = request["messages"]
    # Pictures that a tool shows follow it in a user's message.
    questions = [at for at, one in enumerate(messages) if one["role"] == "user" and messages[at - 1]["role"] != "tool"]
    turn = messages[questions[-1] :]
    results = [one for one in turn if one["role"] == "tool"]
    if "hold" in json.dumps(turn[0]):
        return Hold(BEGUN)
    if not results:
        handle = re.findall(r"img_[0-9a-f]{16}", json.dumps(messages))[-1]
        return call("search_similar_cases", image=handle, k=3, show_pictures=True)
    first, second = re.findall(r"case:([\w./]+)", json.dumps(results))[:2]
    said = f"It looks **benign**:\n\n- case:{first} is near\n- case:{second}, too\n\nUnlike case:{INVENTED}. "
    return Say(said + "<img src=x onerror=alert(1)>")
