"""What torch puts around a network to run it faster or on several devices: taken off, for the network is pruned."""

from __future__ import annotations

from torch import nn

from explorer.anatomy.copies import sharing

_SPREAD = (nn.DataParallel, nn.parallel.DistributedDataParallel)
_COMPILED = "torch._dynamo.eval_frame"  # asked by name: to import it takes seconds


def bare(module: nn.Module) -> nn.Module:
    """The network without ``torch.compile``, ``DataParallel`` and ``DistributedDataParallel``.

    What is compiled skips the hooks by which channels are followed, and copies of it may run the original's code.

    Returns:
        The wrapped network itself; where parts of it are compiled a copy without, which shares its parameters.
    """
    while (inner := _inner(module, _SPREAD)) is not None:
        module = inner
    if all(layer._compiled_call_impl is None and not _is_compiled(layer) for layer in module.modules()):
        return module
    module = sharing(module)  # copies are not compiled in place
    for layer in list(module.modules()):
        for name, child in layer._modules.items():
            if child is not None and (inner := _inner(child)) is not None:
                layer._modules[name] = inner
    return module


def _inner(module: nn.Module, kinds: tuple[type[nn.Module], ...] = ()) -> nn.Module | None:
    """What a wrapper wraps; None for whatever is none."""
    name = "module" if isinstance(module, kinds) else "_orig_mod"
    return module._modules.get(name) if isinstance(module, kinds) or _is_compiled(module) else None


def _is_compiled(module: nn.Module) -> bool:
    return type(module).__module__ == _COMPILED
