"""Networks of some lines, made from public bug reports: what may go in each is known by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.helpers.toys import Turned


class Gamma(nn.Module):
    """A gamma curve first, which knows no numbers below zero, and channels that meet others unseen: `b` has to stay."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1)
        self.head = nn.Linear(8 * 16, 4)

    def forward(self, x: Tensor) -> Tensor:
        features = torch.relu(self.b(torch.relu(self.a(self.first(x)))))
        return self.head((features + Turned.apply(features)).flatten(1))

    def first(self, x: Tensor) -> Tensor:
        return x ** (1 / 2.2)


class Logarithm(Gamma):
    """The same behind a logarithm."""

    def first(self, x: Tensor) -> Tensor:
        return torch.log(x)


class BoxesAndScores(nn.Module):
    """Boxes of up to 640 pixels beside scores of a thousandth, whose features alone meet others unseen."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 1), nn.Conv2d(3, 8, 1)
        self.box, self.score = nn.Conv2d(8, 4, 1), nn.Linear(8 * 16, 16)

    def forward(self, x: Tensor) -> Tensor:
        boxes = 640 * torch.sigmoid(self.box(torch.relu(self.a(x))))
        features = torch.relu(self.b(x))
        features = (features + Turned.apply(features)).flatten(1)
        return torch.cat([boxes, torch.sigmoid(self.score(features) - 7).view(-1, 1, 4, 4)], 1)


class AlwaysDropping(nn.Module):
    """Dropout written as a function, which forgot that there is an eval mode."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = nn.Linear(6, 16), nn.Linear(16, 16), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        hidden = functional.dropout(torch.relu(self.a(x)))
        return self.head(functional.dropout(torch.relu(self.b(hidden))))


class Sampling(nn.Module):
    """A variational autoencoder, which answers with its mean and variance, too."""

    def __init__(self) -> None:
        super().__init__()
        self.enc, self.mean, self.log = nn.Linear(6, 16), nn.Linear(16, 8), nn.Linear(16, 8)
        self.dec, self.out = nn.Linear(8, 12), nn.Linear(12, 6)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = torch.relu(self.enc(x))
        mean, log = self.mean(hidden), self.log(hidden)
        drawn = mean + torch.randn_like(log) * torch.exp(log / 2)
        return self.out(torch.relu(self.dec(drawn))), mean, log


class StateOfTwo(nn.Module):
    """Carries a state for a batch of two from run to run."""

    state: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = nn.Linear(8, 16), nn.Linear(16, 12), nn.Linear(12, 3)
        self.register_buffer("state", torch.zeros(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        self.state = self.head(torch.relu(self.b(torch.relu(self.a(x))))) + self.state / 2
        return self.state


class OneRow(nn.Module):
    """Lays the batch out as a sequence of 64 features, so `a` has to keep its 64."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = nn.Linear(64, 64), nn.Linear(64, 32), nn.Linear(32, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.b(torch.relu(self.a(x)).view(1, -1, 64))))


class ReadOn(nn.Module):
    """Answers with its embedding and with what it reads from it."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.embed, self.head = nn.Linear(6, 16), nn.Linear(16, 12), nn.Linear(12, 4)

    def forward(self, x: Tensor) -> dict[str, Any]:
        embedding = self.embed(torch.relu(self.a(x)))
        return {"scores": self.head(torch.relu(embedding)), "more": [{"embedding": embedding}]}


@dataclass
class Output:
    """An answer as transformers' models give theirs."""

    scores: Tensor
    hidden: tuple[Tensor, ...]


class AsDataclass(ReadOn):
    """The same, in a dataclass."""

    def forward(self, x: Tensor) -> Output:  # type: ignore[override]  # that is what it is about
        embedding = self.embed(torch.relu(self.a(x)))
        return Output(self.head(torch.relu(embedding)), (embedding,))


class Experts(nn.Module):
    """Whether the second expert runs depends on the input."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.stem, self.head = nn.Linear(6, 16), nn.Linear(width, 3)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(16, 20), nn.ReLU(), nn.Linear(20, width)) for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.experts[int(x.sum() > 1e6)](torch.relu(self.stem(x))))


class Chance(nn.Module):
    """Python's own random numbers choose one of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.a = nn.Linear(6, 20), nn.Linear(20, 16)
        self.b, self.c, self.head = nn.Linear(16, 12), nn.Linear(16, 12), nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.relu(self.a(torch.relu(self.first(x))))
        return self.head(torch.relu((self.b if random.random() < 0.5 else self.c)(hidden)))


class Auxiliary(nn.Module):
    """A second head that only training uses."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 16, 1), nn.Conv2d(16, 16, 1), nn.Conv2d(16, 12, 1)
        self.bn, self.head, self.aux = nn.BatchNorm2d(16), nn.Conv2d(12, 3, 1), nn.Conv2d(16, 3, 1)

    def forward(self, x: Tensor) -> Any:
        features = torch.relu(self.b(torch.relu(self.bn(self.a(x)))))
        scores = self.head(torch.relu(self.c(features))).mean((2, 3))
        return (scores, self.aux(features).mean((2, 3))) if self.training else scores


class LayerScale(nn.Module):
    """One number a channel, as in ConvNeXt: next to nothing at first."""

    def __init__(self, channels: int, value: float = 1e-6) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.full((channels,), value))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma.view(-1, 1, 1)


class Tied(nn.Module):
    """Embedding and head share one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(20, 16), nn.Linear(16, 20, bias=False)
        self.up, self.down = nn.Linear(16, 32), nn.Linear(32, 16)
        self.head.weight = self.embed.weight

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids)
        return self.head(x + self.down(torch.relu(self.up(x))))


class ZeroAtFirst(nn.Module):
    """A residual branch that is closed by a norm whose scales are zero, and coupled wrongly inside."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.one, self.two = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)
        self.bn, self.head = nn.BatchNorm2d(8), nn.Conv2d(8, 4, 1)
        nn.init.zeros_(self.bn.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.head(
            x + self.bn(self.two(Turned.apply(torch.relu(self.one(x))) * torch.relu(self.one(x))))
        )


class TwoInputs(nn.Module):
    """An image and a vector."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc, self.head = nn.Conv2d(3, 8, 1), nn.Linear(5, 8), nn.Linear(8, 4)

    def forward(self, image: Tensor, vector: Tensor) -> Tensor:
        return self.head(torch.relu(self.conv(image)).mean((2, 3)) + torch.relu(self.fc(vector)))


class Cached(nn.Module):
    """Keeps a result of its last calculation, which torch refuses to copy."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = nn.Linear(6, 16), nn.Linear(16, 12), nn.Linear(12, 3)
        self.kept = self.head.bias * 2

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.b(torch.relu(self.a(x))))) + self.kept.detach()


def chain(dtype: torch.dtype = torch.float32) -> nn.Sequential:
    """Two convolutions, a norm between them, and a head."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Conv2d(8, 4, 1)
    ).to(dtype)


def normed(groups: int, conv_groups: int) -> nn.Sequential:
    """24 channels in so many norm groups, read in so many conv groups."""
    return nn.Sequential(
        nn.Conv2d(3, 24, 1),
        nn.GroupNorm(groups, 24),
        nn.Conv2d(24, 24, 1, groups=conv_groups),
        nn.ReLU(),
        nn.Conv2d(24, 4, 1),
    )


def scaled() -> nn.Sequential:
    """A layer scale behind a convolution."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), LayerScale(16), nn.ReLU(), nn.Conv2d(16, 8, 3), nn.Conv2d(8, 4, 1)
    )


def calculated(how: Any) -> nn.Sequential:
    """A chain whose first layer's weight is worked out of others."""
    module = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Conv2d(8, 4, 1))
    how(module[0])
    return module


class OwnNorm(nn.Module):
    """Norms as people write them: by the root of the mean square, by mean and variance, by response (ConvNeXt V2)."""

    def __init__(self, channels: int, kind: str) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.rand(channels)), nn.Parameter(torch.rand(channels))
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        x = x.movedim(1, -1)
        if self.kind == "rms":
            x = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)
        elif self.kind == "layer":
            centred = x - x.mean(-1, keepdim=True)
            x = centred / torch.sqrt(centred.pow(2).mean(dim=-1, keepdim=True) + 1e-6)
        elif self.kind == "function":
            return functional.layer_norm(x, self.weight.shape, self.weight, self.bias).movedim(-1, 1)
        else:
            response = x.norm(dim=(1, 2), keepdim=True)
            x = x * (response / (response.mean(dim=-1, keepdim=True) + 1e-6))
        return (x * self.weight + self.bias).movedim(-1, 1)


def own_normed(kind: str) -> nn.Sequential:
    """Such a norm between two convolutions."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3), OwnNorm(16, kind), nn.ReLU(), nn.Conv2d(16, 8, 1), nn.Conv2d(8, 4, 1)
    )
