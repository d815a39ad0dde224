"""LangChain's own test suites for components.

They look for deepagents, and where it is installed want a newer one than fits beside the other converters here. So they
are imported as where there is none; `tests/agent/test_wire_formats.py` imports it all the same.
"""

from __future__ import annotations

import sys

_there = sys.modules.get("deepagents")
sys.modules["deepagents"] = None  # type: ignore[assignment]  # the import system's word for "no such module"
try:
    from langchain_tests.integration_tests import AsyncCacheTestSuite as AsyncCacheTestSuite
    from langchain_tests.integration_tests import RetrieversIntegrationTests as RetrieversIntegrationTests
    from langchain_tests.integration_tests import SyncCacheTestSuite as SyncCacheTestSuite
    from langchain_tests.integration_tests import ToolsIntegrationTests as ToolsIntegrationTests
    from langchain_tests.integration_tests import VectorStoreIntegrationTests as VectorStoreIntegrationTests
    from langchain_tests.unit_tests import ToolsUnitTests as ToolsUnitTests
finally:
    del sys.modules["deepagents"]
    if _there is not None:
        sys.modules["deepagents"] = _there
