"""Records -> figures and verdicts."""
