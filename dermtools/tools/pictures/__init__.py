"""Pictures by handle: what may be read, fetched, kept and shown."""
