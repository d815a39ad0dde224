"""Every action by its name."""

from __future__ import annotations

from dermtools.app.actions import (
    browsing,
    chatting,
    checking,
)
from dermtools.app.actions.action import Action

_MODULES = (
    browsing,
    chatting,
    checking,
)
ACTIONS: dict[str, Action] = {action.name: action for module in _MODULES for action in module.ACTIONS}
