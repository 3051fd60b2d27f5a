"""Computes declared views the plain way, from the rows and the views as they are written.

Reads {"end": text, "events": [...], "profiles": [...], "views": [{"where": ..., "features": [...]}]} from standard input,
and writes a list with one map of entity to values for each view. Values are exact texts; floats are numbers.
"""
import json
import re
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor, sqrt

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def time_of(text):
    text = text.replace("T", " ").replace("Z", "")
    for form in ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            pass
    raise ValueError(text)


def typed(row):
    typed_row = dict(row)
    typed_row["event_time"] = time_of(row["event_time"])
    if row["amount"] is not None:
        typed_row["amount"] = Decimal(row["amount"])
    return typed_row


def like(pattern):
    parts = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\" and at + 1 < len(pattern):
            at += 1
            parts.append(re.escape(pattern[at]))
        elif character == "%":
            parts.append(".*")
        elif character == "_":
            parts.append(".")
        else:
            parts.append(re.escape(character))
        at += 1
    return re.compile("".join(parts), re.DOTALL)


def number(value):
    return Decimal(repr(value)) if isinstance(value, float) else value


def holds(value, comparison, operand):
    """True, False or None (unknown), as in SQL."""
    if comparison == "is_null":
        return (value is None) == operand
    if value is None:
        return None
    if comparison == "like":
        return like(operand).fullmatch(value) is not None
    if isinstance(value, datetime):
        operand = [time_of(each) for each in operand] if isinstance(operand, list) else time_of(operand)
    if isinstance(value, float):
        value = number(value)
    operand = [number(each) for each in operand] if isinstance(operand, list) else number(operand)
    return {
        "eq": lambda: value == operand,
        "ne": lambda: value != operand,
        "gt": lambda: value > operand,
        "gte": lambda: value >= operand,
        "lt": lambda: value < operand,
        "lte": lambda: value <= operand,
        "in": lambda: value in operand,
        "not_in": lambda: value not in operand,
        "between": lambda: operand[0] <= value <= operand[1],
    }[comparison]()


def matches(row, where):
    found = []
    for key, condition in where.items():
        if key == "any":
            found.append(any(matches(row, each) for each in condition))
        elif key == "all":
            found.append(all(matches(row, each) for each in condition))
        elif condition is None:
            found.append(row[key] is None)
        elif isinstance(condition, dict):
            found.extend(holds(row[key], name, operand) is True for name, operand in condition.items())
        else:
            found.append(holds(row[key], "eq", condition) is True)
    return all(found)


def seconds(window):
    return int(window[:-1]) * UNITS[window[-1]]


def in_window(row, end, window):
    return row["event_time"] < end and (window is None or row["event_time"] >= end - timedelta(seconds=seconds(window)))


def percentile(values, share):
    place = Fraction(repr(share)) * (len(values) - 1)
    low = floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def aggregate(feature, rows, end, profile):
    name = feature["aggregate"]
    column = feature.get("column")
    if name == "lookup":
        return None if profile is None else profile[column]
    if name == "velocity":
        return len(rows) > feature["threshold"]
    if name == "count":
        return len(rows) if column is None else sum(row[column] is not None for row in rows)
    times = [row["event_time"] for row in rows]
    if name in ("first_seen", "last_seen"):
        return None if not times else (min if name == "first_seen" else max)(times)
    if name == "time_since":
        if not times:
            return None
        elapsed = Fraction((end - max(times)) // timedelta(microseconds=1), 1_000_000)
        return floor(elapsed) if feature["type"] == "int" else elapsed
    kept = [row for row in rows if row[column] is not None]
    values = [row[column] for row in kept]
    if name == "count_distinct":
        return len(set(values))
    if name == "sum":
        return sum(map(Fraction, values), Fraction(0)) if feature["type"] == "float" else sum(values)
    if not values:
        return None
    if name in ("min", "max"):
        return (min if name == "min" else max)(values)
    if name in ("first", "last"):
        return (min if name == "first" else max)((row["event_time"], row[column]) for row in kept)[1]
    exact = sorted(map(Fraction, values))
    mean = sum(exact) / len(exact)
    if name == "avg":
        return mean
    if name == "stddev":
        return None if len(exact) < 2 else sqrt(sum((each - mean) ** 2 for each in exact) / (len(exact) - 1))
    return percentile(exact, 0.5 if name == "median" else feature["at"])


def shown(value, feature):
    if value is None:
        value = feature.get("default")
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if feature["type"] == "float":
        return float(value)
    if feature["type"] == "bool":
        return "true" if value else "false"
    return str(value)


def entities(view, events, profiles, end):
    windows = [feature.get("window") for feature in view["features"] if feature["aggregate"] != "lookup"]
    longest = None if not windows or None in windows else max(windows, key=seconds)
    groups = {}
    for row in events:
        if in_window(row, end, longest) and ("where" not in view or matches(row, view["where"])):
            groups.setdefault(row["user_id"], []).append(row)
    result = {}
    for user, rows in groups.items():
        result[user] = {}
        for feature in view["features"]:
            counted = [row for row in rows if in_window(row, end, feature.get("window")) and matches(row, feature.get("where", {}))]
            result[user][feature["name"]] = shown(aggregate(feature, counted, end, profiles.get(user)), feature)
    return result


def main():
    asked = json.load(sys.stdin)
    events = [typed(row) for row in asked["events"]]
    profiles = {row["user_id"]: row for row in asked["profiles"]}
    end = time_of(asked["end"])
    json.dump([entities(view, events, profiles, end) for view in asked["views"]], sys.stdout)


main()
