"""Train a small net on the digits of scikit-learn, on all devices that JAX finds: CPUs, GPUs or TPUs.

    python examples/train_on_jax.py [--iterations 200]

The step is NumPy's, written for JAX. Each batch is split over a mesh of all devices, and each
device has a copy of the parameters. On a machine without GPUs, this makes four devices of its CPU:

    XLA_FLAGS=--xla_force_host_platform_device_count=4 python examples/train_on_jax.py

On several machines, run it on each: with --coordinator ADDRESS:PORT of the first machine, the
number of machines as --hosts, and the number of this machine, from 0, as --host. Each machine needs
the same kind and number of devices.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph.train.options import Parser, whole

DATA = Path(__file__).resolve().parent / "data" / "digits.npz"
EXAMPLES = 240  # in each batch; the number of devices divides it


def digits(dtype: str) -> tuple[Any, Any]:
    """The images as columns, and the digits that they show."""
    with np.load(DATA) as file:
        return (file["X"] / 16).astype(dtype), file["digit"]


def compiled(dtype: str) -> tuple[Any, Any]:
    """A net, and its training step in NumPy."""
    mlp = tg.MLP([64, 32, 10], output="softmax", rng=0, dtype=dtype)
    optimizer = tg.optim.Adam(mlp.parameters, 0.01)
    return mlp, tg.compile(mlp.cost, optimizer=optimizer)


def train(iterations: int, dtype: str = "float32", rng: int = 0) -> tuple[Any, list[float]]:
    """Train the net on JAX; returns it and the cost of each step."""
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    mlp, step = compiled(dtype)
    X, Y = digits(dtype)
    on_jax = tg.to_jax(step, X[:, :EXAMPLES], Y[:EXAMPLES])

    mesh = Mesh(np.array(jax.devices()), ("devices",))
    copied = NamedSharding(mesh, PartitionSpec())
    split = [NamedSharding(mesh, PartitionSpec(*axes)) for axes in ((None, "devices"), ("devices",))]
    run = jax.jit(on_jax, in_shardings=(copied, copied, *split), out_shardings=copied, donate_argnums=(0, 1))
    parameters, state = jax.device_put((on_jax.parameters, on_jax.state), copied)

    ours = np.array_split(np.arange(EXAMPLES), jax.process_count())[jax.process_index()]  # this machine's examples
    costs = []
    batches = tg.batches(X, Y, batch_size=EXAMPLES, rng=rng, drop_last=True, epochs=iterations)
    for (x, y), _ in zip(batches, range(iterations), strict=False):
        batch = [
            jax.make_array_from_process_local_data(sharding, part)
            for sharding, part in zip(split, (x[:, ours], y[ours]), strict=True)
        ]
        parameters, state, cost = run(parameters, state, *batch)
        costs.append(cost)
        if jax.process_index() == 0 and len(costs) % 50 == 0:
            print(f"cost after iteration {len(costs)}: {float(cost):.6f}")
    for name, p in mlp.parameters.items():
        p.data = np.array(parameters[name])
    return mlp, [float(cost) for cost in costs]


def main(argv: list[str] | None = None) -> None:
    parser = Parser("train_on_jax.py", description="Train a small net on handwritten digits, on all devices of JAX.")
    parser.add_argument("--iterations", type=whole(1), default=200, metavar="N", help="default: 200")
    parser.add_argument("--coordinator", metavar="ADDRESS:PORT", help="of the first of several machines")
    parser.add_argument("--hosts", type=whole(1), default=1, metavar="N", help="the number of machines")
    parser.add_argument("--host", type=whole(0), default=0, metavar="K", help="the number of this machine, from 0")
    options = parser.parse_args(argv)
    try:
        import jax
    except ImportError:
        parser.error('it needs JAX: pip install ".[jax]"')
    if options.coordinator:
        jax.distributed.initialize(options.coordinator, options.hosts, options.host)
    mlp, _ = train(options.iterations)
    X, digit = digits("float32")
    print(f"accuracy on {jax.device_count()} devices: {100 * np.mean(mlp.predict(X) == digit):.1f}%")


if __name__ == "__main__":
    main()
