"""The course's formulas as plain NumPy, a source for each week: tutor.py tries slips in them.

Each formula is a statement, so that the tutor can show it. No line writes into an argument.
"""

from __future__ import annotations

SIGMOID = """
def sigmoid(z):
    s = 1 / (1 + np.exp(-z)); return s
"""
RELU = """
def relu(z):
    a = np.maximum(0, z); return a
"""
COST = """
def compute_cost(AL, Y):
    m = Y.shape[1]; cost = -1 / m * np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)); return cost
"""
UPDATE = """
def update_parameters(parameters, grads, learning_rate):
    new = dict(parameters); L = len(parameters) // 2
    for l in range(1, L + 1):
        new[f"W{l}"] = parameters[f"W{l}"] - learning_rate * grads[f"dW{l}"]
        new[f"b{l}"] = parameters[f"b{l}"] - learning_rate * grads[f"db{l}"]
    return new
"""


def _unpacked(*kinds: str, layers: int) -> str:
    """parameters["W1"] and the like under the names of the course."""
    dicts = {"W": "parameters", "b": "parameters", "dW": "grads", "db": "grads"}
    names = [(f"{kind}{l}", dicts[kind]) for l in range(1, layers + 1) for kind in kinds]
    return "\n    ".join(f'{name} = {entries}["{name}"]' for name, entries in names)


def _forward(layers: int, hidden: str, dropout: bool = False) -> str:
    lines = [_unpacked("W", "b", layers=layers)]
    for l in range(1, layers + 1):
        A, g = f"A{l - 1}" if l > 1 else "X", hidden if l < layers else "sigmoid"
        lines.append(f"Z{l} = W{l} @ {A} + b{l}; A{l} = {g}(Z{l})")
        if dropout and l < layers:
            lines.append(f"D{l} = np.random.rand(A{l}.shape[0], A{l}.shape[1]) < keep_prob")
            lines.append(f"A{l} = A{l} * D{l}; A{l} = A{l} / keep_prob")
    return "\n    ".join(lines)


def _backward(layers: int, slope: str, dropout: bool = False, more: str = "") -> str:
    """The walk back from dZ of the last layer. `more` is added to each dW."""
    lines, grads = ["m = X.shape[1]", f"dZ{layers} = A{layers} - Y"], {}
    for l in range(layers, 0, -1):
        A = f"A{l - 1}" if l > 1 else "X"
        lines.append(f"dW{l} = 1 / m * (dZ{l} @ {A}.T)" + more.replace("0", str(l)))
        lines.append(f"db{l} = 1 / m * np.sum(dZ{l}, axis=1, keepdims=True)")
        grads |= {name: name for name in (f"dZ{l}", f"dW{l}", f"db{l}")}
        if l > 1:
            lines.append(f"dA{l - 1} = W{l}.T @ dZ{l}")
            if dropout:
                lines.append(f"dA{l - 1} = dA{l - 1} * D{l - 1}; dA{l - 1} = dA{l - 1} / keep_prob")
            lines.append(f"dZ{l - 1} = dA{l - 1} * ({slope.replace('0', str(l - 1))})")
            grads[f"dA{l - 1}"] = f"dA{l - 1}"
    lines.append("return {" + ", ".join(f'"{name}": {name}' for name in grads) + "}")
    return "\n    ".join(lines)


CACHE = "Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3"
MASKED = "Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3"

LESSON = f"""{SIGMOID}{RELU}{COST}{UPDATE}
def relu_backward(dA, Z):
    dZ = np.where(Z > 0, dA, 0); return dZ
def sigmoid_backward(dA, Z):
    s = 1 / (1 + np.exp(-Z)); dZ = dA * s * (1 - s); return dZ
def linear_forward(A, W, b):
    Z = W @ A + b; return Z, (A, W, b)
def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    if activation == "relu": A = relu(Z)
    else: A = sigmoid(Z)
    return A, (linear_cache, Z)
def L_model_forward(X, parameters):
    A = X; caches = []; L = len(parameters) // 2
    for l in range(1, L):
        A, cache = linear_activation_forward(A, parameters[f"W{{l}}"], parameters[f"b{{l}}"], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters[f"W{{L}}"], parameters[f"b{{L}}"], "sigmoid")
    caches.append(cache)
    return AL, caches
def linear_backward(dZ, cache):
    A_prev, W, b = cache; m = A_prev.shape[1]
    dW = 1 / m * (dZ @ A_prev.T); db = 1 / m * np.sum(dZ, axis=1, keepdims=True); dA_prev = W.T @ dZ
    return dA_prev, dW, db
def linear_activation_backward(dA, cache, activation):
    linear_cache, Z = cache
    if activation == "relu": dZ = relu_backward(dA, Z)
    else: dZ = sigmoid_backward(dA, Z)
    return linear_backward(dZ, linear_cache)
def L_model_backward(AL, Y, caches):
    grads = {{}}; L = len(caches); dAL = -(Y / AL - (1 - Y) / (1 - AL))
    dA_prev, dW, db = linear_activation_backward(dAL, caches[L - 1], "sigmoid")
    grads[f"dA{{L}}"] = dA_prev; grads[f"dW{{L}}"] = dW; grads[f"db{{L}}"] = db
    for l in range(L - 1, 0, -1):
        dA_prev, dW, db = linear_activation_backward(grads[f"dA{{l + 1}}"], caches[l - 1], "relu")
        grads[f"dA{{l}}"] = dA_prev; grads[f"dW{{l}}"] = dW; grads[f"db{{l}}"] = db
    return grads
"""

LOGISTIC = f"""{SIGMOID}
def initialize_with_zeros(dim):
    w = np.zeros((dim, 1)); b = 0.0; return w, b
def propagate(w, b, X, Y):
    m = X.shape[1]; A = sigmoid(w.T @ X + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = 1 / m * (X @ (A - Y).T); db = 1 / m * np.sum(A - Y)
    return {{"dw": dw, "db": db}}, cost
def optimize(w, b, X, Y, num_iterations=100, learning_rate=0.009):
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y); dw = grads["dw"]; db = grads["db"]
        w = w - learning_rate * dw; b = b - learning_rate * db
        if i % 100 == 0: costs.append(cost)
    return {{"w": w, "b": b}}, {{"dw": dw, "db": db}}, costs
def predict(w, b, X):
    A = sigmoid(w.T @ X + b); Y_prediction = np.zeros((1, A.shape[1]))
    for i in range(A.shape[1]): Y_prediction[0, i] = A[0, i] > 0.5
    return Y_prediction
"""

ONE_HIDDEN_LAYER = f"""{SIGMOID}{COST.replace("AL", "A2").replace("return cost", "return float(cost)")}
def layer_sizes(X, Y):
    n_x = X.shape[0]; n_h = 4; n_y = Y.shape[0]; return n_x, n_h, n_y
def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(2)
    W1 = np.random.randn(n_h, n_x) * 0.01; b1 = np.zeros((n_h, 1))
    W2 = np.random.randn(n_y, n_h) * 0.01; b2 = np.zeros((n_y, 1))
    return {{"W1": W1, "b1": b1, "W2": W2, "b2": b2}}
def forward_propagation(X, parameters):
    {_forward(2, "np.tanh")}
    return A2, {{"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}}
def backward_propagation(parameters, cache, X, Y):
    {_unpacked("W", layers=2)}
    Z1 = cache["Z1"]; A1 = cache["A1"]; A2 = cache["A2"]
    {_backward(2, "1 - A0 ** 2")}
def update_parameters(parameters, grads, learning_rate=1.2):
    {_unpacked("W", "b", "dW", "db", layers=2)}
    W1 = W1 - learning_rate * dW1; b1 = b1 - learning_rate * db1
    W2 = W2 - learning_rate * dW2; b2 = b2 - learning_rate * db2
    return {{"W1": W1, "b1": b1, "W2": W2, "b2": b2}}
def predict(parameters, X):
    A2, cache = forward_propagation(X, parameters); predictions = A2 > 0.5; return predictions
"""

_START = """
def initialize_parameters_KIND(layers_dims):
    parameters = {}; np.random.seed(3); L = len(layers_dims)
    for l in range(1, L):
        parameters[f"W{l}"] = SHAPE
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters
"""
_RANDN = "np.random.randn(layers_dims[l], layers_dims[l - 1])"
INITIALIZATION = "".join(
    _START.replace("KIND", kind).replace("SHAPE", shape)
    for kind, shape in (
        ("zeros", "np.zeros((layers_dims[l], layers_dims[l - 1]))"),
        ("random", f"{_RANDN} * 10"),
        ("he", f"{_RANDN} * np.sqrt(2 / layers_dims[l - 1])"),
    )
)

REGULARIZATION = f"""{SIGMOID}{RELU}{COST.replace("AL", "A3")}
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    m = Y.shape[1]; {_unpacked("W", layers=3)}
    L2_cost = lambd / (2 * m) * (np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3)))
    cost = compute_cost(A3, Y) + L2_cost; return cost
def backward_propagation_with_regularization(X, Y, cache, lambd):
    {CACHE} = cache
    {_backward(3, "A0 > 0", more=" + lambd / m * W0")}
def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    np.random.seed(1)
    {_forward(3, "relu", dropout=True)}
    return A3, ({MASKED})
def backward_propagation_with_dropout(X, Y, cache, keep_prob):
    {MASKED} = cache
    {_backward(3, "A0 > 0", dropout=True)}
"""

GRADIENT_CHECKING = f"""{SIGMOID}{RELU}
def forward_propagation(x, theta):
    J = theta * x; return J
def backward_propagation(x, theta):
    dtheta = x; return dtheta
def gradient_check(x, theta, epsilon=1e-7):
    thetaplus = theta + epsilon; thetaminus = theta - epsilon
    J_plus = forward_propagation(x, thetaplus); J_minus = forward_propagation(x, thetaminus)
    gradapprox = (J_plus - J_minus) / (2 * epsilon); grad = backward_propagation(x, theta)
    numerator = np.linalg.norm(grad - gradapprox); denominator = np.linalg.norm(grad) + np.linalg.norm(gradapprox)
    difference = numerator / denominator; return difference
def forward_propagation_n(X, Y, parameters):
    {_forward(3, "relu")}
    m = X.shape[1]; cost = -1 / m * np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))
    return cost, ({CACHE})
def backward_propagation_n(X, Y, cache):
    {CACHE} = cache
    {_backward(3, "A0 > 0")}
def dictionary_to_vector(parameters):
    theta = np.concatenate([parameters[key].reshape(-1, 1) for key in ("W1", "b1", "W2", "b2", "W3", "b3")])
    return theta
def gradients_to_vector(gradients):
    grad = np.concatenate([gradients[key].reshape(-1, 1) for key in ("dW1", "db1", "dW2", "db2", "dW3", "db3")])
    return grad
def vector_to_dictionary(theta):
    W1, b1, W2 = theta[:20].reshape(5, 4), theta[20:25].reshape(5, 1), theta[25:40].reshape(3, 5)
    b2, W3, b3 = theta[40:43].reshape(3, 1), theta[43:46].reshape(1, 3), theta[46:].reshape(1, 1)
    return {{"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}}
def gradient_check_n(parameters, gradients, X, Y, epsilon=1e-7):
    theta = dictionary_to_vector(parameters); grad = gradients_to_vector(gradients); gradapprox = np.zeros(theta.shape)
    for i in range(len(theta)):
        step = epsilon * (np.arange(len(theta)) == i).reshape(-1, 1); thetaplus = theta + step; thetaminus = theta - step
        J_plus, cache = forward_propagation_n(X, Y, vector_to_dictionary(thetaplus))
        J_minus, cache = forward_propagation_n(X, Y, vector_to_dictionary(thetaminus))
        gradapprox[i] = (J_plus - J_minus) / (2 * epsilon)
    numerator = np.linalg.norm(grad - gradapprox); denominator = np.linalg.norm(grad) + np.linalg.norm(gradapprox)
    difference = numerator / denominator; return difference
"""

# Lines for W and b alike: KIND stands for both.
_ZEROS = '\n        DICT[f"dKIND{l}"] = np.zeros(parameters[f"KIND{l}"].shape)'
_V = '\n        v[f"dKIND{l}"] = BETA * v[f"dKIND{l}"] + (1 - BETA) * grads[f"dKIND{l}"]'
_MOMENTUM = f'{_V}\n        new[f"KIND{{l}}"] = parameters[f"KIND{{l}}"] - learning_rate * v[f"dKIND{{l}}"]'
_ADAM = (
    _V.replace("BETA", "beta1")
    + """
        v_corrected[f"dKIND{l}"] = v[f"dKIND{l}"] / (1 - beta1 ** t)
        s[f"dKIND{l}"] = beta2 * s[f"dKIND{l}"] + (1 - beta2) * grads[f"dKIND{l}"] ** 2
        s_corrected[f"dKIND{l}"] = s[f"dKIND{l}"] / (1 - beta2 ** t)
        step_KIND = v_corrected[f"dKIND{l}"] / (np.sqrt(s_corrected[f"dKIND{l}"]) + epsilon)
        new[f"KIND{l}"] = parameters[f"KIND{l}"] - learning_rate * step_KIND"""
)


def _both(lines: str) -> str:
    loop = "\n    for l in range(1, L + 1):"
    return f"L = len(parameters) // 2{loop}{lines.replace('KIND', 'W')}{lines.replace('KIND', 'b')}"


OPTIMIZATION = f"""{UPDATE.replace("update_parameters", "update_parameters_with_gd")}
def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    np.random.seed(seed); m = X.shape[1]; batches = []
    permutation = np.random.permutation(m); shuffled_X = X[:, permutation]; shuffled_Y = Y[:, permutation]
    complete = m // mini_batch_size
    for k in range(0, complete):
        batch_X = shuffled_X[:, k * mini_batch_size : (k + 1) * mini_batch_size]
        batch_Y = shuffled_Y[:, k * mini_batch_size : (k + 1) * mini_batch_size]
        batches.append((batch_X, batch_Y))
    if m % mini_batch_size != 0:
        batch_X = shuffled_X[:, complete * mini_batch_size :]; batch_Y = shuffled_Y[:, complete * mini_batch_size :]
        batches.append((batch_X, batch_Y))
    return batches
def initialize_velocity(parameters):
    v = {{}}; {_both(_ZEROS.replace("DICT", "v"))}
    return v
def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    new, v = dict(parameters), dict(v); {_both(_MOMENTUM.replace("BETA", "beta"))}
    return new, v
def initialize_adam(parameters):
    v, s = {{}}, {{}}; {_both(_ZEROS.replace("DICT", "v") + _ZEROS.replace("DICT", "s"))}
    return v, s
def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    new, v, s, v_corrected, s_corrected = dict(parameters), dict(v), dict(s), {{}}, {{}}; {_both(_ADAM)}
    return new, v, s
def update_lr(learning_rate0, epoch_num, decay_rate):
    learning_rate = learning_rate0 / (1 + decay_rate * epoch_num); return learning_rate
def schedule_lr_decay(learning_rate0, epoch_num, decay_rate, time_interval=1000):
    learning_rate = learning_rate0 / (1 + decay_rate * (epoch_num // time_interval)); return learning_rate
"""

WEEKS = {
    "lesson": LESSON, "logistic": LOGISTIC, "one_hidden_layer": ONE_HIDDEN_LAYER,
    "initialization": INITIALIZATION, "regularization": REGULARIZATION,
    "gradient_checking": GRADIENT_CHECKING, "optimization": OPTIMIZATION,
}
