"""PyTorch: `DistributedDataParallel` over two processes, in a loop of its own."""

import several


def test_over_two_processes(tmp_path):
    several.assert_one_of_two_processes_looks(tmp_path)
