"""Mini-batches: examples in a new order in each epoch, from a place that can be saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..arrays import Array, as_array, owner
from ..files import short
from ..frames import guarded
from ..modes import refuse_traced
from ..optim import check_state
from ..options import whole
from .mlp import checked_rng

if TYPE_CHECKING:
    from ..ops.signatures import Seed

FORMAT = 1  # of the order that a seed gives
BLOCKS = 16  # of a file's neighbouring examples, over which a stretch of an epoch is shuffled


class batches:  # noqa: N801 (a loop reads it as a function, like zip)
    """Iterate over examples in batches: tuples with one array for each of `arrays`.

    arrays: X, Y, weights, ..., with the same number of examples. They must stay unchanged, because
    some are copied now and others read later. A memory map, or a dataset such as h5py's, is read in
    pieces and never whole.
    examples: the axis that counts the examples, "columns" for the last or "rows" for the first. A
    batch of a 2-D array has one example a column in either case, a batch of a 1-D array is 1-D, and
    arrays of more axes keep their layout.
    shuffle: draw a new order for each epoch. For files, blocks of neighbouring examples are drawn,
    and examples are shuffled over 16 blocks at a time: up to 16 batches, or an eighth of the file.
    rng: None, a seed or a NumPy Generator, from which one seed is drawn now.
    epochs: the number of epochs in one `for`; the next `for` goes on with the following one. It
    continues a `for` that was left early. Two at once share the batches, as two loops over one
    open file share its lines. len() is the number of batches in one `for`.
    drop_last: leave out an epoch's last batch if it is smaller than batch_size.
    rank, ranks: of several processes, the number of this one, from 0, and how many there are. Each
    gets its own contiguous part of the same batches, of batch_size // ranks examples or one more; a
    smaller last batch may leave it none. All need the same arrays and the same seed.

    Raises ValueError for unequal numbers of examples, a batch_size or epochs below 1, no array, or
    several ranks without a seed.

    >>> import numpy as np, tinygraph as tg
    >>> X, Y = np.arange(10.0).reshape(2, 5), np.array([[0, 1, 0, 1, 1]])
    >>> for x, y in tg.batches(X, Y, batch_size=2, rng=0):
    ...     print(x.shape, y.shape)
    (2, 2) (1, 2)
    (2, 2) (1, 2)
    (2, 1) (1, 1)
    """

    @guarded
    def __init__(
        self,
        *arrays: Any,
        batch_size: int,
        examples: Literal["columns", "rows"] = "columns",
        shuffle: bool = True,
        rng: Seed = None,
        epochs: int = 1,
        drop_last: bool = False,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        if not arrays:
            raise ValueError("batches takes at least one array, got none")
        if examples not in ("columns", "rows"):
            raise ValueError(f"batches(examples=...) takes 'columns' or 'rows', got {examples!r}")
        if not all(isinstance(flag, (bool, np.bool_)) for flag in (shuffle, drop_last)):
            raise TypeError(f"shuffle and drop_last are True or False, got {shuffle!r} and {drop_last!r}")
        wanted, self._epochs = whole("batches(batch_size=...)", batch_size), whole("batches(epochs=...)", epochs)
        self._ranks, self._rank = whole("batches(ranks=...)", ranks), whole("batches(rank=...)", rank, 0)
        if self._rank >= self._ranks:
            raise ValueError(f"ranks count from 0: with ranks={ranks}, rank is at most {ranks - 1}, got {rank}")
        if ranks > 1 and shuffle and rng is None:
            raise ValueError(f"each of {ranks} ranks would draw an order of its own: give all the same seed, as rng=0")
        self._arrays = [x if _is_dataset(x) else as_array(x, "batches") for x in arrays]
        self._axis = -1 if examples == "columns" else 0
        self._m = m = self._count_examples()
        self._size = size = min(wanted, m + 1)  # an integer that a state can hold
        self._shuffle, self._drop_last = bool(shuffle), bool(drop_last)
        self._per_epoch = m // size if drop_last else -(-m // size)
        self._in_files = any(_is_dataset(x) or isinstance(owner(x), np.memmap) for x in self._arrays)
        # One stretch of an epoch is in memory at a time; of arrays, it is the whole epoch.
        self._stretch = size * max(1, min(BLOCKS, m // (8 * size))) if self._in_files else m
        self._block = max(1, self._stretch // BLOCKS) if self._in_files else self._stretch
        # Contiguous rows, because taking columns is slow. Of files, no rows: only the dtype.
        rows = [np.ascontiguousarray(self._rows(x, 0, 0 if self._in_files else m)) for x in self._arrays]
        self._axes = [(*range(1, x.ndim), 0) if x.ndim == 2 or self._axis else (*range(x.ndim),) for x in rows]
        self._arrays = self._arrays if self._in_files else rows
        seed = int.from_bytes(checked_rng(rng, "batches").bytes(8), "little")
        self._position = (seed, 0, 0)  # and the epoch and batch that come next; one tuple: all or nothing

    def _count_examples(self) -> int:
        shapes: list[tuple[int, ...]] = [tuple(x.shape or ()) for x in self._arrays]
        counts = {shape[self._axis] if shape else -1 for shape in shapes}
        if len(counts) > 1 or -1 in counts:
            axis, hint = ("last", "; for the first axis, write examples='rows'") if self._axis else ("first", "")
            raise ValueError(
                f"batches takes arrays with the same number of examples along the {axis} axis, "
                f"got shapes {', '.join(map(str, shapes))}{hint}"
            )
        return counts.pop()

    def _rows(self, x: Any, start: int, stop: int) -> Array:
        """Examples start, ..., stop - 1 of an array or dataset, as rows."""
        part = x[..., start:stop] if self._axis else x[start:stop]
        return np.moveaxis(as_array(part, "batches"), self._axis, 0)

    def __len__(self) -> int:
        return self._per_epoch * self._epochs

    def __iter__(self) -> Iterator[tuple[Array, ...]]:
        refuse_traced("iterating over tg.batches")
        end = (self._position[1] // self._epochs + 1) * self._epochs
        held: Any = None
        rows: Any
        while (position := self._position)[1] < end:
            seed, epoch, k = position
            if k == self._per_epoch:
                self._position = (seed, epoch + 1, 0)
                continue
            number, first = divmod(k * self._size, self._stretch)
            if held != (seed, epoch, number):
                held, rows = (seed, epoch, number), None  # free a stretch before reading the next
                order, rows = self._read(self._order(*held))
            places = order[first : first + self._size]
            start, stop = (len(places) * rank // self._ranks for rank in (self._rank, self._rank + 1))
            chosen = places[start:stop]
            batch = tuple([x.take(chosen, 0).transpose(axes) for x, axes in zip(rows, self._axes, strict=True)])
            self._position = (seed, epoch, k + 1)
            yield batch

    def _order(self, seed: int, epoch: int, number: int) -> Array:
        """The examples of one stretch of an epoch, in the order in which they are handed out."""
        m, size = self._m, self._block
        places = np.arange(number * self._stretch, min((number + 1) * self._stretch, m))
        if not self._shuffle:
            return places
        random = np.random.default_rng([seed, epoch])
        blocks = np.append(random.permutation(m // size), m // size)  # a smaller last block stays last,
        start = random.integers(m)  # but starts at another example in each epoch
        chosen = (blocks[places // size] * size + places % size + start) % m
        return np.random.default_rng([seed, epoch, number + 1]).permutation(chosen)

    def _read(self, order: Array) -> tuple[Array, list[Array]]:
        """The places of these examples in arrays of rows, and those arrays."""
        if not self._in_files:
            return order, self._arrays
        increasing = np.sort(order)
        runs = np.split(increasing, np.flatnonzero(np.diff(increasing) > 1) + 1)
        ends = [(int(run[0]), int(run[-1]) + 1) for run in runs]
        # contiguous too: without it, an epoch of columns takes eight times as long
        rows = [np.ascontiguousarray(np.concatenate([self._rows(x, *pair) for pair in ends])) for x in self._arrays]
        return np.searchsorted(increasing, order), rows

    def state_dict(self) -> dict[str, Any]:
        """The seed and the next batch's place; `np.savez(file, **state)` saves it without pickle.

        >>> import numpy as np, tinygraph as tg
        >>> batches = tg.batches(np.ones((2, 5)), batch_size=2)
        >>> for (x,) in batches:
        ...     state = batches.state_dict()
        >>> state["epoch"], state["batch"]
        (0, 3)
        """
        seed, epoch, batch = self._position
        fixed = {"format": FORMAT, "examples": self._m, "batch_size": self._size, "block": self._block}
        flags = {"shuffle": int(self._shuffle), "drop_last": int(self._drop_last)}
        return {**fixed, **flags, "seed": np.uint64(seed), "epoch": epoch, "batch": batch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue with the batch that was the next one when `state_dict()` gave `state`.

        Its bits are the same if the arrays are. The number of epochs may differ. Raises ValueError
        if the state does not fit otherwise; then nothing changes.
        """
        check_state("batches", state)
        own, most = self.state_dict(), {"seed": 2**64 - 1, "epoch": 2**63 - 1, "batch": self._per_epoch}
        if state.keys() != own.keys():
            names = short(", ".join(map(str, state)))
            raise ValueError(f"a state of batches consists of {', '.join(own)}; got {names}; nothing was loaded")
        given = {key: np.asarray(state[key]) for key in own}
        for key, x in given.items():
            low, high = (0, most[key]) if key in most else (own[key], own[key])
            if x.ndim or x.dtype.kind not in "iu" or not low <= x.item() <= high:
                wanted = low if low == high else f"from {low} to {high}"
                raise ValueError(f"{key} is {short(x)} in this state, but {wanted} here; nothing was loaded")
        self._position = (given["seed"].item(), given["epoch"].item(), given["batch"].item())


def _is_dataset(x: Any) -> bool:
    """Whether x can be sliced but not computed with, as a dataset of h5py."""
    is_sliced = all(hasattr(x, name) for name in ("shape", "dtype", "__getitem__"))
    return is_sliced and not hasattr(x, "__add__")
