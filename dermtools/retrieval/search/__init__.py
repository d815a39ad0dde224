"""One search over one version of a case base: index, leak guard, filter, diversity."""
