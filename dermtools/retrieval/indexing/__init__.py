"""An index tuned to a stated recall: chosen, trained, measured and kept."""
