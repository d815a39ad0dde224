"""Every action by its name."""

from __future__ import annotations

from dermtools.app.actions import (
    browsing,
    chatting,
    checking,
    classifying,
    comparing,
    editing,
    exporting,
    facets,
    labelling,
    mapping,
    overview,
    prompting,
    runs,
    searching,
    starting,
    suggesting,
)
from dermtools.app.actions.action import Action

_MODULES = (
    browsing,
    chatting,
    checking,
    classifying,
    comparing,
    editing,
    exporting,
    facets,
    labelling,
    mapping,
    overview,
    prompting,
    runs,
    searching,
    starting,
    suggesting,
)
ACTIONS: dict[str, Action] = {action.name: action for module in _MODULES for action in module.ACTIONS}
