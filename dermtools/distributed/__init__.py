"""Work of many machines: ingest, indexing and evaluation over Ray (extra `ray`). `docs/ray.md` shows how."""
