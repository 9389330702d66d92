"""Whatever a configuration holds, it is accepted or refused with a message."""

import copy
import math
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import YEAST, merged

from noncoding.common.errors import InputError
from noncoding.settings.config import check_settings

CONFIG = merged(
    YEAST,
    {"apply": {"variants": {"mine": {"vcf": "a.vcf", "genome": None, "offsets": [0], "plot": 1}}}},
)


def places(value, path=()):
    """Each place in a nested value, as the keys that lead to it."""
    yield path
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))


ODD = [
    *(None, True, False, 0, 1, -1, 2.0, -0.5, 1e308, math.nan, math.inf, -math.inf, 10**400),
    *("", " ", "~", "~/x", "~nobody_at_all", "..", "/", "-x", "{x}", "a\nb", "\0", "\x1b[2J", "$"),
    *("1e-3", "nan", "off", "positives", "x" * 50_000, "\udcff", "http://a:b@c/..?d=e", "file://~"),
    *([], {}, [[]], [{}], {"": {}}, {1: 2, None: 3, "a": 4}, [1, 1.0, True], b"bytes", {1, 2}),
    *(date(2024, 1, 2), datetime(2024, 1, 2, tzinfo=UTC), (1, 2), 2**31, list(range(300))),
]
LEAVES = st.sampled_from(ODD) | st.text(max_size=5) | st.integers() | st.floats()
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=5,
)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from([path for path in places(CONFIG) if path]),
        st.sampled_from(["replace", "delete", "rename", "add", "copy"]),
        VALUES,
        st.sampled_from([path for path in places(CONFIG) if path]),
    ),
    min_size=1,
    max_size=3,
)


def changed(config, path, action, value, other):
    """Change the place of a path, if it is still there."""
    *above, last = path
    holder = config
    try:
        for key in above:
            holder = holder[key]
        if action == "delete":
            del holder[last]
        elif action == "rename":
            holder[str(value)[:20]] = holder.pop(last)
        elif action == "add":
            holder[last][str(value)[:20]] = value
        elif action == "copy":
            for key in other:
                config = config[key]
            holder[last] = copy.deepcopy(config)
        else:
            holder[last] = copy.deepcopy(value)
    except (KeyError, IndexError, TypeError, AttributeError):
        return


@settings(max_examples=200, derandomize=True, deadline=None)
@given(changes=CHANGES)
def test_any_configuration_is_accepted_or_refused_with_a_message(changes):
    config = copy.deepcopy(CONFIG)
    for change in changes:
        changed(config, *change)
    try:
        found = check_settings(config)
    except InputError as error:
        message = str(error)
        assert message.isprintable()
        assert len(message) < 2100
        assert "configuration" in message
        return
    assert check_settings(found.dump()) == found
    for model, _ in found.trained_models().values():
        assert found.training_of(model)
