"""The script in SparseML's own API that carries a recipe out: in one shot, or with the training loop that it needs."""

from __future__ import annotations

from explorer.backends.scripts import Script
from explorer.backends.sparseml.options import BATCH, steps_per_epoch
from explorer.backends.sparseml.planner import SparsePlanner
from explorer.backends.sparseml.schedule import total_steps
from explorer.values import RecipePlan, RunMode

BEFORE = """\
import os

os.environ["NM_DISABLE_ANALYTICS"] = "1"  # else SparseML reports its use to a server while it is imported"""
IMPORTS = "from sparseml.pytorch.optim import ScheduledModifierManager"
IMPORTS_TO_TRAIN = f"{IMPORTS}\nfrom torch.nn import functional"

ONE_SHOT = """

def pruned(net):
    manager = ScheduledModifierManager.from_yaml(RECIPE)
    manager.apply(net{sampler})
    return net"""

SAMPLER = '''

def batches(*_, **__):
    """Images that SparseML takes gradients from."""
    while True:
        for rows in torch.arange(len(TRAIN_X)).split(32):
            yield [TRAIN_X[rows]], {}, TRAIN_Y[rows]


SAMPLER = {"data_loader_builder": batches, "loss_function": functional.cross_entropy}'''

TRAINING = """

def pruned(net):
    manager = ScheduledModifierManager.from_yaml(RECIPE)
    plain = torch.optim.AdamW(net.parameters(), lr={rate!r})
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(plain, {total})
    # SparseML counts steps on the optimizer that it hands back: the original one would mask nothing.
    optimizer = manager.modify(net, plain, steps_per_epoch={steps}{sampler})
    order, taken = torch.Generator().manual_seed({seed}), 0
    while taken < {total}:
        for rows in torch.randperm(len(TRAIN_X), generator=order).split({batch}):
            if taken == {total}:
                break
            net.train()
            loss = functional.cross_entropy(net(TRAIN_X[rows]), TRAIN_Y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
            taken += 1
    manager.finalize(net)
    return net"""


def scripts(planner: SparsePlanner, plan: RecipePlan) -> tuple[Script, ...]:
    """The one script that there is of a plan: in one shot where the modifier can."""
    mode, options = plan.options.modifier.modes[-1], plan.options
    sampled = options.modifier.traits.gradients
    sampler = ", grad_sampler=SAMPLER" if sampled else ""
    recipe = _quoted(plan.recipe()) + (SAMPLER if sampled else "")
    if mode is RunMode.ONE_SHOT:
        body = ONE_SHOT.replace("{sampler}", sampler)
        imports = IMPORTS_TO_TRAIN if sampled else IMPORTS
        return (Script(imports, recipe + body, "SparseML masks in one shot", sampled, BEFORE),)
    steps = steps_per_epoch(planner.net)
    body = TRAINING.format(
        rate=options.learning_rate,
        total=total_steps(options, steps),
        steps=steps,
        sampler=sampler,
        seed=options.seed,
        batch=BATCH,
    )
    return (
        Script(IMPORTS_TO_TRAIN, recipe + body, "SparseML masks while the network is trained", True, BEFORE),
    )


def _quoted(recipe: str) -> str:
    """The recipe as a constant, readable where no name in it needs escapes."""
    plain = "\\" not in recipe and '"""' not in recipe
    return f'RECIPE = """\\\n{recipe}"""' if plain else f"RECIPE = {recipe!r}"
