"""`prune.py` and `load.py` as text: the library's script and the rebuilding, with the dense network before them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from explorer.anatomy import rebuild
from explorer.backends import Backend
from explorer.backends.scripts import Script
from explorer.bundles.dense import DENSE, DENSE_STRUCTURE, Dense
from explorer.sources.digits import digits

HANDED_OVER = "Return your own network here, of the class that was pruned{}, or hand it over: {}(network)."
DIGITS = """\
digits = load_digits()
train, _ = train_test_split(range(len(digits.target)), test_size=0.25, random_state=0, stratify=digits.target)
images = torch.from_numpy(digits.images).float().unsqueeze(1)[train]
TRAIN_X, TRAIN_Y = (images - images.mean()) / images.std(), torch.from_numpy(digits.target).long()[train]
"""
BRING = """\
raise SystemExit(
    "Put your training data here, in place of these lines: TRAIN_X holds inputs as floats{}, "
    "ready for the network, and TRAIN_Y the number of each one's class."
)
"""
MAIN = """

if __name__ == "__main__":
    net = pruned(dense()).eval()
    left = sum(int(parameter.count_nonzero()) for parameter in net.parameters())
    print(f"{sum(parameter.numel() for parameter in net.parameters()):,} parameters, {left:,} of them not zero")
    held = {name: tensor.detach().clone().contiguous() for name, tensor in net.state_dict().items()}
    save_file(held, FOLDER / "pruned.safetensors")
"""
LOAD = '''

def load(dense: nn.Module | None = None) -> nn.Module:
    """The pruned network, in eval mode.

    Args:
        dense: a network of the class that was pruned, with any weights; it is changed in place. None: a new one.
    """
    return rebuild(dense_network() if dense is None else dense, Path(__file__).resolve().parent)


if __name__ == "__main__":
    net = load()
    print(f"{sum(parameter.numel() for parameter in net.parameters()):,} parameters")
'''


def prune_script(known: Backend, dense: Dense, script: Script) -> str:
    """The whole of `prune.py`."""
    return "\n".join(_prune_lines(known, dense, script))


def _prune_lines(known: Backend, dense: Dense, script: Script) -> Iterator[str]:
    yield f'"""Prunes {dense.net.name} with {known.library}: {script.told}. Needs no explorer."""'
    yield ""
    yield from [script.before, ""] if script.before else []
    yield from ["import json"] if "json." in script.body or dense.start is not None else []
    yield "import sys\nfrom pathlib import Path\n"
    yield "import torch"
    yield f"from safetensors.torch import {_of_safetensors(dense)}"
    on_digits = script.trains and dense.net.data is digits()
    if on_digits:
        yield "from sklearn.datasets import load_digits"
        yield "from sklearn.model_selection import train_test_split"
    yield "from torch import nn"
    yield script.imports
    yield from _own_imports(dense)
    yield ""
    if script.trains:
        yield DIGITS if on_digits else _bring(dense)
    yield "\ndef dense():"
    yield '    """The network as it was."""'
    yield from _built(dense)
    yield "\n"
    yield script.body.rstrip()
    yield MAIN


def _bring(dense: Dense) -> str:
    """Where the person's own data belongs: no file can carry it."""
    data = dense.net.data
    shape = f" of shape [N, {', '.join(map(str, data.train_x[:1].shape[1:]))}]" if data else ""
    return BRING.format(shape)


def _own_imports(dense: Dense) -> Iterator[str]:
    yield ""
    yield "FOLDER = Path(__file__).resolve().parent"
    if dense.start is not None:
        yield "sys.path.insert(0, str(FOLDER))"
        yield "from load import changed, dense_network"
        return
    if dense.code and dense.code.files:
        yield "sys.path.insert(0, str(FOLDER))"
    if dense.code:
        yield dense.code.imports


def _built(dense: Dense) -> Iterator[str]:
    if dense.start is not None:
        yield f'    numbers = json.loads((FOLDER / "{DENSE_STRUCTURE}").read_text(encoding="utf-8"))["modules"]'
        yield f'    held = load_file(FOLDER / "{DENSE}")'
        yield "    return changed(dense_network(), numbers, held)  # as the runs before this one left it"
        return
    if dense.code is None:
        told = HANDED_OVER.format(f", with the weights of {DENSE}", "pruned")
        yield f"    raise SystemExit({told!r})"
        return
    lines = dense.code.weights if dense.by_name else dense.code.build
    yield from (f"    {line}" for line in lines.splitlines())
    if not dense.by_name:
        yield f'    load_model(net, str(FOLDER / "{DENSE}"))'
    yield "    return net.eval()"


def _of_safetensors(dense: Dense) -> str:
    if dense.start is not None:
        return "load_file, save_file"
    return "save_file" if dense.by_name else "load_model, save_file"


def load_script(dense: Dense) -> str:
    """The whole of `load.py`."""
    return "\n".join(_load_lines(dense))


def _load_lines(dense: Dense) -> Iterator[str]:
    own, code = inspect.getsource(rebuild), dense.code
    docstring = f'"""Rebuilds {dense.net.name} as it was pruned: `load()`. Needs torch and safetensors."""'
    head, _, functions = own.partition('"""\n')[2].partition("\nWEIGHTS")
    yield docstring
    yield (head.rstrip().replace("import os\n", "import os\nimport sys\n"))
    if code and code.files:
        yield "\nsys.path.insert(0, str(Path(__file__).resolve().parent))"
    yield code.imports if code else ""
    yield f"\nWEIGHTS{functions.rstrip()}"
    yield "\n\ndef dense_network() -> nn.Module:"
    yield '    """A network of the class that was pruned; its weights do not matter."""'
    if code:
        yield from (f"    {line}" for line in code.build.splitlines())
        yield "    return net"
    else:
        yield f"    raise ValueError({HANDED_OVER.format('', 'load')!r})"
    yield LOAD


def files_of(dense: Dense) -> dict[str, bytes]:
    """Source that the scripts import."""
    return {name: text.encode() for name, text in (dense.code.files if dense.code else {}).items()}
