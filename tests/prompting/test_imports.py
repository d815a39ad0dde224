"""What tools import of prompting loads no LangChain, so that they start without it."""

from __future__ import annotations

import subprocess
import sys

from tests.support.patience import SAFETY_NET

LIGHT = (
    "asking.failures", "asking.label_set", "asking.models", "asking.replies", "cost.estimate", "exemplars.shots",
    "files.compile", "files.library", "files.schema", "method_names", "pictures",
)  # fmt: skip


def test_light_modules_load_no_langchain() -> None:
    imports = "; ".join(f"import dermtools.prompting.{module}" for module in LIGHT)
    code = f"{imports}; import sys; print(*(name for name in sys.modules if 'langchain' in name))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SAFETY_NET, check=True)
    assert done.stdout.split() == []
