"""Joins the JSON reports of several rounds: for each figure the median, the lowest and the highest round.

Usage: medians.py REPORT.json...    exits with 1 when a median misses its target
"""

import json
import sys
from pathlib import Path
from statistics import median


def misses(value: float, target: dict | None) -> bool:
    if not target:
        return False
    return value > target["value"] if target["direction"] == "<=" else value < target["value"]


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.4g}"


def main() -> int:
    rounds: dict[str, list[dict]] = {}
    for path in sys.argv[1:]:
        report = json.loads(Path(path).read_text("utf-8"))
        rounds.setdefault(report["benchmark"], []).append(report)
    failed = False
    for name, reports in rounds.items():
        machine = reports[0]["machine"]
        loads = [load for report in reports for load in (report["machine"]["loadBefore"], report["machine"]["loadAfter"])]
        print(f"{name}: medians of {len(reports)} rounds (lowest to highest)")
        print(f"  {machine.get('processor', '')}, {machine['cores']} cores, load {min(loads):.1f} to {max(loads):.1f}, {machine.get('startedAt', '')}")
        for key, value in sorted(reports[0]["parameters"].items()):
            print(f"  {key}: {value}")
        for index, figure in enumerate(reports[0]["figures"]):
            values = [report["figures"][index]["value"] for report in reports]
            target = figure.get("target")
            missed = misses(median(values), target)
            failed |= missed
            promise = f"   target {target['direction']} {number(target['value'])}{': MISSED' if missed else ''}" if target else ""
            spread = f"({number(min(values))} to {number(max(values))})"
            print(f"  {figure['name']:<42} {number(median(values)):>9} {figure['unit']:<8} {spread:<22}{promise}")
        print()
    return 1 if failed else 0


sys.exit(main())
