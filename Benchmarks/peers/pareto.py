"""Recall and speed: the Pareto front of a sweep, and the speed at a recall between two of its points."""

import math
from typing import NamedTuple


class Point(NamedTuple):
    recall: float
    qps: float


class Speed(NamedTuple):
    """Queries a second at a recall. `at_least` means that the sweep's lowest setting already has a higher recall."""

    qps: float
    at_least: bool


def front(points: list[Point]) -> list[Point]:
    """The points that no other beats in both recall and speed, by rising recall (so by falling speed)."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda point: (-point.recall, -point.qps)):
        if not kept or point.qps > kept[-1].qps:
            kept.append(point)
    return kept[::-1]


def speed_at(points: list[Point], recall: float) -> Speed | None:
    """Speed at `recall`, log-linear between the front's neighbours; nothing where the sweep never gets there."""
    best = front(points)
    above = next((index for index, point in enumerate(best) if point.recall >= recall), None)
    if above is None:
        return None
    high = best[above]
    if above == 0:
        return Speed(high.qps, at_least=high.recall > recall)
    low = best[above - 1]
    share = (recall - low.recall) / (high.recall - low.recall)
    return Speed(math.exp(math.log(low.qps) + share * (math.log(high.qps) - math.log(low.qps))), at_least=False)


def around(points: list[Point], recalls: list[float]) -> set[int]:
    """Indices of the points that a sweep needs for its speed at `recalls`: each one's two neighbours, and the ends."""
    order = sorted(range(len(points)), key=lambda index: (points[index].recall, -points[index].qps))
    if not order:
        return set()
    needed = {order[0], order[-1]}
    for recall in recalls:
        above = next((place for place, index in enumerate(order) if points[index].recall >= recall), None)
        if above is not None:
            needed.update(order[max(0, above - 1) : above + 1])
    return needed
