"""The random numbers of a run: addressed, never streamed.

Every draw is a pure function of its address (seed, replication, reason name, day, number, attempt, leg, purpose, n),
so the same customer has the same patience under every plan, policy and engine. Keys are 64-bit states of SplitMix64
(Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"); a child key mixes its parent with the
child's number times an odd constant.
"""

from __future__ import annotations

import hashlib

import numpy as np

from cxsim.jit.decorators import shared

# Purposes: one number each, never reused for something else.
ARRIVAL, SEGMENT, PATIENCE, BALK, TALK, WRAP, RESOLVE, RETURN, DELAY, SPREAD, AGENT = range(1, 12)
AWAY_GAP, AWAY_LENGTH, TRAIT_SPEED, TRAIT_RESOLUTION, BUSYNESS, TRAIT_AGE = range(20, 26)
HANG_UP, HANG_UP_AT, CHOICE, STEP_TIME, LEAST = range(30, 35)
TRANSFER, HANDOVER, TRANSFER_FAILED, _, TRANSFER_IN_VAIN = range(40, 45)  # TRANSFER + 2 and + 4
LEAVE, ACCEPT, PROMISE, DIAL, REACH, RETRY, PREVIEW = range(50, 57)
OUTAGE, UP_TIME, DOWN_TIME, HOP = range(60, 64)
COURTESY, HOLD, COMPENSATE, LESSON, PREVENT, BEGIN, COMMUNITY, POST, READER, SWAYED = range(80, 90)
CUSTOMER, CHURN, BACK, ADVOCACY, TOLD, BACK_TOLD, ASKED, PLEASED, ANSWERS, PREFERRED = range(70, 80)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_CHILD = np.uint64(0xD1B54A32D192ED03)
_LEG = np.uint64(0x8CB92BA72F3D8DD7)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)
_ONE = np.uint64(1)
_UNIT = 2.0**-52


@shared
def mix(key):  # type: ignore[no-untyped-def]  # numba types it
    """The SplitMix64 finaliser of a 64-bit key: a bijection whose output bits look independent."""
    z = (key ^ (key >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@shared
def child(key, number):  # type: ignore[no-untyped-def]  # numba types it
    """The key of child `number` (integer >= 0) of `key`."""
    return mix(key ^ ((np.uint64(number) + _ONE) * _CHILD))


@shared
def attempt_key(issue, attempt, leg):  # type: ignore[no-untyped-def]  # numba types it
    """The key of one leg of one attempt of an issue; attempts and legs count from 1."""
    return mix(issue + np.uint64(attempt) * _GOLDEN + np.uint64(leg) * _LEG)


@shared
def uniform(key, purpose):  # type: ignore[no-untyped-def]  # numba types it
    """The draw for a purpose under a key: float64 in the open interval (0, 1), 52 bits so that 1 is never reached."""
    z = mix(key + np.uint64(purpose) * _GOLDEN)
    return (np.float64(z >> _S12) + 0.5) * _UNIT


def name_hash(name: str) -> np.uint64:
    """A name as 64 bits, the same on every machine, so that adding a queue leaves every other draw alone."""
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))


_ROOT = name_hash("cxsim")


def run_key(seed: int, replication: int) -> np.uint64:
    """The root key of one replication; both numbers are >= 0."""
    return np.uint64(child(np.uint64(child(_ROOT, seed)), replication))
