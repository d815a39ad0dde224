"""The tools over a case base: typed arguments, plain functions, results. No LangChain at module level."""
