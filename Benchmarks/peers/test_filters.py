"""What the report on filters rests on. Run with: python3 -m unittest discover -s Benchmarks/peers"""

import unittest

import numpy as np

from filter_report import ratio, shown
from filter_sets import order_of_rows, truth
from vectors import K


def point(recall: float, microseconds: float) -> dict:
    return {"recall": [recall], "qps": [1e6 / microseconds]}


class FilterSetTests(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(7)
        # Four clusters on a quarter circle, 50 rows each.
        angles = np.linspace(0, np.pi / 2, 4)
        self.centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        self.own = np.repeat(np.arange(4), 50)

    def test_correlated_rows_are_of_the_nearest_clusters_first(self):
        order = order_of_rows("correlated", 1, self.centres, self.own, self.random)
        self.assertEqual(sorted(order.tolist()), list(range(200)))
        self.assertEqual(set(self.own[order[:50]].tolist()), {1})
        self.assertEqual(set(self.own[order[:150]].tolist()), {0, 1, 2})

    def test_anticorrelated_rows_are_of_the_farthest_clusters_first(self):
        order = order_of_rows("anticorrelated", 0, self.centres, self.own, self.random)
        self.assertEqual(self.own[order].tolist(), [3] * 50 + [2] * 50 + [1] * 50 + [0] * 50)

    def test_random_rows_are_of_all_clusters(self):
        order = order_of_rows("random", 0, self.centres, self.own, self.random)
        self.assertEqual(set(self.own[order[:50]].tolist()), {0, 1, 2, 3})

    def test_truth_is_among_the_matches_alone(self):
        base = self.random.standard_normal((300, 8)).astype(np.float32)
        queries = self.random.standard_normal((4, 8)).astype(np.float32)
        masks = np.zeros((2, 300), dtype=np.uint8)
        masks[0, ::2] = 1
        masks[1, 1::4] = 1
        found = truth(base, queries, queries @ base.T, masks)
        for number, query in enumerate(queries):
            matches = np.flatnonzero(masks[number % 2])
            similarity = base[matches].astype(np.float64) @ query.astype(np.float64)
            self.assertEqual(found[number].tolist(), matches[np.argsort(-similarity)[:K]].tolist())


class FilterReportTests(unittest.TestCase):
    def test_cost_lies_between_the_neighbouring_widths(self):
        self.assertEqual(shown({"1": point(0.94, 100), "2": point(0.96, 400)}, 0.95), "200")

    def test_what_is_never_reached_says_how_far_it_got(self):
        self.assertEqual(shown({"1": point(0.80, 100), "2": point(0.91, 4_000)}, 0.95), "never (0.91 at 4,000)")

    def test_ratio_is_to_the_fastest_peer_that_gets_there(self):
        costs = {"nexify": point(0.96, 50), "slow": point(1, 150), "fast": point(0.95, 100), "poor": point(0.9, 10)}
        cell = {"systems": {name: {"points": {"1": one}} for name, one in costs.items()}}
        self.assertEqual(ratio(cell, 0.95), "2.00")


if __name__ == "__main__":
    unittest.main()
