"""What there is on PyTorch only."""

import examples
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import kerasvis2 as kv


class Named(TensorDataset):
    classes = ("cat", "dog", "leopard")


def loader(**options):
    x = torch.arange(24, dtype=torch.float32).reshape(24, 1, 1, 1).expand(24, 6, 6, 3) / 24
    return DataLoader(Named(x, torch.arange(24) % 3), batch_size=5, **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_probe_of_a_data_loader(workers):
    probe = kv.Probe.from_dataset(loader(num_workers=workers), size=6)
    np.testing.assert_array_equal(np.sort(probe.labels), [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(np.round(probe.inputs[:, 0, 0, 0] * 24) % 3, probe.labels)
    assert list(probe.class_names) == ["cat", "dog", "leopard"]


def test_reading_a_data_loader_moves_no_generator():
    def orders(look):
        torch.manual_seed(0)
        own = torch.Generator().manual_seed(1)
        loaders = loader(shuffle=True), loader(shuffle=True, generator=own)
        if look:
            for each in loaders:
                kv.Probe.from_dataset(each, size=6)
        return [torch.cat([y for _, y in each]).tolist() for each in loaders]

    assert orders(True) == orders(False)


def test_a_loop_of_ones_own(tmp_path, monkeypatch):
    examples.check_custom_loop("custom_loop_torch", tmp_path, monkeypatch)
