"""Networks of some lines in which channels cannot be followed everywhere: what may go in each is known by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Tagger(nn.Module):
    """A recurrent layer behind two convolutions."""

    def __init__(self, kind: Callable[..., nn.RNNBase] = nn.LSTM) -> None:
        super().__init__()
        self.a, self.b = nn.Conv1d(6, 16, 3, padding=1), nn.Conv1d(16, 12, 3, padding=1)
        self.memory = kind(12, 10, batch_first=True, bidirectional=True)
        self.up, self.head = nn.Linear(20, 8), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        features = torch.relu(self.b(torch.relu(self.a(x)))).transpose(1, 2)
        return self.head(torch.relu(self.up(self.memory(features)[0])))


class Translator(nn.Module):
    """torch's own encoder and decoder, which compare what they are given with a width that they store."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.head = nn.Linear(6, 8), nn.Linear(8, 4)
        self.both = nn.Transformer(8, 2, 1, 1, 10, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.a(x)
        return self.head(self.both(tokens, tokens))


class Step(nn.Module):
    """A recurrent cell, called once for each step."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.cell = nn.Linear(6, 16), nn.GRUCell(16, 12)
        self.up, self.head = nn.Linear(12, 8), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        state = torch.zeros(len(x), 12)
        for step in torch.relu(self.a(x)).unbind(1):
            state = self.cell(step, state)
        return self.head(torch.relu(self.up(state)))


class Attending(nn.Module):
    """torch's attention, in whatever variant."""

    def __init__(self, **variant: Any) -> None:
        super().__init__()
        self.a, self.keys = nn.Linear(6, 16), nn.Linear(6, variant.get("kdim", 16))
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True, **variant)
        self.up, self.head = nn.Linear(16, 8), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        keys = self.keys(x)
        return self.head(torch.relu(self.up(self.attention(self.a(x), keys, keys, need_weights=False)[0])))


class Between(nn.Module):
    """A convolution, something odd, and three more: the odd thing keeps its neighbours, the rest may go."""

    def __init__(self, width: int = 8, read: int = 8) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, width, 1), nn.Conv2d(read, 12, 1)
        self.c, self.head = nn.Conv2d(12, 6, 1), nn.Conv2d(6, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.c(torch.relu(self.b(self.odd(self.a(x)))))))

    def odd(self, x: Tensor) -> Tensor:
        """What channels cannot be followed through."""
        raise NotImplementedError


class FrozenNorm(Between):
    """A norm whose numbers are buffers, as torchvision's FrozenBatchNorm2d."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Buffer(torch.rand(8) + 0.5)

    def odd(self, x: Tensor) -> Tensor:
        return x * self.scale.view(1, -1, 1, 1)


class AddedTable(Between):
    """A table of constants is added, which autograd says nothing of."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Buffer(torch.randn(1, 8, 4, 4))

    def odd(self, x: Tensor) -> Tensor:
        return x + self.table


class ViewedParameter(Between):
    """A parameter that is reshaped before it is added."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(8, 16))

    def odd(self, x: Tensor) -> Tensor:
        return x + self.table.view(1, 8, 4, 4)


class Rolled(Between):
    """Channel k becomes channel k + 1; along another axis, each stays what it is."""

    def __init__(self, along: int = 1) -> None:
        super().__init__()
        self.along = along

    def odd(self, x: Tensor) -> Tensor:
        return x.roll(1, self.along)


class SoftChannels(Between):
    """A softmax over the channels."""

    def odd(self, x: Tensor) -> Tensor:
        return x.softmax(1)


class Scaled(Between):
    """One value of all channels scales them: mostly a zero, whichever channels are silent."""

    def __init__(self, value: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.value = value

    def odd(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        return x * (1 + self.value(x))


class Spread(Between):
    """Some hardly noticed share of what a function of all channels, put on the axis of pixels, gives out."""

    def __init__(self, spread: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.spread = spread

    def odd(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).mT
        return x + 1e-4 * self.spread(tokens).mT.reshape(x.shape)


class Unanimous(Between):
    """Channels pass where all of them are positive, which nobody's gradient shows; of many hardly ever all are."""

    def __init__(self) -> None:
        super().__init__(32, 32)

    def odd(self, x: Tensor) -> Tensor:
        return x + x * (x > 0).all(1, keepdim=True)


class Shuffled(Between):
    """A channel shuffle, as in ShuffleNet."""

    def odd(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        return x.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(x.shape)


class OneHalfGates(Between):
    """A gated linear unit."""

    def odd(self, x: Tensor) -> Tensor:
        return functional.glu(x, 1)


class Ghost(Between):
    """Channels beside what a depthwise convolution makes of each, as in GhostNet."""

    def __init__(self, read: int) -> None:
        super().__init__(read=read)
        self.each = nn.Conv2d(8, 8, 3, padding=1, groups=8)

    def odd(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        return torch.cat([x, torch.relu(self.each(x))], 1)


class Diffused(Between):
    """Every pixel takes in its neighbours, as nodes do in a graph."""

    adjacency: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("adjacency", torch.rand(16, 16))

    def odd(self, x: Tensor) -> Tensor:
        return (self.adjacency @ x.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(x.shape)


class Likened(Between):
    """Takes the shape of what another layer gave out, which holds while both are as wide."""

    def __init__(self, width: int = 8, narrow: int = 6) -> None:
        super().__init__(width, width)
        self.narrow, self.wide = nn.Conv2d(width, narrow, 1), nn.Conv2d(narrow, width, 1)

    def odd(self, x: Tensor) -> Tensor:
        return self.wide(torch.relu(self.narrow(x))).view(x.shape)


class PixelShuffled(Between):
    """Channels become pixels."""

    def odd(self, x: Tensor) -> Tensor:
        return functional.pixel_shuffle(x, 2)


class PixelUnshuffled(Between):
    """Pixels become channels."""

    def odd(self, x: Tensor) -> Tensor:
        return functional.pixel_unshuffle(x, 2)


class DepthToSpace(Between):
    """A pixel shuffle written by hand."""

    def odd(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        pixels = x.view(batch, channels // 4, 2, 2, height, width).permute(0, 1, 4, 2, 5, 3)
        return pixels.reshape(batch, channels // 4, height * 2, width * 2)


class Blurred(Between):
    """A fixed filter for each channel, as many as there are."""

    def odd(self, x: Tensor) -> Tensor:
        blur = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).expand(x.shape[1], 1, 2, 2)
        return functional.conv2d(x, blur, groups=x.shape[1])


class Warped(Between):
    """Two channels say where the others are read."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = nn.Conv2d(8, 2, 1)

    def odd(self, x: Tensor) -> Tensor:
        return functional.grid_sample(x, torch.tanh(self.flow(x)).permute(0, 2, 3, 1), align_corners=True)


class Pooled(nn.Module):
    """Maps of attention pool features: what is handed on are features of each map.

    Args:
        maps: how many.
    """

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.a, self.maps = nn.Conv2d(3, 8, 1), nn.Conv2d(8, maps, 1)
        self.b, self.head = nn.Linear(8, 12), nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        features = self.a(x)
        pooled = self.maps(features).flatten(2).softmax(-1) @ features.flatten(2).transpose(1, 2)
        return self.head(torch.relu(self.b(pooled)))


class LeftOver(Between):
    """A residual block of which only the skipped part is read at the end, as in WaveNet."""

    def __init__(self) -> None:
        super().__init__()
        self.skip, self.rest = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)

    def odd(self, x: Tensor) -> Tensor:
        hidden = torch.tanh(x)
        self.rest(hidden) + x  # what the next block would read
        return self.skip(hidden)


class Nearest(nn.Module):
    """Neighbours that are nearest by their features, as in graphs of points: no answer holds the distances."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = nn.Linear(6, 8), nn.Linear(8, 12), nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        features = self.a(x)
        nearest = (features @ features.transpose(1, 2)).topk(2).indices
        return self.head(torch.relu(self.b(features[:, nearest[0, :, 1]])))


class Labelled(nn.Module):
    """Labels beside scores: what they are told by is no answer itself, but their numbers are."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.parts, self.b = nn.Linear(6, 8), nn.Linear(8, 5), nn.Linear(8, 12)
        self.head = nn.Linear(12, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = torch.relu(self.a(x))
        return self.head(torch.relu(self.b(features))), torch.sigmoid(self.parts(features)).argmax(-1)


class Remembering(Between):
    """What it remembers is read by the next call."""

    def __init__(self) -> None:
        super().__init__()
        self.keep = nn.Sequential(nn.Conv2d(8, 6, 1), nn.ReLU(), nn.Conv2d(6, 8, 1))
        self.state = torch.zeros(1)

    def odd(self, x: Tensor) -> Tensor:
        hidden, self.state = torch.tanh(x + self.state), torch.relu(self.keep(x))
        return hidden


class TwiceNamed(Between):
    """A layer that is an attribute, and part of a sequence that runs, as in temporal convolutional networks."""

    def __init__(self) -> None:
        super().__init__()
        self.sequence = nn.Sequential(self.b, nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.c(self.sequence(torch.relu(self.a(x)))))


class Picked(Between):
    """Channels in another order."""

    def odd(self, x: Tensor) -> Tensor:
        return x[:, torch.arange(8).flip(0)]


class Written(Between):
    """Half of the channels are written over."""

    def odd(self, x: Tensor) -> Tensor:
        x = x.clone()
        x[:, :4] = 2 * x[:, 4:]
        return x


class Unfolded(Between):
    """A product of matrices with a parameter that no layer holds."""

    def __init__(self) -> None:
        super().__init__(read=10)
        self.weight = nn.Parameter(torch.randn(8, 10))

    def odd(self, x: Tensor) -> Tensor:
        return (x.movedim(1, -1) @ self.weight).movedim(-1, 1)


class Filtered(Between):
    """A convolution written as a function."""

    def __init__(self) -> None:
        super().__init__(read=10)
        self.weight = nn.Parameter(torch.randn(10, 8, 1, 1))

    def odd(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.weight)


class Similar(Between):
    """Attention among pixels written by hand, with one head."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Conv2d(8, 4, 1), nn.Conv2d(8, 4, 1)

    def odd(self, x: Tensor) -> Tensor:
        query, key = self.query(x).flatten(2), self.key(x).flatten(2)
        scores = torch.bmm(query.transpose(1, 2), key).softmax(-1)
        return x + torch.bmm(x.flatten(2), scores).view(x.shape)


class Adapted(nn.Linear):
    """A linear layer with a correction of low rank, as LoRA adds it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.down, self.up = nn.Parameter(torch.randn(2, inputs)), nn.Parameter(torch.randn(outputs, 2))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + x @ self.down.T @ self.up.T


class Unread(Between):
    """A part that runs without autograd, so that nobody sees what it reads."""

    def odd(self, x: Tensor) -> Tensor:
        return x.detach()


class Clamp(nn.Module):
    """Writes into its own weight at every run, which autograd forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale.clamp_(0, 1)


class Unrecorded(Between):
    """A part that cannot run while autograd records it."""

    def __init__(self) -> None:
        super().__init__()
        self.clamp = Clamp()

    def odd(self, x: Tensor) -> Tensor:
        return self.clamp(x)


class Inferred(Between):
    """A part that runs in inference mode: what comes out of it can never be recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Conv2d(8, 8, 1)

    def odd(self, x: Tensor) -> Tensor:
        with torch.inference_mode():
            return self.inner(x)


class Scripted(Between):
    """A part that torch has compiled, which takes no hooks."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.jit.script(nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU()))

    def odd(self, x: Tensor) -> Tensor:
        return self.inner(x)


class Reordered(Between):
    """Slices at fixed places, put together in another order: right by chance where so many go that few are empty."""

    def odd(self, x: Tensor) -> Tensor:
        return torch.cat([x[:, :3], x[:, 5:], x[:, 3:5]], 1)


class RootMeanSquare(Between):
    """torch's own RMSNorm, which stores the shape that it norms over."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(8)

    def odd(self, x: Tensor) -> Tensor:
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


class Shaped(nn.Module):
    """A scale that stores the shape it has beside images, as in timm's MetaFormers."""

    def __init__(self) -> None:
        super().__init__()
        self.shape, self.scale = (8, 1, 1), nn.Parameter(torch.rand(8) + 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale.view(self.shape)


class StoredShape(Between):
    """Such a scale."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = Shaped()

    def odd(self, x: Tensor) -> Tensor:
        return self.scale(x)


class Chooser(nn.Module):
    """Answers with the class that it takes for the likeliest, as segmenters do: autograd ends before it."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 16, 1), nn.Conv2d(16, 12, 1)
        self.head = nn.Conv2d(12, 4, 1, bias=False)  # or one class may win everywhere

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.tanh(self.b(torch.tanh(self.a(x))))).argmax(1)


class Crossing(nn.Module):
    """torch's attention with tokens first, whose queries are fewer than its keys."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.attention = nn.Linear(6, 16), nn.MultiheadAttention(16, 4)
        self.up, self.head = nn.Linear(16, 8), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        keys = self.a(x).transpose(0, 1)
        return self.head(torch.relu(self.up(self.attention(keys[:2], keys, keys)[0]))).transpose(0, 1)


class Mixer(nn.Module):
    """Layers that read along tokens beside layers that read along channels."""

    def __init__(self) -> None:
        super().__init__()
        self.patch, self.norm = nn.Conv2d(3, 12, 2, 2), nn.LayerNorm(12)
        self.tokens = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, 4))
        self.channels = nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Linear(20, 12))
        self.head = nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = x + self.tokens(self.norm(x).transpose(1, 2)).transpose(1, 2)
        return self.head((x + self.channels(x)).mean(1))


class OwnAttention(nn.Module):
    """Attention of a class that no adapter knows."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.qkv, self.proj = nn.Linear(6, 12), nn.Linear(12, 36), nn.Linear(12, 12)
        self.mlp, self.head = nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.Linear(20, 12)), nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        query, key, value = self.qkv(x).unflatten(-1, (3, 3, 4)).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.proj(attended.transpose(1, 2).flatten(2))
        return self.head((x + self.mlp(x)).mean(1))


class Generator(nn.Module):
    """Features become an image, which transposed convolutions make larger.

    Args:
        channels: that its code gives the image; -1: as many as there are.
    """

    def __init__(self, channels: int = 16) -> None:
        super().__init__()
        self.channels = channels
        self.a, self.b = nn.Linear(6, 10), nn.Linear(10, 16 * 4)
        self.c, self.d = nn.ConvTranspose2d(16, 12, 2, 2), nn.ConvTranspose2d(12, 8, 2, 2, groups=2)
        self.e, self.head = nn.Conv2d(8, 6, 1), nn.Conv2d(6, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        image = self.b(torch.relu(self.a(x))).view(len(x), self.channels, 2, 2)
        return self.head(torch.relu(self.e(torch.relu(self.d(torch.relu(self.c(image)))))))


class Halves(nn.Module):
    """The second half of the channels goes through a bottleneck, as in YOLO's C2f; all parts are put side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.inner = nn.Conv2d(3, 16, 1), nn.Conv2d(8, 8, 3, padding=1)
        self.b, self.head = nn.Conv2d(24, 12, 1), nn.Conv2d(12, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        parts = list(self.a(x).chunk(2, 1))
        parts.append(parts[-1] + torch.relu(self.inner(parts[-1])))
        return self.head(torch.relu(self.b(torch.cat(parts, 1))))


class Gated(nn.Module):
    """Half of the channels gates the other half."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.head = nn.Conv2d(3, 16, 1), nn.Conv2d(8, 12, 1), nn.Conv2d(12, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        features, gates = self.a(x).chunk(2, 1)
        return self.head(torch.relu(self.b(features * torch.sigmoid(gates))))


class InputBeside(nn.Module):
    """The network's own input is added in one place and put beside features in another; a norm comes before all."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.each = nn.BatchNorm2d(3), nn.Conv2d(3, 3, 1, groups=3)
        self.a, self.b = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 3, 1)
        self.c, self.head = nn.Conv2d(14, 10, 1), nn.Conv2d(10, 4, 1)
        self.d = nn.Conv2d(3, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        features = x + self.b(torch.relu(self.a(self.each(self.norm(x)))))
        return self.head(torch.relu(self.c(torch.cat([x, features, self.d(features)], 1))))


class OneGate(nn.Module):
    """A gate of one channel for all, as in spatial attention."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.gate = nn.Conv2d(3, 8, 1), nn.Conv2d(3, 1, 1)
        self.b, self.head = nn.Conv2d(8, 12, 1), nn.Conv2d(12, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.b(self.a(x) * torch.sigmoid(self.gate(x)))))


class LastFlatten(nn.Module):
    """A flatten with the channels last, the batch included."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, 8, 1), nn.Linear(8 * 16, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.conv(x)).permute(0, 2, 3, 1).flatten())


class Conv1D(nn.Module):
    """transformers' own linear layer: its weight is ``[in, out]``."""

    def __init__(self, nf: int, nx: int) -> None:
        super().__init__()
        self.nf, self.nx = nf, nx
        self.weight, self.bias = nn.Parameter(torch.randn(nx, nf)), nn.Parameter(torch.zeros(nf))

    def forward(self, x: Tensor) -> Tensor:
        flat = torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight)
        return flat.view(*x.shape[:-1], self.nf)


def turned() -> nn.Sequential:
    """Three of them in a row."""
    return nn.Sequential(Conv1D(16, 6), nn.ReLU(), Conv1D(12, 16), nn.ReLU(), Conv1D(4, 12))


def adapted() -> nn.Sequential:
    """A corrected linear layer among usual ones."""
    return nn.Sequential(
        nn.Linear(6, 16),
        nn.ReLU(),
        Adapted(16, 12),
        nn.ReLU(),
        nn.Linear(12, 10),
        nn.ReLU(),
        nn.Linear(10, 4),
    )
