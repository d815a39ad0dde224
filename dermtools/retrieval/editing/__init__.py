"""Edits of a case base: other labels, other splits, cases put away or joined in; each undone by one command."""
