"""The kinds of value in a scenario, as annotated types: how each is read, written, described to editors."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from cxsim.randomness.distributions import LAWS, Law
from cxsim.scenario.model import capacity_units, distributions, readers, units
from cxsim.scenario.model.capacity_units import Leaving
from cxsim.scenario.model.readers import ROUTING_PARTS, HandleTime, Resolve

_TIME = {"type": "string", "description": "a time with its unit", "examples": ["45s", "4 min", "1h30m"]}
_SHARE = {"type": "string", "pattern": r"^\s*[0-9.]+\s*%\s*$", "examples": ["80%"]}
_POINTS = {"type": "string", "pattern": "points?", "examples": ["+9 points"]}
_CLOCK = {"type": "string", "pattern": r"^[0-2]?\d:\d\d", "examples": ["08:30"]}
_FACTOR = {"anyOf": [{"type": "number", "minimum": 0}, _SHARE]}
_NUMBER = {"type": "number", "minimum": 0}
_LAW = {
    "description": "a distribution; a bare time means exponential with that mean",
    "anyOf": [
        _TIME,
        {"const": "never"},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {
                name: {
                    "description": entry.sentence,
                    "properties": {k: {"description": p.sentence} for k, p in entry.parameters.items()},
                }
                for name, entry in LAWS.items()
            },
        },
    ],
}


Name = Annotated[str, PlainValidator(readers.name), WithJsonSchema({"type": "string", "maxLength": 80})]
Text = Annotated[str, PlainValidator(readers.any_text), WithJsonSchema({"type": "string"})]
Flag = Annotated[bool, PlainValidator(units.flag), WithJsonSchema({"type": "boolean"})]
Count = Annotated[int, PlainValidator(units.count), WithJsonSchema({"type": "integer", "minimum": 0})]
Positive = Annotated[
    int, PlainValidator(lambda v: units.count(v, 1)), WithJsonSchema({"type": "integer", "minimum": 1})
]
Whole = Annotated[int, PlainValidator(lambda v: units.count(v, -1000, 1000)), WithJsonSchema({"type": "integer"})]
Seconds = Annotated[
    float,
    PlainValidator(units.duration),
    PlainSerializer(units.write_duration, when_used="json"),
    WithJsonSchema(_TIME),
]
Days = Annotated[
    int,
    PlainValidator(units.whole_days),
    PlainSerializer(units.write_days, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["7 days"]}),
]
Share = Annotated[
    float,
    PlainValidator(units.percent),
    PlainSerializer(units.write_percent, when_used="json"),
    WithJsonSchema(_SHARE),
]
Ways = Annotated[
    dict[str, float],
    PlainValidator(readers.ways),
    PlainSerializer(readers.write_shares_of, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": _SHARE}]}),
]
NamedFor = Annotated[
    dict[str, str],
    PlainValidator(readers.named_for),
    PlainSerializer(readers.write_named_for, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}),
]
SharesOf = Annotated[
    dict[str, float],
    PlainValidator(readers.shares_of),
    PlainSerializer(readers.write_shares_of, when_used="json"),
    WithJsonSchema({"anyOf": [_SHARE, {"type": "object", "additionalProperties": _SHARE}]}),
]
Spread = Annotated[
    float,
    PlainValidator(units.spread),
    PlainSerializer(units.write_percent, when_used="json"),
    WithJsonSchema(_SHARE),
]
Points = Annotated[
    float,
    PlainValidator(units.points),
    PlainSerializer(units.write_points, when_used="json"),
    WithJsonSchema(_POINTS),
]
Factor = Annotated[
    float,
    PlainValidator(units.factor),
    PlainSerializer(units.write_number, when_used="json"),
    WithJsonSchema(_FACTOR),
]
Parameter = Annotated[
    float | str,
    PlainValidator(units.parameter),
    PlainSerializer(lambda v: v if isinstance(v, str) else units.write_number(v), when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]}),
]
Slowdown = Annotated[
    tuple[float, ...],
    PlainValidator(lambda v: units.each(v, units.factor, "factors")),
    PlainSerializer(readers.write_series, when_used="json"),
    WithJsonSchema({"type": "array", "items": _FACTOR}),
]
Amount = Annotated[
    float,
    PlainValidator(units.amount),
    PlainSerializer(units.write_number, when_used="json"),
    WithJsonSchema(_NUMBER),
]
Clock = Annotated[
    float,
    PlainValidator(units.clock),
    PlainSerializer(units.write_clock, when_used="json"),
    WithJsonSchema(_CLOCK),
]
Day = Annotated[
    date,
    PlainValidator(units.day),
    PlainSerializer(lambda d: d.isoformat(), when_used="json"),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Weekdays = Annotated[
    tuple[int, ...],
    PlainValidator(readers.week_days),
    PlainSerializer(readers.write_days, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["mon", "mon-fri", "sat, sun"]}),
]
Weights = Annotated[
    dict[int, float],
    PlainValidator(readers.weights),
    PlainSerializer(readers.write_weights, when_used="json"),
    WithJsonSchema({"type": "object", "additionalProperties": _FACTOR}),
]
Span = Annotated[
    tuple[float, float],
    PlainValidator(readers.day_span),
    PlainSerializer(readers.write_span, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["12:00-12:30"]}),
]
LawOf = Annotated[
    Law,
    PlainValidator(readers.law_of),
    PlainSerializer(distributions.write_law, when_used="json"),
    WithJsonSchema(_LAW),
]
FactorLaw = Annotated[
    Law,
    PlainValidator(distributions.read_factor_law),
    PlainSerializer(distributions.write_factor_law, when_used="json"),
    WithJsonSchema({"type": "object", "examples": [{"gamma": {"cv": "10%"}}]}),
]
Rates = Annotated[
    float | tuple[float, ...],
    PlainValidator(lambda v: readers.series(v, units.per_hour)),
    PlainSerializer(readers.write_series, when_used="json"),
    WithJsonSchema({"anyOf": [_NUMBER, {"type": "array", "items": _NUMBER}, {"type": "string", "examples": ["24/h"]}]}),
]
Contacts = Annotated[
    float,
    PlainValidator(units.contacts),
    PlainSerializer(units.write_number, when_used="json"),
    WithJsonSchema(_NUMBER),
]
ManyContacts = Annotated[
    float | tuple[float, ...],
    PlainValidator(lambda v: readers.series(v, units.contacts)),
    PlainSerializer(readers.write_series, when_used="json"),
    WithJsonSchema({"anyOf": [_NUMBER, {"type": "array", "items": _NUMBER}]}),
]
Profile = Annotated[
    tuple[float, ...],
    PlainValidator(lambda v: units.each(v, units.amount, "weights")),
    PlainSerializer(readers.write_series, when_used="json"),
    WithJsonSchema({"type": "array", "items": _NUMBER}),
]
Agents = Annotated[
    int | tuple[int, ...],
    PlainValidator(readers.agents),
    PlainSerializer(readers.write_series, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "array", "items": {"type": "integer", "minimum": 0}},
            ]
        }
    ),
]
Shrinkage = Annotated[
    float,
    PlainValidator(readers.shrinkage),
    PlainSerializer(units.write_percent, when_used="json"),
    WithJsonSchema({"anyOf": [_SHARE, {"type": "object", "properties": {"planned": _SHARE, "unplanned": _SHARE}}]}),
]
SkillTime = Annotated[
    HandleTime,
    PlainValidator(readers.handle_time),
    PlainSerializer(readers.write_handle_time, when_used="json"),
    WithJsonSchema({"anyOf": [_NUMBER, _SHARE, _TIME]}),
]
SkillResolution = Annotated[
    Resolve,
    PlainValidator(readers.resolve),
    PlainSerializer(readers.write_resolve, when_used="json"),
    WithJsonSchema({"anyOf": [_SHARE, _POINTS]}),
]
Opening = Annotated[
    dict[int, tuple[tuple[float, float], ...]],
    PlainValidator(readers.opening),
    PlainSerializer(readers.write_opening, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string", "examples": ["08:00-20:00"]}, {"type": "array"}, {"type": "object"}]}),
]
Exceptions = Annotated[
    dict[date, tuple[tuple[float, float], ...]],
    PlainValidator(readers.exceptions),
    PlainSerializer(readers.write_exceptions, when_used="json"),
    WithJsonSchema({"type": "object", "examples": [{"2026-12-24": "08:00-14:00", "2026-12-31": "closed"}]}),
]
SegmentPatience = Annotated[
    Law | float,
    PlainValidator(readers.segment_patience),
    PlainSerializer(readers.write_segment_patience, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "object", "properties": {"factor": _FACTOR}}, _LAW]}),
]
Columns = Annotated[
    dict[str, str],
    PlainValidator(readers.columns),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}, "examples": [{"date": "Call Date"}]}),
]
Moment = Annotated[
    tuple[date | None, float, float | None],
    PlainValidator(readers.moment),
    PlainSerializer(readers.write_moment, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["08:30:05", "2026-03-02T08:30:05", "2026-03-02T08:30:05Z"]}),
]
RoutingParts = Annotated[
    tuple[str, ...],
    PlainValidator(readers.routing_parts),
    PlainSerializer(readers.write_routing_parts, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"enum": list(ROUTING_PARTS)}}]}),
]
Limit = Annotated[
    float | str,
    PlainValidator(readers.limit),
    WithJsonSchema({"anyOf": [_SHARE, _TIME, _NUMBER, {"const": "target"}]}),
]
Month = Annotated[
    tuple[int, int],
    PlainValidator(capacity_units.month),
    PlainSerializer(capacity_units.write_month, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{1,2}$", "examples": ["2026-07"]}),
]
Months = Annotated[
    int,
    PlainValidator(capacity_units.months),
    PlainSerializer(capacity_units.write_months, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string", "examples": ["2 months"]}, {"const": 0}]}),
]
People = Annotated[int, PlainValidator(capacity_units.people), WithJsonSchema({"type": "integer", "minimum": 0})]
LeavingOf = Annotated[
    Leaving,
    PlainValidator(capacity_units.leaving),
    PlainSerializer(capacity_units.write_leaving, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": ["2.5% per month", "30% per year"]},
                {
                    "type": "object",
                    "examples": [{"newcomers": "6% per month", "first": "6 months", "others": "2% per month"}],
                },
            ]
        }
    ),
]
WeekHours = Annotated[
    float,
    PlainValidator(capacity_units.hours),
    PlainSerializer(units.write_duration, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["38 h"]}),
]
Training = Annotated[
    float,
    PlainValidator(capacity_units.training),
    PlainSerializer(units.write_duration, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["4 weeks"]}),
]
Productivity = Annotated[
    tuple[float, ...],
    PlainValidator(capacity_units.productivity),
    PlainSerializer(capacity_units.write_productivity, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "array", "items": _SHARE}, {"type": "object"}]}),
]
Shrinkages = Annotated[
    float | tuple[float, ...],
    PlainValidator(capacity_units.shrinkages),
    PlainSerializer(capacity_units.write_shrinkages, when_used="json"),
    WithJsonSchema({"anyOf": [_SHARE, {"type": "array", "items": _SHARE}]}),
]
