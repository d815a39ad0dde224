"""What a case is, where cases come from, and the store on disk."""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.cases.case import SPLITS as SPLITS
    from dermtools.cases.case import AttributeValue as AttributeValue
    from dermtools.cases.case import Case as Case
    from dermtools.cases.case import Problem as Problem
    from dermtools.cases.case import SourceCase as SourceCase
    from dermtools.cases.case import SourceData as SourceData
    from dermtools.cases.case import Split as Split
    from dermtools.cases.case import Task as Task
    from dermtools.cases.columns import CaseColumns as CaseColumns
    from dermtools.cases.columns import StoredCase as StoredCase
    from dermtools.cases.edits import Edit as Edit
    from dermtools.cases.exports.arrays import Arrays as Arrays
    from dermtools.cases.exports.extract import Choice as Choice
    from dermtools.cases.exports.extract import Extract as Extract
    from dermtools.cases.exports.writing import ExportReport as ExportReport
    from dermtools.cases.groups import own_group as own_group
    from dermtools.cases.history import History as History
    from dermtools.cases.history import Version as Version
    from dermtools.cases.identity import EmbedderIdentity as EmbedderIdentity
    from dermtools.cases.manifest import Manifest as Manifest
    from dermtools.cases.manifest import SourceNote as SourceNote
    from dermtools.cases.pseudonyms import PseudonymKey as PseudonymKey
    from dermtools.cases.sources.label_file import read_label_map as read_label_map
    from dermtools.cases.sources.load import load_source as load_source
    from dermtools.cases.sources.options import SourceOptions as SourceOptions
    from dermtools.cases.splits import SplitAssignment as SplitAssignment
    from dermtools.cases.splits import assign_splits as assign_splits
    from dermtools.cases.store import CaseStore as CaseStore

__getattr__, __dir__, __all__ = exports(__name__)
