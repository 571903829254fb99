"""The collector of reference cycles comes back as it was."""

from __future__ import annotations

import gc

from iamsim.core.collector import CollectLater


def test_the_collector_is_off_in_a_block_and_on_behind_the_outermost():
    """An inner block leaves it off."""
    assert gc.isenabled()
    with CollectLater():
        assert not gc.isenabled()
        with CollectLater():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
