"""The function that trains, as a plan says: optimizer, learning rate, weights, early stopping."""

from __future__ import annotations

from imgclf_gui import catalog
from imgclf_gui.core.entry import Schedule
from imgclf_gui.core.spec import TrainingSpec
from imgclf_gui.plan.code.augmentation import DATASET
from imgclf_gui.plan.code.calls import arguments
from imgclf_gui.plan.code.text import bracketed
from imgclf_gui.plan.plan import Plan

_WARMUP = '''\
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """A straight climb over the first `steps`, then what follows."""

    def __init__(self, steps, schedule):
        self.steps = steps
        self.schedule = schedule

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        climbing = LEARNING_RATE * (step + 1) / self.steps
        return keras.ops.where(step < self.steps, climbing, self.schedule(step - self.steps))'''

_WARMUP_TO_CONSTANT = '''\
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """A straight climb over the first `steps`."""

    def __init__(self, steps):
        self.steps = steps

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        return LEARNING_RATE * keras.ops.minimum(1.0, (step + 1) / self.steps)'''

_WEIGHTS = """\
    # Each class weighs the same in the loss, however many images it has.
    counts = np.bincount(labels, minlength=len(CLASSES))
    share = len(labels) / np.count_nonzero(counts)
    weights = {label: share / count for label, count in enumerate(counts) if count}"""


def training_code(plan: Plan) -> str:
    """`def train(network, images, epochs):`, behind what it needs.

    Raises:
        UserError: the plan names an entry that this installation lacks.
    """
    training = plan.training
    schedule = catalog.load(training.schedule, catalog.schedule_entries())
    lines = [
        "def train(network, images, epochs):",
        '    """Fit `network`, which then has the weights of its best epoch."""',
        '    pixels, labels = load(images["train"])',
        *_rate_lines(schedule, warmup=training.warmup_epochs > 0),
        "    network.compile(",
        *_optimizer_lines(training, scheduled=bool(schedule.code() or training.warmup_epochs)),
        "        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),",
        '        metrics=["accuracy"],',
        "    )",
        *([_WEIGHTS] if plan.data.class_weights else []),
        *([DATASET] if plan.augmentation else []),
        *_best_lines(plan),
        *_fit_lines(plan),
    ]
    function = "\n".join(lines)
    if not training.warmup_epochs:
        return function
    return f"{_WARMUP if schedule.code() else _WARMUP_TO_CONSTANT}\n\n\n{function}"


def _rate_lines(schedule: Schedule, *, warmup: bool) -> list[str]:
    """The learning rate of each step as `rate`, where it is not always the same."""
    code, lines = schedule.code(), []
    if code is None:
        lines.append(f"    # Keras has no schedule like '{schedule.title}': the rate stays.")
    if warmup:
        lines += [
            "    steps_per_epoch = math.ceil(len(labels) / BATCH_SIZE)",
            "    warmup = round(WARMUP_EPOCHS * steps_per_epoch)",
        ]
    if code:
        lines += [
            "    steps = max(1, epochs * steps_per_epoch - warmup)"
            if warmup
            else "    steps = epochs * math.ceil(len(labels) / BATCH_SIZE)",
            *bracketed(f"rate = keras.optimizers.schedules.{code[0]}(", code[1:], ")", 4),
        ]
    if warmup:
        lines.append(f"    rate = Warmup({'warmup, rate' if code else 'warmup'})")
    return lines


def _optimizer_lines(training: TrainingSpec, *, scheduled: bool) -> list[str]:
    optimizer = catalog.load(training.optimizer, catalog.optimizer_entries())
    name = type(optimizer).__name__
    settings = arguments(name, optimizer.model_dump())
    items = ("rate" if scheduled else "LEARNING_RATE", *settings)
    return bracketed(f"optimizer=keras.optimizers.{name}(", items, "),", 8)


def _best_lines(plan: Plan) -> list[str]:
    """Keeps the best epoch, and stops early where the plan says so."""
    patience = plan.training.early_stopping_patience or "epochs"
    measured = '"val_accuracy"' if plan.data.validation_images else '"accuracy"'
    items = (
        f"monitor={measured}",
        'mode="max"',
        f"patience={patience}",
        "restore_best_weights=True",
    )
    return bracketed("best = keras.callbacks.EarlyStopping(", items, ")", 4)


def _fit_lines(plan: Plan) -> list[str]:
    images = ["training"] if plan.augmentation else ["pixels", "labels", "batch_size=BATCH_SIZE"]
    items = [
        *images,
        "epochs=epochs",
        'validation_data=load(images["validation"])' if plan.data.validation_images else "",
        "class_weight=weights" if plan.data.class_weights else "",
        "callbacks=[best]",
        "shuffle=False" if plan.augmentation else "",
    ]
    return bracketed("network.fit(", [item for item in items if item], ")", 4)
