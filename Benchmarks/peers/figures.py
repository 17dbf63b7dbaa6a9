"""What the report says, computed from what was measured: medians, speeds at the recalls, ratios, goals, losses."""

from collections.abc import Callable, Iterator
from statistics import median
from typing import NamedTuple

from pareto import Point, Speed, speed_at

OURS = "nexify"
# What is aimed at: our speed over SymphonyQG's, by recall. GloVe's are the same at each.
GOALS = {0.90: 2.5, 0.95: 3.5, 0.99: 5.0}
GOAL_GLOVE = 3.0
ROW_BYTES_MAX, OTHER_BYTES_MAX = 2_300, 1_600
TWO_THREADS_MIN = 1.9
FULL_OPEN_MS_PER_MIB_MAX = 1.0
FAST_OPEN_MS_MAX = 1.0
MIB = 2**20


class Goal(NamedTuple):
    what: str
    measured: str
    wanted: str
    reached: bool | None
    """Nothing where the figure is missing."""


def medians(points: dict) -> list[Point]:
    return [Point(median(point["recall"]), median(point["qps"])) for point in points.values()]


def one_round(points: dict, number: int) -> list[Point]:
    return [
        Point(point["recall"][number], point["qps"][number]) for point in points.values() if number < len(point["qps"])
    ]


def speed(system: dict, recall: float) -> Speed | None:
    return None if system.get("error") else speed_at(medians(system.get("points", {})), recall)


def round_speeds(system: dict, recall: float, rounds: int) -> list[float | None]:
    speeds = [speed_at(one_round(system.get("points", {}), number), recall) for number in range(rounds)]
    return [speed.qps if speed else None for speed in speeds]


def spread(system: dict, recall: float, rounds: int) -> float | None:
    """Half of what lies between the fastest and the slowest round, relative to the median."""
    speeds = [speed for speed in round_speeds(system, recall, rounds) if speed is not None]
    return (max(speeds) - min(speeds)) / 2 / median(speeds) if len(speeds) > 1 else None


def ratio(ours: dict, other: dict, recall: float) -> float | None:
    """Our speed over another's; nothing where one of both never gets to the recall."""
    mine, theirs = speed(ours, recall), speed(other, recall)
    return mine.qps / theirs.qps if mine and theirs else None


def ratio_range(ours: dict, other: dict, recall: float, rounds: int) -> tuple[float, float] | None:
    pairs = zip(round_speeds(ours, recall, rounds), round_speeds(other, recall, rounds), strict=True)
    ratios = [mine / theirs for mine, theirs in pairs if mine and theirs]
    return (min(ratios), max(ratios)) if ratios else None


def build_seconds(system: dict) -> float | None:
    build = system.get("build")
    return build["seconds"] + build["saveSeconds"] if build else None


def first_answer_seconds(name: str, system: dict) -> float | None:
    """From opening to the first answer: the median of ours, without the full verification; the quickest of a peer's."""
    opens = system.get("opens", [])
    if name.startswith(OURS):
        return median(one["fastToFirstAnswerSeconds"] for one in opens)
    return min((one["firstAnswerSeconds"] for one in opens), default=None)


def peers(data: dict) -> dict[str, dict]:
    return {name: system for name, system in data["systems"].items() if not name.startswith(OURS)}


def goals(data: dict, recalls: list[float]) -> list[Goal]:
    """The issue's promises for one data set."""
    systems = data["systems"]
    ours, rounds, long = systems[OURS], data["rounds"], data["dimensions"] >= 128
    found: list[Goal] = []
    if symphony := systems.get("symphonyqg"):
        for recall in recalls:
            wanted = GOALS[recall] if long else GOAL_GLOVE
            value = ratio(ours, symphony, recall)
            between = ratio_range(ours, symphony, recall, rounds)
            text = f"{value:.2f} × (rounds {between[0]:.2f}–{between[1]:.2f})" if value else "no figure"
            reached = value >= wanted if value else None
            found.append(Goal(f"Speed over SymphonyQG at recall {recall:.2f}", text, f"≥ {wanted:g} ×", reached))
    for recall in recalls:
        found.append(ahead_of_all(data, recall))
    if long:
        row = ours["index"]["rowBytes"]
        other = (ours["index"]["bytes"] - row * ours["index"]["nodes"]) / ours["index"]["count"]
        found.append(Goal("Bytes of a graph row", f"{row:,}", f"≤ {ROW_BYTES_MAX:,}", row <= ROW_BYTES_MAX))
        found.append(
            Goal("All other bytes a vector", f"{other:,.0f}", f"≤ {OTHER_BYTES_MAX:,}", other <= OTHER_BYTES_MAX)
        )
    if hnswlib := build_seconds(systems.get("hnswlib", {})):
        seconds = build_seconds(ours)
        text = f"{seconds:.1f} s against {hnswlib:.1f} s"
        found.append(Goal("Build no slower than hnswlib's", text, f"≤ {hnswlib:.1f} s", seconds <= hnswlib))
    factors = [ratio(systems["nexify-2"], ours, recall) for recall in recalls] if "nexify-2" in systems else []
    if factors and all(factors):
        text = " / ".join(f"{factor:.2f}" for factor in factors) + " ×"
        found.append(
            Goal("Two search threads over one", text, f"≥ {TWO_THREADS_MIN} ×", min(factors) >= TWO_THREADS_MIN)
        )
    full = median(one["fullSeconds"] for one in ours["opens"]) * 1e3 / (ours["index"]["bytes"] / MIB)
    fast = median(one["fastSeconds"] for one in ours["opens"]) * 1e3
    wanted = f"≤ {FULL_OPEN_MS_PER_MIB_MAX:g} ms"
    found.append(
        Goal("Opening with full verification (all processors), per MiB", f"{full:.3f} ms", wanted, full <= FULL_OPEN_MS_PER_MIB_MAX)
    )
    found.append(Goal("Fast opening", f"{fast:.2f} ms", f"≤ {FAST_OPEN_MS_MAX:g} ms", fast <= FAST_OPEN_MS_MAX))
    return found


def ahead_of_all(data: dict, recall: float) -> Goal:
    what = f"Ahead of every peer at recall {recall:.2f}"
    speeds = {name: speed(system, recall) for name, system in peers(data).items()}
    fastest = max((name for name in speeds if speeds[name]), key=lambda name: speeds[name].qps, default=None)
    mine = speed(data["systems"][OURS], recall)
    if fastest is None or mine is None:
        reached = None if fastest is None else False
        return Goal(what, "no peer gets there" if fastest is None else "never reached", "> 1 ×", reached)
    over = mine.qps / speeds[fastest].qps
    return Goal(what, f"{over:.2f} × {data['systems'][fastest]['title']}", "> 1 ×", over > 1)


def losses(data: dict, recalls: list[float]) -> Iterator[str]:
    """Every figure of the table in which a peer is better than we are."""
    ours, others = data["systems"][OURS], peers(data)

    def build(key: str) -> Callable[[str, dict], float | None]:
        return lambda _, system: (system.get("build") or {}).get(key)

    def size(value: float) -> str:
        return f"{value / MIB:,.0f} MiB"

    comparisons: list[tuple[str, Callable[[str, dict], float | None], Callable[[float], str]]] = [
        ("Building is faster", lambda _, system: build_seconds(system), lambda value: f"{value:.1f} s"),
        ("The file is smaller", build("fileBytes"), size),
        ("The first answer is sooner", first_answer_seconds, lambda value: f"{value * 1e3:.2f} ms"),
        ("Searching needs less memory", lambda _, system: system.get("memoryBytes"), size),
        ("Building needs less memory", build("peakBytes"), size),
    ]
    for recall in recalls:
        mine = speed(ours, recall)
        for peer in others.values():
            theirs = speed(peer, recall)
            if theirs and (mine is None or theirs.qps > mine.qps):
                own = f"{mine.qps:,.0f}" if mine else "never"
                yield f"**{peer['title']}** is faster at recall {recall:.2f}: {theirs.qps:,.0f} queries a second against {own}."
    for what, value_of, show in comparisons:
        mine = value_of(OURS, ours)
        values = {peer["title"]: value_of(name, peer) for name, peer in others.items() if not peer.get("error")}
        better = sorted(
            (value, title) for title, value in values.items() if value is not None and mine is not None and value < mine
        )
        if better:
            yield (
                f"{what} than Nexify's {show(mine)}: "
                + ", ".join(f"{title} ({show(value)})" for value, title in better)
                + "."
            )
