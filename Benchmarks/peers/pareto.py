"""Recall and speed: the Pareto front of a sweep, and the speed at a recall between two of its points."""

import math
from collections.abc import Callable
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


def bracket(
    recall_at: Callable[[int], float],
    count: int,
    start: int,
    recall: float,
    is_too_slow: Callable[[int], bool] = lambda _: False,
) -> list[int]:
    """Of settings 0 to `count` - 1, by rising recall, the first that reaches `recall` and the one before it, looked for
    from `start` on; where none does, the last alone, or the first that is too slow to go on from."""
    place = min(start, count - 1)
    if recall_at(place) < recall:
        while place < count - 1 and not is_too_slow(place):
            place += 1
            if recall_at(place) >= recall:
                return [place - 1, place]
        return [place]
    while place > 0 and recall_at(place - 1) >= recall:
        place -= 1
    return [place - 1, place] if place > 0 else [place]
