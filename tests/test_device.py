"""Threads: given, and given back."""

from __future__ import annotations

import pytest
import torch

from vidstyle.device import one_thread, set_threads


def test_one_thread_within_the_block_and_as_many_as_before_after_it() -> None:
    before = torch.get_num_threads()
    try:
        set_threads(3)
        with pytest.raises(KeyError), one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError
        assert torch.get_num_threads() == 3
    finally:
        set_threads(before)
