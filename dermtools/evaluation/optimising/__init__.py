"""Optimising the text of a prompt on validation patients: what may change, how it is searched, what came of it."""
