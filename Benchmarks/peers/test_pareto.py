"""What the report's figures rest on. Run with: python3 -m unittest discover -s Benchmarks/peers"""

import math
import unittest

from pareto import Point, around, bracket, front, speed_at

SWEEP = [Point(0.80, 40_000), Point(0.92, 10_000), Point(0.91, 9_000), Point(0.99, 1_000)]


class ParetoTests(unittest.TestCase):
    def test_front_drops_what_is_beaten_in_both(self):
        self.assertEqual(front(SWEEP), [SWEEP[0], SWEEP[1], SWEEP[3]])

    def test_of_equal_recall_the_faster_stays(self):
        self.assertEqual(front([Point(0.9, 1), Point(0.9, 2)]), [Point(0.9, 2)])

    def test_speed_is_log_linear_between_neighbours(self):
        speed = speed_at(SWEEP, 0.86)
        self.assertAlmostEqual(speed.qps, math.sqrt(40_000 * 10_000))
        self.assertFalse(speed.at_least)

    def test_speed_at_a_point_is_the_points(self):
        self.assertAlmostEqual(speed_at(SWEEP, 0.99).qps, 1_000)

    def test_never_reached(self):
        self.assertIsNone(speed_at(SWEEP, 0.995))
        self.assertIsNone(speed_at([], 0.9))

    def test_below_the_lowest_setting_it_is_a_bound(self):
        speed = speed_at(SWEEP, 0.70)
        self.assertEqual((speed.qps, speed.at_least), (40_000, True))

    def test_neighbours_of_the_targets_and_the_ends_are_kept(self):
        recalls = [0.70, 0.80, 0.88, 0.92, 0.94, 0.96, 0.97, 0.995, 0.999]
        points = [Point(recall, 1 / recall) for recall in recalls]
        self.assertEqual(sorted(around(points, [0.90, 0.95, 0.99])), [0, 2, 3, 4, 5, 6, 7, 8])
        self.assertEqual(sorted(around(points[:3], [0.90])), [0, 2])

    def test_bracket_from_anywhere(self):
        recalls = [0.5, 0.7, 0.9, 0.96, 0.99]
        for start in range(9):
            self.assertEqual(bracket(recalls.__getitem__, 5, start, 0.95), [2, 3])
            self.assertEqual(bracket(recalls.__getitem__, 5, start, 0.40), [0])
            self.assertEqual(bracket(recalls.__getitem__, 5, start, 0.50), [0])
            self.assertEqual(bracket(recalls.__getitem__, 5, start, 0.995), [4])
        self.assertEqual(bracket([1.0].__getitem__, 1, 0, 0.95), [0])

    def test_bracket_goes_on_until_it_is_too_slow(self):
        recalls = [0.5, 0.7, 0.9, 0.96]
        self.assertEqual(bracket(recalls.__getitem__, 4, 0, 0.95, lambda place: place >= 1), [1])
        self.assertEqual(bracket(recalls.__getitem__, 4, 3, 0.95, lambda place: place >= 1), [2, 3])


if __name__ == "__main__":
    unittest.main()
