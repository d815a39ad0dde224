"""What the page can ask for; a new one is a function, its arguments, and an entry in `registry`."""
