"""One sentence on each feature of a scenario that was used: flow, transfers, turns, callbacks, outbound, chats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxsim.report.common.formats import number, seconds, share

if TYPE_CHECKING:
    from cxsim.simulation.result import Result


def flow(result: Result) -> str:
    """One sentence on what the flow does before any queue; empty where there is none."""
    contained, false, lost, time = (
        result.estimate(figure).value
        for figure in ("contained_share", "contained_false_share", "hung_up_share", "flow_time")
    )
    if not (contained > 0.0 or lost > 0.0 or time > 0.0):
        return ""
    text = f"Before any queue, contacts spend {seconds(time)} in the flow; {share(lost)} of all hang up there"
    if contained > 0.0:
        text += f", and {share(contained)} are contained"
    return text + (f", {share(false)} of them falsely." if false > 0.0 else ".")


def transfers(result: Result) -> str:
    """One sentence on how often agents hand contacts on; empty where they do not."""
    handed = result.estimate("transferred").value
    if not handed > 0.0:
        return ""
    lost = result.estimate("hand_offs").value
    return f"Agents transfer {handed:,.0f} contacts, {number(lost)} per completed contact."


def callbacks(result: Result) -> str:
    """One sentence on calls back and announced waits; empty where there are none."""
    offered, taken, got, lost, wait, told, error = (
        result.estimate(figure).value
        for figure in (
            "callbacks_offered",
            "callbacks",
            "callbacks_reached",
            "callbacks_unreached",
            "callback_wait",
            "told_wait",
            "told_error",
        )
    )
    text = ""
    if offered > 0.0:
        text = f"{offered:,.0f} contacts are offered a callback and {taken:,.0f} accept it"
        text += f"; {got:,.0f} are reached, {seconds(wait)} later" if got > 0.0 else ""
        text += f", and {lost:,.0f} are never reached." if lost >= 0.5 else "."
    if told > 0.0:
        text += (
            f"{' ' if text else ''}Waits are announced as {seconds(told)}, with an average error of {seconds(error)}."
        )
    return text


def turns(result: Result) -> str:
    """One sentence each on messages to and fro, and on agents who ask one another; empty where there are none."""
    more, wait, asked, advice = (
        result.estimate(figure).value for figure in ("turns", "turn_wait", "consults", "consult_wait")
    )
    text = ""
    if more > 0.0:
        text = f"Customers write again {more:,.0f} times and get the next answer {seconds(wait)} later."
    if asked > 0.0:
        text += (
            f"{' ' if text else ''}Agents consult each other {asked:,.0f} times and wait {seconds(advice)} for an "
            "answer."
        )
    return text


def outbound(result: Result) -> str:
    """One sentence on what is dialled; empty where nothing is."""
    records, reached, lost, dropped, left = (
        result.estimate(figure).value
        for figure in ("outbound", "outbound_reached", "outbound_unreached", "outbound_dropped", "outbound_left")
    )
    if not records > 0.0:
        return ""
    text = f"Of {records:,.0f} dialled records, {reached:,.0f} are reached and {lost:,.0f} given up"
    if dropped >= 0.5:
        part = result.estimate("outbound_dropped_share").value
        text += f"; {dropped:,.0f} answer but hang up before an agent is free ({share(part)} of those who answer)"
    return text + (f"; {left:,.0f} are left on the list." if left >= 0.5 else ".")


def chats(result: Result) -> str:
    """One sentence on chats at a time; empty where there are none."""
    found = result.estimate("concurrency").value
    return f"Agents in chats have {number(found)} chats at the same time." if found > 0.0 else ""


SAID = (flow, transfers, turns, callbacks, outbound, chats)  # what is only said where it happens
