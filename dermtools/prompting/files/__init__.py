"""Prompt files: their schema, the library, and LangChain templates made from them."""
