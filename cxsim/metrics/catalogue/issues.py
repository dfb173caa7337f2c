"""Issues: what became of them, whenever."""

from __future__ import annotations

from cxsim.metrics.figure import COST, HIGHER, LOWER, Figure, money, ratio

# fmt: off
ROWS: tuple[Figure, ...] = (
    ratio("fcr_true", "FCR, true", "share", better=HIGHER, short="FCR true",
          formula="issues resolved at their first answered contact ÷ issues answered at least once",
          above="first_resolved", below="first_answers"),
    ratio("fcr_measured", "FCR, measured", "share", better=HIGHER, short="FCR measured",
          formula="answered contacts whose issue has no further contact inside the window after the talk ÷ "
          "answered contacts whose window has closed",
          above="window_alone", below="window_closed"),
    ratio("contacts_per_issue", "contacts per issue", "", better=LOWER, short="Contacts/issue",
          formula="all contacts of the issues that began in the interval ÷ those issues",
          above="cohort_contacts", below="fresh"),
    ratio("issues_answered", "issues answered", "share", better=HIGHER,
          formula="issues answered at least once, at any time ÷ issues begun", above="cohort_answered", below="fresh"),
    ratio("issues_answered_in_time", "issues answered within T", "share", better=HIGHER,
          formula="issues whose total wait up to the first answer is within T ÷ issues begun",
          above="cohort_in_time", below="fresh"),
    ratio("issues_resolved", "issues resolved", "share", better=HIGHER,
          formula="issues resolved at any time ÷ issues begun", above="cohort_resolved", below="fresh"),
    ratio("solved_at_once", "solved at the first contact", "share", better=HIGHER,
          formula="issues solved by their first contact in any channel, including self-service ÷ issues begun",
          above="cohort_first", below="fresh"),
    ratio("effort", "effort per issue", "", better=LOWER,
          formula="effort points (weights are an assumption) of the issues that began in the interval ÷ those issues",
          above="cohort_effort", below="fresh"),
    ratio("churn", "customers expected to leave", "share", better=LOWER,
          formula="shares of customers who leave (an assumption), by how each issue ended ÷ finished issues "
                  "that began in the interval",
          above="leavers", below="cohort_first + cohort_later + cohort_given_up"),
    money("value_lost", "value lost", better=LOWER,
          formula="a year's value of customers expected (an assumption) to leave or spend less "
                  "after issues that began in the interval",
          above="value_lost"),
    money("cost_and_churn", "cost and value lost", scopes=("total",), better=LOWER,
          formula="cost + value lost (assumption)", above=f"{COST} + value_lost"),
    ratio("time_to_resolution", "time to resolution", "s", better=LOWER,
          formula="time from the first attempt to the end of the talk that resolved the issue ÷ issues resolved",
          above="cohort_time", below="cohort_resolved"),
)
