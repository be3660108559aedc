"""Functions of functions: derivatives, checkpoints, checks of gradients; nests of arrays."""
