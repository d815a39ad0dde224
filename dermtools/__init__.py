"""Similar dermatology cases as evidence for vision-language models. For research; not a diagnosis.

case_base = dermtools.CaseBase.open("my-cases")
case_base.search("photo.jpg", k=5)
dermtools.method("knn-vote-15", case_base, "location").predict(case_base.query("photo.jpg"))
"""

from typing import TYPE_CHECKING

from dermtools.lazy import exports
from dermtools.version import __version__ as __version__

if TYPE_CHECKING:
    from dermtools.agent.factory import create_derm_agent as create_derm_agent
    from dermtools.agent.toolkit import DermToolkit as DermToolkit
    from dermtools.cases.sources.load import load_source as load_source
    from dermtools.embedding.registry import load_embedder as load_embedder
    from dermtools.evaluation.evaluation import evaluate as evaluate
    from dermtools.methods.registry import method as method
    from dermtools.prediction import Prediction as Prediction
    from dermtools.prediction import Query as Query
    from dermtools.prompting.factory import chain_for as chain_for
    from dermtools.retrieval.case_base import CaseBase as CaseBase

__getattr__, __dir__, __all__ = exports(__name__)
