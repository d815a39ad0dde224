"""Vector to label: the adapter network, its baselines and fusion, with calibration and abstention.

Classifiers learn from the train split of a case base, are chosen and calibrated on its validation split,
and answer through the protocol of `dermtools.prediction`.
"""

from __future__ import annotations

from dermtools.adapter.answering import Answering, Wanted
from dermtools.adapter.classifier import TrainedClassifier, calibrate, fit_classifier, train
from dermtools.adapter.config import AdapterConfig, ClassifierConfig, LinearProbeConfig
from dermtools.adapter.data import FittedOn, LabelledVectors, TaskData, task_data
from dermtools.adapter.fusion import FusionMethod
from dermtools.adapter.label_similarity import LabelSimilarityMethod
from dermtools.adapter.majority import MajorityMethod
from dermtools.adapter.methods import VectorClassifierMethod
from dermtools.adapter.progress import EpochStats, Progress
from dermtools.adapter.record import ClassifierRecord, Kind
from dermtools.adapter.saved import changes_since, load_classifier, save_classifier

__all__ = [
    "AdapterConfig",
    "Answering",
    "ClassifierConfig",
    "ClassifierRecord",
    "EpochStats",
    "FittedOn",
    "FusionMethod",
    "Kind",
    "LabelSimilarityMethod",
    "LabelledVectors",
    "LinearProbeConfig",
    "MajorityMethod",
    "Progress",
    "TaskData",
    "TrainedClassifier",
    "VectorClassifierMethod",
    "Wanted",
    "calibrate",
    "changes_since",
    "fit_classifier",
    "load_classifier",
    "save_classifier",
    "task_data",
    "train",
]
