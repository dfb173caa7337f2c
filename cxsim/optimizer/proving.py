"""The proof of the answer: the best route's plan, a known one where that became cheaper, and what the advice spares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxsim.optimizer.certificate.certify import certify, tested
from cxsim.optimizer.problem.stage import Stage, TimeUp, failure
from cxsim.optimizer.search.growing import grown

if TYPE_CHECKING:
    from cxsim.optimizer.certificate.certify import Certificate
    from cxsim.optimizer.known_plans import Known
    from cxsim.optimizer.plan_evaluator import Trial
    from cxsim.optimizer.routing.alternate import Route
    from cxsim.optimizer.run import Run
    from cxsim.optimizer.search.trust import Search

Floats = npt.NDArray[np.float64]

# Shares of the allowed error, by proof: a second plan is proved only if the first became too dear, a third only if the
# advice finds somebody whom the plan does not need.
PROOFS = (0.9, 0.05, 0.05)
SPARED = 4_000_000  # first replication of the third proof


def proved_route(run: Run, routes: list[Route], confidence: float) -> Certificate:
    """The best route proved; the one under the scenario's own routing too, where the first became too dear.

    Leaves the run with the problem of the route whose plan it is. The messages say what a test that fell short proved.
    """
    proof = _proved_route(run, routes, confidence)
    if not proof.certified and proof.tested_on:
        run.messages.append(
            f"The test on {proof.tested_on:,} replications that the search did not use proved"
            f" {int(proof.met.sum())} of {len(proof.met)} goals; the plan is not certified."
        )
    return proof


def _proved_route(run: Run, routes: list[Route], confidence: float) -> Certificate:
    first = proved_known(run, routes[0], PROOFS[0] if len(routes) > 1 else 1.0, confidence)
    if len(routes) == 1 or (first.certified and run.problem.structure.cost_of(first.x) <= routes[1].cost):
        return first
    run.take(routes[1].problem)
    try:
        proof = _better(run, first, proved_known(run, routes[1], PROOFS[1], confidence))
    except Exception as error:
        run.take(routes[0].problem)
        return _kept(run, routes[0].known, first, error)
    if proof is first:
        run.take(routes[0].problem)
    return proof


def proved_known(run: Run, route: Route, part: float, confidence: float) -> Certificate:
    """The best plan of a route proved, with a part of the error allowed; a known one where that became the cheaper."""
    known, error = route.known, part * (1.0 - confidence)
    proof = proved(run, route.search, known, known.best, 1.0 - PROOFS[0] * error)
    try:
        # What the proof added can make a known plan the cheaper one; where it failed, any that holds is better.
        other = known.cheapest(proof.x, proof.certified or run.stopped)
        if other is proof.x:
            return proof
        return _better(run, proof, proved(run, route.search, known, other, 1.0 - PROOFS[1] * error))
    except Exception as error:
        return _kept(run, known, proof, error)


def _kept(run: Run, known: Known, first: Certificate, error: Exception) -> Certificate:
    """The first proof, where that of a second plan failed: a certified plan stays certified.

    Raises the error where the first plan was shown to miss a goal, and another plan is the better answer.
    """
    holds = first.certified or bool((first.trial.slack >= 0.0).all())
    if not holds and not np.array_equal(known.in_haste(first.x), first.x):
        raise error
    if not (first.certified and isinstance(error, TimeUp)):
        run.messages.append(f"{failure('The proof of a second plan', error)}: it is left out.")
    return first


def _better(run: Run, first: Certificate, second: Certificate) -> Certificate:
    """The certificate of the answer: the certified one; of two the cheaper; the second, a known plan, of none."""
    if first.certified and second.certified:
        return min(first, second, key=lambda one: run.cost_of(one.x, one.trial))
    return first if first.certified else second


def proved(run: Run, search: Search, known: Known, x: Floats, confidence: float, *, test: bool = True) -> Certificate:
    """The plan proved on untouched replications, topped up where it must be and thinned where it can be.

    Without `test` only that: the plan as it would come to its test. A user who stops the search asks for this proof, so
    it goes on, but without thinning.
    """
    structure, params = run.problem.structure, run.problem.params

    def seen(columns: Floats, trial: Trial, slack: Floats, fill: float) -> tuple[Trial, Floats]:
        """Trial and slack with the objective as one more goal, which needs no proof."""
        if run.aim is None:
            return trial, slack
        return run.sought.trials.run(structure.plan(columns), trial.replications), np.insert(slack, run.aim, fill)

    hurried = run.seconds is not None and run.problem.model.timeline.days > 1  # a search would take all the time

    def in_haste(columns: Floats) -> None:
        """Make this plan one of those to choose from if the proof is cut short."""
        known.topped_up = columns

    def repair(columns: Floats, trial: Trial, lacking: Floats) -> Floats | None:
        plain, failing = trial, lacking > 0.0
        trial, lacking = seen(columns, trial, lacking, 0.0)
        more = search.topped_up(columns, trial, lacking, in_haste)
        if (search.found is None or (hurried and more is None)) and run.aim is None:
            more = grown(run.problem, columns, plain, failing)
        if more is not None:
            known.meeting = more
        dear = more is not None and structure.cost_of(more) > (1.0 + params.cheap_repair) * structure.cost_of(columns)
        if more is None or (dear and search.found is not None and not hurried):
            better = search.repair(columns, trial, lacking)
            more = min((x for x in (more, better) if x is not None), key=structure.cost_of, default=None)
        if more is not None:
            known.meeting = more
        return more

    def thin(columns: Floats, trial: Trial, spare: Floats) -> Floats | None:
        return None if run.stopped or run.aim is not None else search.thinned(columns, trial, spare)

    def told(stage: Stage) -> bool:
        run.tell(stage)
        return True

    most = min(search.wanted.replications, run.most)
    return certify(
        run.problem,
        x,
        replications=min(512, most),
        most=most,
        confidence=confidence,
        cushion=params.cushion,
        repair=repair,
        thin=thin,
        rounds=params.most_repairs,
        progress=told,
        test=test,
    )


def last_error(confidence: float) -> float:
    """The error allowed to the proof of what the advice finds."""
    return PROOFS[2] * (1.0 - confidence)


def without_spared(run: Run, proof: Certificate | None, spared: list[Floats], confidence: float) -> Certificate | None:
    """The certificate of a cheaper plan that the advice found to hold, if it is certified too and there is time."""
    if proof is None or not proof.certified or run.aim is not None or not spared:
        return None
    block = range(SPARED, SPARED + proof.tested_on)
    run.until(1.0)
    try:
        fewest = min(spared, key=run.problem.structure.cost_of)
        found = tested(run.problem, fewest, block, 1.0 - last_error(confidence))
    except TimeUp:
        return None
    finally:
        run.until(None)
    return found if found.certified and run.cost_of(found.x, found.trial) < run.cost_of(proof.x, proof.trial) else None
