"""A source becomes rows of a case base."""
