"""Pages of the documentation site that are made from the code itself, so that they cannot drift from it."""
