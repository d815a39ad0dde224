"""The local page: a case base looked at, searched and asked in a browser on this machine.

`server` serves it, `access` says who may come in, `actions` holds what the page can ask for, one module a subject.
"""
