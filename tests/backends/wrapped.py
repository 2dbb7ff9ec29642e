"""Networks of plain PyTorch, as people wrap them: in place, shared, functional, attentive."""

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import nn
from torch.utils.checkpoint import checkpoint

SHAPE = (16, 12, 3)


class Block(nn.Module):
    """A residual block as torchvision writes it: one ReLU for all, sums and ReLUs in place."""

    def __init__(self, given, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(given, channels, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        short = nn.Conv2d(given, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
        self.downsample = nn.Sequential(*short) if given != channels else None

    def forward(self, x):
        straight = x if self.downsample is None else self.downsample(x)
        x = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        x += straight
        return self.relu(x)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2)
        self.layer1 = nn.Sequential(Block(8, 8), Block(8, 8))
        self.layer2 = nn.Sequential(Block(8, 16, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        x = self.pool(self.relu(self.bn1(self.conv1(x))))
        return self.fc(torch.flatten(self.avgpool(self.layer2(self.layer1(x))), 1))


class ViT(nn.Module):
    """A class token, two encoders that normalise first, and an attention that hides its weights."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        encoder = nn.TransformerEncoderLayer(8, 2, 16, 0.1, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(encoder, 2, enable_nested_tensor=False)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = self.encoder(torch.cat([self.token.expand(len(x), -1, -1), x], 1))
        return self.head(x[:, 0])


class Odd(nn.Module):
    """A module that is called twice, functional ReLUs, one in place on the input, tuples, dicts."""

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(6, 6, 3, padding=1, groups=6)

        def forward(self, x):
            return self.conv(x), {"more": x}

    class Named(nn.Module):
        def forward(self, x):
            return {"first": x * 2, "second": x}

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.shared = nn.Conv2d(6, 6, 3, padding=1)
        self.two = self.Two()
        self.named = self.Named()
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = F.relu(x, inplace=True)
        x = F.relu(self.first(x))
        x = F.relu(self.shared(F.relu(self.shared(x), inplace=True)))
        x, more = self.two(x)
        x = self.named(x)["first"] + more["more"]
        return torch.softmax(self.head(x.mean((2, 3))), 1)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(36, 7, batch_first=True)
        self.head = nn.Linear(7, 5)

    def forward(self, x):
        x, _ = self.lstm(x.permute(0, 2, 3, 1).flatten(2))
        return self.head(x[:, -1])


class Saving(nn.Module):
    """Parts that are computed once more on the way back, in both of PyTorch's ways."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.kept = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.old = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = checkpoint(self.kept, F.relu(self.first(x)), use_reentrant=False)
        x = checkpoint(self.old, x, use_reentrant=True)
        return self.head(x.mean((2, 3)))


def lively(module):
    """Its statistics are those of no unit that was never trained."""
    for each in module.modules():
        if isinstance(each, nn.BatchNorm2d):
            nn.init.uniform_(each.running_mean, -0.3, 0.3)
            nn.init.uniform_(each.running_var, 0.5, 1.5)
            nn.init.uniform_(each.weight, 0.5, 1.5)
            nn.init.uniform_(each.bias, -0.3, 0.3)
    return module


def around(module, softmax=False):
    """A Keras model of pictures with their channels last around it."""
    image = keras.Input(SHAPE)
    x = layers.Permute((3, 1, 2), name="first")(image)
    x = layers.TorchModuleWrapper(module, name="net", output_shape=(None, 5))(x)
    return keras.Model(image, layers.Softmax()(x) if softmax else x)


def made(kind, **options):
    keras.utils.set_random_seed(0)
    module = lively(kind())
    return around(module, **options), module
