"""Which method is worth using, said honestly: methods x test cases -> records -> statistics -> report."""

from __future__ import annotations

from dermtools.evaluation.analysis import Analyses, analyze
from dermtools.evaluation.arm import Arm, Estimate, PricedMethod
from dermtools.evaluation.comparisons import Comparison, Verdict, compare
from dermtools.evaluation.evaluate import Evaluation, evaluate, perform, run_spec
from dermtools.evaluation.intervals import Interval, clustered_bootstrap, wilson
from dermtools.evaluation.plan import Budget, Plan
from dermtools.evaluation.prompted import prompted_arm
from dermtools.evaluation.publish import publish
from dermtools.evaluation.records import Record, RunError
from dermtools.evaluation.results import Results, compare_runs, results
from dermtools.evaluation.run import Run, RunSpec
from dermtools.evaluation.scoring import Rule, Scored, Target, score, targets
from dermtools.evaluation.study import AXES, SHOTS, Study, grid, prompted_arms, run_study
from dermtools.evaluation.summary import Summary
from dermtools.evaluation.tables import table_markdown

__all__ = [
    "AXES",
    "SHOTS",
    "Analyses",
    "Arm",
    "Budget",
    "Comparison",
    "Estimate",
    "Evaluation",
    "Interval",
    "Plan",
    "PricedMethod",
    "Record",
    "Results",
    "Rule",
    "Run",
    "RunError",
    "RunSpec",
    "Scored",
    "Study",
    "Summary",
    "Target",
    "Verdict",
    "analyze",
    "clustered_bootstrap",
    "compare",
    "compare_runs",
    "evaluate",
    "grid",
    "perform",
    "prompted_arm",
    "prompted_arms",
    "publish",
    "results",
    "run_spec",
    "run_study",
    "score",
    "table_markdown",
    "targets",
    "wilson",
]
