"""Writing that was found drawn into a case's picture."""

from __future__ import annotations

from pydantic import BaseModel, Field

NO_WRITING = "no writing was found in a picture; small, blurred and handwritten words are missed"


class Writing(BaseModel, frozen=True, extra="forbid"):
    """What was read in one picture. For the operator: it may name a patient, and comes from outside."""

    case_id: str
    lines: tuple[str, ...] = Field(description="as read by text recognition, which errs")
    painted: bool = Field(default=False, description="whether it is painted over in the stored picture")

    def line(self) -> str:
        """One line for people."""
        return f"{self.case_id}: {' | '.join(self.lines)}" + (" (painted over)" if self.painted else "")
