"""Handles: short names under which pictures and cases are talked about, so that no path or byte has to be."""

CASE_PREFIX = "case:"
"""`case:ID` is the case of that id, or its picture."""
IMAGE_PREFIX = "img_"
"""`img_...` is a picture that somebody attached or that a tool read."""
