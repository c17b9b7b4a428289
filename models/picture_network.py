"""The network that names whole pictures: a small residual network on one grey plane.

Residual blocks as in He et al., Deep Residual Learning for Image Recognition, CVPR 2016; shortcuts
that shrink do so by averaging, which keeps what a strided 1x1 convolution throws away (He et al.,
Bag of Tricks for Image Classification, CVPR 2019). Mean and maximum are pooled side by side: the
mean tells texture, the maximum a small thing in a large picture.
"""

import torch
from torch import Tensor, nn

WIDTH = 24
DROPPED = 0.2


class Block(nn.Module):
    """Two 3x3 convolutions and the way around them.

    Parameters
    ----------
    entering, leaving : int
        Planes.
    stride : {1, 2}
        2 halves rows and columns.
    """

    def __init__(self, entering: int, leaving: int, stride: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(entering, leaving, 3, stride, padding=1, bias=False), nn.BatchNorm2d(leaving), nn.ReLU(),
            nn.Conv2d(leaving, leaving, 3, padding=1, bias=False), nn.BatchNorm2d(leaving),
        )  # fmt: skip
        around = [nn.Conv2d(entering, leaving, 1, bias=False), nn.BatchNorm2d(leaving)]
        pooled = [nn.AvgPool2d(stride, ceil_mode=True)] if stride > 1 else []
        self.shortcut = nn.Sequential(*pooled, *around) if pooled or entering != leaving else nn.Identity()

    def forward(self, planes: Tensor) -> Tensor:
        """Planes of shape (pictures, leaving, rows / stride, columns / stride), rounded up."""
        leaving: Tensor = nn.functional.relu(self.path(planes) + self.shortcut(planes))
        return leaving


class PictureNetwork(nn.Module):
    """Logits for each kind.

    Parameters
    ----------
    kinds : int
    mean, deviation : float
        Of the training pictures' grey levels; part of the network, so that nobody scales them twice.
    width : int
        Planes after the first convolution; the last block has six times as many.
    """

    mean: Tensor
    deviation: Tensor
    temperature: Tensor

    def __init__(self, kinds: int, mean: float, deviation: float, width: int = WIDTH) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("deviation", torch.tensor(deviation))
        self.register_buffer("temperature", torch.ones(()))
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.blocks = nn.Sequential(
            Block(width, width, 1), Block(width, 2 * width, 2), Block(2 * width, 4 * width, 2),
            Block(4 * width, 6 * width, 2),
        )  # fmt: skip
        self.judge = nn.Sequential(nn.Dropout(DROPPED), nn.Linear(2 * 6 * width, kinds))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits of shape (pictures, kinds) from grey levels 0 to 255 of shape (pictures, 1, side, side)."""
        planes = self.blocks(self.stem((pictures - self.mean) / self.deviation))
        logits: Tensor = self.judge(torch.cat([planes.mean((2, 3)), planes.amax((2, 3))], dim=1))
        return logits


class Answering(nn.Module):
    """The network as it is measured and shipped: probabilities, averaged over six ways to look at a picture.

    As it is, mirrored left to right, upside down, both; transposed, and transposed with both mirrored.
    These are what training shows it too, so averaging costs time alone and takes some chance out.
    """

    def __init__(self, network: PictureNetwork) -> None:
        super().__init__()
        self.network = network

    def view_logits(self, pictures: Tensor) -> Tensor:
        """Logits of shape (pictures, 6, kinds), before the temperature."""
        across = pictures.transpose(2, 3)
        views = (
            pictures, pictures.flip(3), pictures.flip(2), pictures.flip((2, 3)), across, across.flip((2, 3)),
        )  # fmt: skip
        return torch.stack([self.network(view) for view in views], dim=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Probabilities of shape (pictures, kinds), rows summing to 1."""
        return mean_probabilities(self.view_logits(pictures), self.network.temperature)


def mean_probabilities(view_logits: Tensor, temperature: Tensor) -> Tensor:
    """Probabilities of shape (pictures, kinds) from logits of shape (pictures, views, kinds)."""
    return torch.softmax(view_logits / temperature, dim=2).mean(1)
