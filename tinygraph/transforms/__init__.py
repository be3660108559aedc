"""Functions of functions: derivatives, batching, checkpoints, checks of gradients; pytrees."""
