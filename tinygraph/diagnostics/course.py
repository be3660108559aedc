"""The course's formulas as plain NumPy, a source for each week: tutor.py tries slips in them.

Each formula has a line, so that the tutor can show it. No line writes into an argument.
"""

from __future__ import annotations

SIGMOID = """
def sigmoid(z):
    s = 1 / (1 + np.exp(-z))
    return s
"""

LESSON = """
def relu(Z):
    A = np.maximum(0, Z)
    return A
def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))
    return A
def relu_backward(dA, Z):
    dZ = np.where(Z > 0, dA, 0)
    return dZ
def sigmoid_backward(dA, Z):
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * s * (1 - s)
    return dZ
def linear_forward(A, W, b):
    Z = W @ A + b
    return Z, (A, W, b)
def linear_activation_forward(A_prev, W, b, activation):
    Z, linear_cache = linear_forward(A_prev, W, b)
    if activation == "relu":
        A = relu(Z)
    else:
        A = sigmoid(Z)
    return A, (linear_cache, Z)
def L_model_forward(X, parameters):
    A = X
    caches = []
    L = len(parameters) // 2
    for l in range(1, L):
        A, cache = linear_activation_forward(A, parameters[f"W{l}"], parameters[f"b{l}"], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters[f"W{L}"], parameters[f"b{L}"], "sigmoid")
    caches.append(cache)
    return AL, caches
def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = -1 / m * np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))
    return cost
def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = 1 / m * (dZ @ A_prev.T)
    db = 1 / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = W.T @ dZ
    return dA_prev, dW, db
def linear_activation_backward(dA, cache, activation):
    linear_cache, Z = cache
    if activation == "relu":
        dZ = relu_backward(dA, Z)
    else:
        dZ = sigmoid_backward(dA, Z)
    return linear_backward(dZ, linear_cache)
def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    dAL = -(Y / AL - (1 - Y) / (1 - AL))
    dA_prev, dW, db = linear_activation_backward(dAL, caches[L - 1], "sigmoid")
    grads[f"dA{L}"] = dA_prev
    grads[f"dW{L}"] = dW
    grads[f"db{L}"] = db
    for l in range(L - 1, 0, -1):
        dA_prev, dW, db = linear_activation_backward(grads[f"dA{l + 1}"], caches[l - 1], "relu")
        grads[f"dA{l}"] = dA_prev
        grads[f"dW{l}"] = dW
        grads[f"db{l}"] = db
    return grads
def update_parameters(parameters, grads, learning_rate):
    new = dict(parameters)
    L = len(parameters) // 2
    for l in range(1, L + 1):
        new[f"W{l}"] = parameters[f"W{l}"] - learning_rate * grads[f"dW{l}"]
        new[f"b{l}"] = parameters[f"b{l}"] - learning_rate * grads[f"db{l}"]
    return new
"""

LOGISTIC = (
    SIGMOID
    + """
def initialize_with_zeros(dim):
    w = np.zeros((dim, 1))
    b = 0.0
    return w, b
def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(w.T @ X + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = 1 / m * (X @ (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    return {"dw": dw, "db": db}, cost
def optimize(w, b, X, Y, num_iterations=100, learning_rate=0.009):
    costs = []
    for i in range(num_iterations):
        grads, cost = propagate(w, b, X, Y)
        dw = grads["dw"]
        db = grads["db"]
        w = w - learning_rate * dw
        b = b - learning_rate * db
        if i % 100 == 0:
            costs.append(cost)
    return {"w": w, "b": b}, {"dw": dw, "db": db}, costs
def predict(w, b, X):
    A = sigmoid(w.T @ X + b)
    Y_prediction = np.zeros((1, A.shape[1]))
    for i in range(A.shape[1]):
        Y_prediction[0, i] = A[0, i] > 0.5
    return Y_prediction
"""
)

ONE_HIDDEN_LAYER = (
    SIGMOID
    + """
def layer_sizes(X, Y):
    n_x = X.shape[0]
    n_h = 4
    n_y = Y.shape[0]
    return n_x, n_h, n_y
def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(2)
    W1 = np.random.randn(n_h, n_x) * 0.01
    b1 = np.zeros((n_h, 1))
    W2 = np.random.randn(n_y, n_h) * 0.01
    b2 = np.zeros((n_y, 1))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
def forward_propagation(X, parameters):
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1)
    Z2 = W2 @ A1 + b2
    A2 = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
def compute_cost(A2, Y):
    m = Y.shape[1]
    cost = -1 / m * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    return float(cost)
def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W1, W2 = parameters["W1"], parameters["W2"]
    Z1, A1, A2 = cache["Z1"], cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dW2 = 1 / m * (dZ2 @ A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = W2.T @ dZ2
    dZ1 = dA1 * (1 - A1 ** 2)
    dW1 = 1 / m * (dZ1 @ X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
def update_parameters(parameters, grads, learning_rate=1.2):
    W1, b1, W2, b2 = parameters["W1"], parameters["b1"], parameters["W2"], parameters["b2"]
    dW1, db1, dW2, db2 = grads["dW1"], grads["db1"], grads["dW2"], grads["db2"]
    W1 = W1 - learning_rate * dW1
    b1 = b1 - learning_rate * db1
    W2 = W2 - learning_rate * dW2
    b2 = b2 - learning_rate * db2
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
def predict(parameters, X):
    A2, cache = forward_propagation(X, parameters)
    predictions = A2 > 0.5
    return predictions
"""
)

INITIALIZATION = """
def initialize_parameters_zeros(layers_dims):
    parameters = {}
    L = len(layers_dims)
    for l in range(1, L):
        parameters[f"W{l}"] = np.zeros((layers_dims[l], layers_dims[l - 1]))
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters
def initialize_parameters_random(layers_dims):
    parameters = {}
    np.random.seed(3)
    L = len(layers_dims)
    for l in range(1, L):
        parameters[f"W{l}"] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * 10
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters
def initialize_parameters_he(layers_dims):
    parameters = {}
    np.random.seed(3)
    L = len(layers_dims) - 1
    for l in range(1, L + 1):
        parameters[f"W{l}"] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * np.sqrt(2 / layers_dims[l - 1])
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters
"""

THREE_LAYERS = (
    SIGMOID
    + """
def relu(z):
    a = np.maximum(0, z)
    return a
def compute_cost(A3, Y):
    m = Y.shape[1]
    cost = -1 / m * np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))
    return cost
"""
)
FORWARD = """
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    W3, b3 = parameters["W3"], parameters["b3"]
    Z1 = W1 @ X + b1
    A1 = relu(Z1)
    Z2 = W2 @ A1 + b2
    A2 = relu(Z2)
    Z3 = W3 @ A2 + b3
    A3 = sigmoid(Z3)
"""
BACKWARD = """
    m = X.shape[1]
    Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3 = cache
    dZ3 = A3 - Y
    dW3 = 1 / m * (dZ3 @ A2.T)
    db3 = 1 / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = W3.T @ dZ3
    dZ2 = dA2 * (A2 > 0)
    dW2 = 1 / m * (dZ2 @ A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = W2.T @ dZ2
    dZ1 = dA1 * (A1 > 0)
    dW1 = 1 / m * (dZ1 @ X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    hidden = {"dA2": dA2, "dZ2": dZ2, "dW2": dW2, "db2": db2, "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}
    return {"dZ3": dZ3, "dW3": dW3, "db3": db3, **hidden}
"""

# The same lines, with the masks of dropout, and with the term of L2.
_DROPPED = BACKWARD.replace("Z1, A1, W1, b1, Z2, A2,", "Z1, D1, A1, W1, b1, Z2, D2, A2,")
for _l, _Z in ((2, "W3.T @ dZ3"), (1, "W2.T @ dZ2")):
    _line = f"dA{_l} = {_Z}\n"
    _DROPPED = _DROPPED.replace(_line, f"{_line}    dA{_l} = dA{_l} * D{_l}\n    dA{_l} = dA{_l} / keep_prob\n")
_WITH_L2 = BACKWARD
for _l, _A in ((3, "A2"), (2, "A1"), (1, "X")):
    _WITH_L2 = _WITH_L2.replace(f"(dZ{_l} @ {_A}.T)", f"(dZ{_l} @ {_A}.T) + lambd / m * W{_l}")
_MASKED = FORWARD
for _l in (1, 2):
    _draw = f"D{_l} = np.random.rand(A{_l}.shape[0], A{_l}.shape[1]) < keep_prob"
    _lines = f"{_draw}\n    A{_l} = A{_l} * D{_l}\n    A{_l} = A{_l} / keep_prob"
    _MASKED = _MASKED.replace(f"relu(Z{_l})", f"relu(Z{_l})\n    {_lines}")

REGULARIZATION = f"""{THREE_LAYERS}
def compute_cost_with_regularization(A3, Y, parameters, lambd):
    m = Y.shape[1]
    W1, W2, W3 = parameters["W1"], parameters["W2"], parameters["W3"]
    L2_cost = lambd / (2 * m) * (np.sum(np.square(W1)) + np.sum(np.square(W2)) + np.sum(np.square(W3)))
    cost = compute_cost(A3, Y) + L2_cost
    return cost
def backward_propagation_with_regularization(X, Y, cache, lambd):{_WITH_L2}
def forward_propagation_with_dropout(X, parameters, keep_prob=0.5):
    np.random.seed(1){_MASKED}
    return A3, (Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)
def backward_propagation_with_dropout(X, Y, cache, keep_prob):{_DROPPED}
"""

GRADIENT_CHECKING = f"""{THREE_LAYERS}
def forward_propagation(x, theta):
    J = theta * x
    return J
def backward_propagation(x, theta):
    dtheta = x
    return dtheta
def gradient_check(x, theta, epsilon=1e-7):
    thetaplus = theta + epsilon
    thetaminus = theta - epsilon
    J_plus = forward_propagation(x, thetaplus)
    J_minus = forward_propagation(x, thetaminus)
    gradapprox = (J_plus - J_minus) / (2 * epsilon)
    grad = backward_propagation(x, theta)
    numerator = np.linalg.norm(grad - gradapprox)
    denominator = np.linalg.norm(grad) + np.linalg.norm(gradapprox)
    difference = numerator / denominator
    return difference
def forward_propagation_n(X, Y, parameters):{FORWARD}
    m = X.shape[1]
    cost = -1 / m * np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3))
    return cost, (Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)
def backward_propagation_n(X, Y, cache):{BACKWARD}
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
    theta = dictionary_to_vector(parameters)
    grad = gradients_to_vector(gradients)
    gradapprox = np.zeros(theta.shape)
    for i in range(len(theta)):
        step = epsilon * (np.arange(len(theta)) == i).reshape(-1, 1)
        thetaplus = theta + step
        thetaminus = theta - step
        J_plus, cache = forward_propagation_n(X, Y, vector_to_dictionary(thetaplus))
        J_minus, cache = forward_propagation_n(X, Y, vector_to_dictionary(thetaminus))
        gradapprox[i] = (J_plus - J_minus) / (2 * epsilon)
    numerator = np.linalg.norm(grad - gradapprox)
    denominator = np.linalg.norm(grad) + np.linalg.norm(gradapprox)
    difference = numerator / denominator
    return difference
"""

OPTIMIZATION = """
def update_parameters_with_gd(parameters, grads, learning_rate):
    new = dict(parameters)
    L = len(parameters) // 2
    for l in range(1, L + 1):
        new[f"W{l}"] = parameters[f"W{l}"] - learning_rate * grads[f"dW{l}"]
        new[f"b{l}"] = parameters[f"b{l}"] - learning_rate * grads[f"db{l}"]
    return new
def random_mini_batches(X, Y, mini_batch_size=64, seed=0):
    np.random.seed(seed)
    m = X.shape[1]
    batches = []
    permutation = np.random.permutation(m)
    shuffled_X = X[:, permutation]
    shuffled_Y = Y[:, permutation]
    complete = m // mini_batch_size
    for k in range(0, complete):
        batch_X = shuffled_X[:, k * mini_batch_size : (k + 1) * mini_batch_size]
        batch_Y = shuffled_Y[:, k * mini_batch_size : (k + 1) * mini_batch_size]
        batches.append((batch_X, batch_Y))
    if m % mini_batch_size != 0:
        batch_X = shuffled_X[:, complete * mini_batch_size :]
        batch_Y = shuffled_Y[:, complete * mini_batch_size :]
        batches.append((batch_X, batch_Y))
    return batches
def initialize_velocity(parameters):
    v = {}
    L = len(parameters) // 2
    for l in range(1, L + 1):
        v[f"dW{l}"] = np.zeros(parameters[f"W{l}"].shape)
        v[f"db{l}"] = np.zeros(parameters[f"b{l}"].shape)
    return v
def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    new, v = dict(parameters), dict(v)
    L = len(parameters) // 2
    for l in range(1, L + 1):
        v[f"dW{l}"] = beta * v[f"dW{l}"] + (1 - beta) * grads[f"dW{l}"]
        v[f"db{l}"] = beta * v[f"db{l}"] + (1 - beta) * grads[f"db{l}"]
        new[f"W{l}"] = parameters[f"W{l}"] - learning_rate * v[f"dW{l}"]
        new[f"b{l}"] = parameters[f"b{l}"] - learning_rate * v[f"db{l}"]
    return new, v
def initialize_adam(parameters):
    v, s = {}, {}
    L = len(parameters) // 2
    for l in range(1, L + 1):
        v[f"dW{l}"] = np.zeros(parameters[f"W{l}"].shape)
        v[f"db{l}"] = np.zeros(parameters[f"b{l}"].shape)
        s[f"dW{l}"] = np.zeros(parameters[f"W{l}"].shape)
        s[f"db{l}"] = np.zeros(parameters[f"b{l}"].shape)
    return v, s
def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    new, v, s, v_corrected, s_corrected = dict(parameters), dict(v), dict(s), {}, {}
    L = len(parameters) // 2
    for l in range(1, L + 1):
        v[f"dW{l}"] = beta1 * v[f"dW{l}"] + (1 - beta1) * grads[f"dW{l}"]
        v[f"db{l}"] = beta1 * v[f"db{l}"] + (1 - beta1) * grads[f"db{l}"]
        v_corrected[f"dW{l}"] = v[f"dW{l}"] / (1 - beta1 ** t)
        v_corrected[f"db{l}"] = v[f"db{l}"] / (1 - beta1 ** t)
        s[f"dW{l}"] = beta2 * s[f"dW{l}"] + (1 - beta2) * grads[f"dW{l}"] ** 2
        s[f"db{l}"] = beta2 * s[f"db{l}"] + (1 - beta2) * grads[f"db{l}"] ** 2
        s_corrected[f"dW{l}"] = s[f"dW{l}"] / (1 - beta2 ** t)
        s_corrected[f"db{l}"] = s[f"db{l}"] / (1 - beta2 ** t)
        step_W = v_corrected[f"dW{l}"] / (np.sqrt(s_corrected[f"dW{l}"]) + epsilon)
        step_b = v_corrected[f"db{l}"] / (np.sqrt(s_corrected[f"db{l}"]) + epsilon)
        new[f"W{l}"] = parameters[f"W{l}"] - learning_rate * step_W
        new[f"b{l}"] = parameters[f"b{l}"] - learning_rate * step_b
    return new, v, s
def update_lr(learning_rate0, epoch_num, decay_rate):
    learning_rate = learning_rate0 / (1 + decay_rate * epoch_num)
    return learning_rate
def schedule_lr_decay(learning_rate0, epoch_num, decay_rate, time_interval=1000):
    learning_rate = learning_rate0 / (1 + decay_rate * (epoch_num // time_interval))
    return learning_rate
"""

WEEKS = {
    "lesson": LESSON,
    "logistic": LOGISTIC,
    "one_hidden_layer": ONE_HIDDEN_LAYER,
    "initialization": INITIALIZATION,
    "regularization": REGULARIZATION,
    "gradient_checking": GRADIENT_CHECKING,
    "optimization": OPTIMIZATION,
}
