"""Every action by its name."""

from __future__ import annotations

from dermtools.app.actions import overview, searching
from dermtools.app.actions.action import Action

ACTIONS: dict[str, Action] = {action.name: action for module in (overview, searching) for action in module.ACTIONS}
