"""The registry of actions holds those of every module."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from dermtools.app import actions
from dermtools.app.actions.registry import ACTIONS


def test_the_actions_of_every_module_are_there_under_names_of_their_own() -> None:
    modules = [import_module(f"{actions.__name__}.{found.name}") for found in pkgutil.iter_modules(actions.__path__)]
    by_module = [
        action.name
        for module in modules
        if isinstance(getattr(module, "ACTIONS", None), list)
        for action in module.ACTIONS
    ]
    assert sorted(by_module) == sorted(ACTIONS)
