"""Argon2id at the cost that Nexify uses, so that sign-ins can be compared."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class EqualCostArgon2Hasher(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
