"""How hard Hypothesis tries, and the real images that several tests look at.

``HISTEQ_TESTS=thorough`` tries ten times as many examples, other ones each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

COMMON = {
    "deadline": None,  # the first call of a kernel compiles it
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "print_blob": True,
}
# The same examples each time: what turns red is a change, not luck.
settings.register_profile("ci", max_examples=150, derandomize=True, **COMMON)
settings.register_profile("thorough", max_examples=1500, **COMMON)
settings.load_profile(os.environ.get("HISTEQ_TESTS", "ci"))
