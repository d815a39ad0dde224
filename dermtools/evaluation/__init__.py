"""Which method is worth using, said honestly: methods x test cases -> records -> statistics -> report."""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.evaluation.embedders import InSpace as InSpace
    from dermtools.evaluation.evaluation import Evaluation as Evaluation
    from dermtools.evaluation.evaluation import evaluate as evaluate
    from dermtools.evaluation.evaluation import perform as perform
    from dermtools.evaluation.evaluation import run_spec as run_spec
    from dermtools.evaluation.optimising.optimise import optimise_prompt as optimise_prompt
    from dermtools.evaluation.optimising.report import OptimisedPrompt as OptimisedPrompt
    from dermtools.evaluation.reporting.inspect_log import write_inspect_log as write_inspect_log
    from dermtools.evaluation.reporting.report import publish as publish
    from dermtools.evaluation.reporting.results import Results as Results
    from dermtools.evaluation.reporting.results import compare_runs as compare_runs
    from dermtools.evaluation.reporting.results import results as results
    from dermtools.evaluation.reporting.table_file import table_markdown as table_markdown
    from dermtools.evaluation.rerun import Repetition as Repetition
    from dermtools.evaluation.rerun import repetition as repetition
    from dermtools.evaluation.running.arm import Arm as Arm
    from dermtools.evaluation.running.arm import PricedMethod as PricedMethod
    from dermtools.evaluation.running.arm import prompted_arm as prompted_arm
    from dermtools.evaluation.running.differences import Difference as Difference
    from dermtools.evaluation.running.differences import differences as differences
    from dermtools.evaluation.running.differences import prompt_diffs as prompt_diffs
    from dermtools.evaluation.running.outside import OutsidePredictions as OutsidePredictions
    from dermtools.evaluation.running.outside import outside_arm as outside_arm
    from dermtools.evaluation.running.plan import Budget as Budget
    from dermtools.evaluation.running.plan import Plan as Plan
    from dermtools.evaluation.running.predictions import write_predictions as write_predictions
    from dermtools.evaluation.running.records import Record as Record
    from dermtools.evaluation.running.records import RunError as RunError
    from dermtools.evaluation.running.repeats import with_repeats as with_repeats
    from dermtools.evaluation.running.run import Run as Run
    from dermtools.evaluation.running.spec import RunSpec as RunSpec
    from dermtools.evaluation.scoring import Rule as Rule
    from dermtools.evaluation.scoring import Scored as Scored
    from dermtools.evaluation.scoring import Target as Target
    from dermtools.evaluation.scoring import score as score
    from dermtools.evaluation.scoring import targets as targets
    from dermtools.evaluation.statistics.analysis import Analyses as Analyses
    from dermtools.evaluation.statistics.analysis import analyze as analyze
    from dermtools.evaluation.statistics.comparisons import Comparison as Comparison
    from dermtools.evaluation.statistics.comparisons import Verdict as Verdict
    from dermtools.evaluation.statistics.comparisons import compare as compare
    from dermtools.evaluation.statistics.effects import Effect as Effect
    from dermtools.evaluation.statistics.effects import effects as effects
    from dermtools.evaluation.statistics.stability import Stability as Stability
    from dermtools.evaluation.statistics.stability import stability as stability
    from dermtools.evaluation.statistics.summary import Summary as Summary
    from dermtools.evaluation.study import AXES as AXES
    from dermtools.evaluation.study import SHOTS as SHOTS
    from dermtools.evaluation.study import Study as Study
    from dermtools.evaluation.study import grid as grid
    from dermtools.evaluation.study import prompted_arms as prompted_arms
    from dermtools.evaluation.study import run_study as run_study
    from dermtools.intervals import Interval as Interval
    from dermtools.intervals import clustered_bootstrap as clustered_bootstrap
    from dermtools.intervals import difference_interval as difference_interval
    from dermtools.intervals import share_interval as share_interval
    from dermtools.intervals import wilson as wilson
    from dermtools.prediction import Estimate as Estimate

__getattr__, __dir__, __all__ = exports(__name__)
