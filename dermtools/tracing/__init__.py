"""What may stand in a trace: LangSmith's, OpenTelemetry's, or that of any other callback of LangChain.

Pictures stand there by handle, size and hash, unless `DERMTOOLS_TRACE_PICTURES=1`; paths of this machine never do.
For runs of your own around those of dermtools, give LangSmith's client the same function:

    langsmith.Client(hide_inputs=redacted, hide_outputs=redacted)
"""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.tracing.handlers import private_config as private_config
    from dermtools.tracing.redaction import TRACE_PICTURES as TRACE_PICTURES
    from dermtools.tracing.redaction import redacted as redacted

__getattr__, __dir__, __all__ = exports(__name__)
