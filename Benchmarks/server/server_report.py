"""Writes docs/BENCHMARKS-HTTP.md from the results, without measuring anything."""

import statistics
from pathlib import Path

OURS = "nexify"
TITLES = {
    "list": "List of 20 with its count", "list-filtered": "List of 20, filtered by status and priority", "detail": "One ticket",
    "sign-in": "Sign-in"}
MEANING = Path(__file__).with_name("meaning.md")
RATIO_MIN, TRIGGER_P99_MS_MAX, IDLE_MIB_MAX, DELIVERY_P99_MS_MAX = 15, 20, 80, 250


def write(results: dict, directory: Path) -> bool:
    """Returns whether every target that was measured is met."""
    found = goals(results)
    parts = [head(results), table(["target", "measured", ""], [[*goal[:2], "met" if goal[2] else "**missed**"] for goal in found], left=2)]
    scenes = results["scenes"]
    for scene, title in TITLES.items():
        if scene in scenes:
            parts += [f"## {title}", side_by_side(scenes[scene]), statements(scenes[scene])]
    if "trigger" in scenes:
        parts += ["## Triggers accepted", alone(scenes["trigger"])]
    if "memory" in scenes:
        parts += ["## Memory of `serve`", memory(scenes["memory"])]
    if "streams" in scenes:
        parts += ["## Event streams", streams(scenes["streams"])]
    parts += [versions(results), MEANING.read_text("utf-8").strip()]
    path = directory / "BENCHMARKS-HTTP.md"
    path.write_text("\n\n".join(part for part in parts if part) + "\n", "utf-8")
    print(f"Written: {path}")
    for target, measured, is_met in found:
        print(f"  {'met   ' if is_met else 'MISSED'}  {target}: {measured}")
    return all(goal[2] for goal in found)


def head(results: dict) -> str:
    machine, parameters = results["machine"], results["parameters"]
    return "\n\n".join([
        "# The server beside Django REST Framework",
        "Written by `make bench-http` from what it measured; not edited by hand.",
        f"{parameters['tickets']:,} tickets of one organisation in one PostgreSQL, which both sides read; wrk with "
        f"{parameters['connections']} connections, {parameters['rounds']} rounds of {parameters['seconds']:g} s by turns, medians.",
        f"Measured {results['at']} at {results['commit']}, {machine['cpu']} ({machine['family']}), {machine['cores']} cores, "
        f"{machine['memoryGiB']} GiB, Linux {machine['kernel']}, load average {results['loadBefore']} before and {results['loadAfter']} after. "
        "Load generator, PostgreSQL and the measured server share the cores."])


def median(rounds: list[dict], figure: str) -> float:
    return statistics.median(one[figure] for one in rounds)


def best_peer(scene: dict) -> str:
    """The kind of gunicorn's workers that answers more."""
    return max((name for name in scene if name != OURS), key=lambda name: median(scene[name], "rps"))


def goals(results: dict) -> list[tuple[str, str, bool]]:
    """What was promised, what was measured, and whether that is kept."""
    scenes, found = results["scenes"], []
    for scene in ("list", "detail"):
        if scene in scenes:
            ours, peer = scenes[scene][OURS], scenes[scene][best_peer(scenes[scene])]
            ratio = median(ours, "rps") / median(peer, "rps")
            found.append((f"{TITLES[scene]}: ≥ {RATIO_MIN} × Django's requests a second", f"{ratio:.1f} ×", ratio >= RATIO_MIN))
            mine = median(ours, "p99_ms")
            theirs = min(median(rounds, "p99_ms") for name, rounds in scenes[scene].items() if name != OURS)
            found.append((f"{TITLES[scene]}: p99 below Django's", f"{mine:.1f} ms, Django {theirs:.1f} ms", mine < theirs))
    if "sign-in" in scenes:
        ratio = median(scenes["sign-in"][OURS], "rps") / median(scenes["sign-in"][best_peer(scenes["sign-in"])], "rps")
        found.append(("Sign-in at equal hash cost: no slower than Django's", f"{ratio:.2f} × its requests a second", ratio >= 1))
    if "trigger" in scenes:
        p99 = median(scenes["trigger"]["alone"], "p99_ms")
        found.append((f"Trigger accepted, 50 clients: p99 ≤ {TRIGGER_P99_MS_MAX} ms", f"{p99:.1f} ms", p99 <= TRIGGER_P99_MS_MAX))
    if "memory" in scenes:
        own = beyond_files(scenes["memory"]["idle"])
        found.append((f"Idle memory of `serve` beyond mapped files: ≤ {IDLE_MIB_MAX} MiB", f"{own:.1f} MiB", own <= IDLE_MIB_MAX))
    if "failed" in scenes.get("streams", {}):
        found.append(("Event streams: no event lost", scenes["streams"]["failed"].split("\n")[0].strip(), False))
    if "held" in scenes.get("streams", {}):
        held = scenes["streams"]["held"]
        found.append((f"{held['streams']:,} event streams for {held['seconds']} s: no event lost", f"{held['lost']} of {held['deliveries']:,} lost", held["lost"] == 0))
        found.append((f"Delivery: p99 ≤ {DELIVERY_P99_MS_MAX} ms", f"{held['p99_ms']:.0f} ms", held["p99_ms"] <= DELIVERY_P99_MS_MAX))
    return found


def title_of(system: str) -> str:
    return "Nexify" if system == OURS else f"Django, gunicorn {system.removeprefix('django-')}"


def processor(rounds: list[dict]) -> float:
    """Microseconds a request, of the server and of PostgreSQL."""
    return median(rounds, "server_cpu_us") + median(rounds, "postgres_cpu_us")


def side_by_side(scene: dict) -> str:
    mine = median(scene[OURS], "rps")
    rows = []
    for system, rounds in scene.items():
        speed = median(rounds, "rps")
        spread = f"{min(one['rps'] for one in rounds):,.0f}–{max(one['rps'] for one in rounds):,.0f}"
        times = [f"{median(rounds, figure):,.1f}" for figure in ("p50_ms", "p90_ms", "p99_ms", "max_ms")]
        cpu = [f"{median(rounds, figure):,.0f}" for figure in ("server_cpu_us", "postgres_cpu_us")]
        rows.append([title_of(system), f"{speed:,.0f}", spread, *times, *cpu, "" if system == OURS else f"{mine / speed:.1f}",
                     "" if system == OURS else f"{processor(rounds) / processor(scene[OURS]):.1f}"])
    return table(
        ["", "requests/s", "spread", "p50 ms", "p90 ms", "p99 ms", "max ms", "server µs/request", "Postgres µs/request", "our requests ÷ these", "these µs ÷ ours"], rows)


def statements(scene: dict) -> str:
    """Which statements a request of ours makes, and what they take inside PostgreSQL."""
    rows = [
        [title_of(system), f"{one['calls_per_request']:.2f}", f"{one['us_per_request']:,.0f}", f"`{one['text'].replace('|', '/')}`"]
        for system in (OURS, best_peer(scene)) for one in scene[system][-1]["statements"] if one["us_per_request"] >= 1 and one["calls_per_request"] >= 0.05]
    return table(["", "a request", "µs a request", "statement (execution inside PostgreSQL, wall time)"], rows) if rows else ""


def alone(scene: dict) -> str:
    rows = [
        [kind, f"{median(rounds, 'rps'):,.0f}", *(f"{median(rounds, figure):,.1f}" for figure in ("p50_ms", "p90_ms", "p99_ms", "max_ms")),
         f"{median(rounds, 'server_cpu_us'):,.0f}", f"{median(rounds, 'postgres_cpu_us'):,.0f}"]
        for kind, rounds in scene.items()]
    return table(["50 clients", "requests/s", "p50 ms", "p90 ms", "p99 ms", "max ms", "server µs/request", "Postgres µs/request"], rows)


def beyond_files(sizes: dict) -> float:
    return sizes["anonymous_mib"] + sizes["shared_mib"]


def memory(scene: dict) -> str:
    rows = [
        [when, f"{beyond_files(sizes):.1f}", f"{sizes['file_mib']:.1f}", f"{sizes['rss_mib']:.1f}",
         ", ".join(f"{name} {size:.1f}" for name, size in sizes["files_mib"].items())]
        for when, sizes in scene.items()]
    return table(["MiB", "its own", "mapped files", "resident in all", "of which mapped, the largest"], rows)


def streams(scene: dict) -> str:
    if "missing" in scene:
        return f"Not measured: {scene['missing']}."
    if "failed" in scene:
        return f"Failed: `{scene['failed'].splitlines()[0]}`"
    held, resumed = scene["held"], scene["resumed"]
    rows = [[f"{held['streams']:,}", f"{held['seconds']}", f"{held['changes']:,}", f"{held['deliveries']:,}", f"{held['lost']}",
             *(f"{held[figure]:,.0f}" for figure in ("p50_ms", "p90_ms", "p99_ms", "max_ms")),
             f"{held['anonymous_before_mib']:.0f} → {held['anonymous_after_mib']:.0f}"]]
    return "\n\n".join([
        table(["streams", "seconds", "changes", "deliveries", "lost", "p50 ms", "p90 ms", "p99 ms", "max ms", "server's own MiB"], rows),
        f"{resumed['streams']} streams were dropped midway; {resumed['resumed_at_another_server']} went on at another server and "
        f"{resumed['resumed_after_restart']} also after a restart of theirs, by `Last-Event-ID`: of {resumed['events']:,} events each "
        "saw every one once, in one order."])


def versions(results: dict) -> str:
    return "## Parameters\n\n" + ", ".join(f"{name} {number}" for name, number in results["versions"].items()) + "."


def table(columns: list[str], rows: list[list[str]], left: int = 1) -> str:
    rule = ["---" if number < left else "---:" for number in range(len(columns))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [columns, rule, *rows])
