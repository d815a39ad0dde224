"""What works here and what does not: packages, extras, keys, services, a case base; and what to do about it."""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.doctor.examination import Examination as Examination
    from dermtools.doctor.examination import examine as examine

__getattr__, __dir__, __all__ = exports(__name__)
