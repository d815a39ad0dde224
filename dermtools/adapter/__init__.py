"""Vector to label: the adapter network, its baselines and fusion, with calibration and abstention.

Classifiers learn from the train split of a case base, are chosen and calibrated on its validation split,
and answer through the protocol of `dermtools.prediction`.
"""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.adapter.answering import Answering as Answering
    from dermtools.adapter.answering import Guarantees as Guarantees
    from dermtools.adapter.answering import Wanted as Wanted
    from dermtools.adapter.baselines import LabelSimilarityMethod as LabelSimilarityMethod
    from dermtools.adapter.baselines import MajorityMethod as MajorityMethod
    from dermtools.adapter.calibration import calibration_error as calibration_error
    from dermtools.adapter.classifier import TrainedClassifier as TrainedClassifier
    from dermtools.adapter.classifier import calibrate as calibrate
    from dermtools.adapter.classifier import fit_classifier as fit_classifier
    from dermtools.adapter.classifier import train as train
    from dermtools.adapter.classifier_method import VectorClassifierMethod as VectorClassifierMethod
    from dermtools.adapter.classifier_record import ClassifierRecord as ClassifierRecord
    from dermtools.adapter.config import AdapterConfig as AdapterConfig
    from dermtools.adapter.config import ClassifierConfig as ClassifierConfig
    from dermtools.adapter.config import LinearProbeConfig as LinearProbeConfig
    from dermtools.adapter.fusion import FusionMethod as FusionMethod
    from dermtools.adapter.kinds import KINDS as KINDS
    from dermtools.adapter.kinds import Kind as Kind
    from dermtools.adapter.saved import changes_since as changes_since
    from dermtools.adapter.saved import load_classifier as load_classifier
    from dermtools.adapter.saved import save_classifier as save_classifier
    from dermtools.adapter.training_data import FittedOn as FittedOn
    from dermtools.adapter.training_data import LabelledVectors as LabelledVectors
    from dermtools.adapter.training_data import TaskData as TaskData
    from dermtools.adapter.training_data import task_data as task_data
    from dermtools.adapter.vector_model import EpochStats as EpochStats
    from dermtools.adapter.vector_model import Progress as Progress
    from dermtools.adapter.vector_model import VectorModel as VectorModel

__getattr__, __dir__, __all__ = exports(__name__)
