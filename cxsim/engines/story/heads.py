"""Who is shown to routing as the first of a queue."""

from __future__ import annotations

import math

from cxsim.engines.story.center import Center, Contact
from cxsim.rules.routing import system_state


def show_first(center: Center, queue: int, first: Contact | None) -> None:
    """Show somebody as the first of a queue."""
    since, issue = (math.inf, 0) if first is None else (first.since, first.issue)
    system_state.show_head(center.net, center.board.record, queue, since, issue)
    if first is not None:
        system_state.show_priority(center.net, center.board.record, queue, first.segment)


def show_due(center: Center, group: int, due: bool) -> None:
    """Show as first of each queue that a group serves after a delay whom it may take (`due`), or who is first again.

    Where all segments have the same priority, these are the same, or nobody is due.
    """
    if not center.settings["urgent"]:
        return
    row, matches, now = center.book["groups"][group], center.book["by_group"], center.env.now
    for match in matches[row["first_match"] : row["last_match"]]:
        if match["after"] > 0.0 and center.queues[match["queue"]]:
            waiting = center.queues[match["queue"]]
            ready = [one for one in waiting if one.since + match["after"] <= now] if due else waiting
            show_first(center, int(match["queue"]), (ready or waiting)[0])


def shown_first(center: Center, queue: int) -> Contact:
    """Who is shown as the first of a queue."""
    issue = center.board["queues"]["issue"][queue]
    return next(one for one in center.queues[queue] if one.issue == issue)
