"""Models that MLflow and LightGBM write, and what they answer. Run as: python make_lightgbm.py FOLDER

Works with LightGBM 3.3 and 4.x. Each case is a folder with an MLflow model `model/` beside golden.json: the answers of
MLflow's pyfunc (`predict`), and of the booster (`raw`, `leaves`, `contribs`).
"""

import pathlib
import sys

import golden
import lightgbm as lgb
import mlflow.lightgbm
import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

NAMES = ["amount", "hour", "age", "velocity", "balance", "distance"]
ROWS = 400
# Given, or MLflow starts a process a model to find them.
PIP = [f"lightgbm=={lgb.__version__}"]
EXTREMES = [1e39, -1e300, 1e-36, -1e-36, 1e-35, float(np.float32(1e-35)), np.inf, -np.inf, -0.5, 1e10, 3e9]


def data(seed, missing=0.1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, len(NAMES)))
    score = 1.2 * x[:, 0] - x[:, 1] * x[:, 2] + np.abs(x[:, 3])
    x[rng.random(x.shape) < missing] = np.nan
    return pd.DataFrame(x, columns=NAMES), score, rng


def thresholds(booster):
    found = []

    def visit(node):
        if "split_feature" in node:
            if node["decision_type"] == "<=":
                found.append((node["split_feature"], node["threshold"]))
            visit(node["left_child"])
            visit(node["right_child"])

    for tree in booster.dump_model()["tree_info"]:
        visit(tree["tree_structure"])
    return found


def save(root, name, booster, x, explains=True, pyfunc=True):
    folder = pathlib.Path(root, name)
    folder.mkdir(parents=True)
    signature = ModelSignature(inputs=Schema([ColSpec("double", column) for column in x.columns]))
    example = x.head(3).astype("float64")
    mlflow.lightgbm.save_model(booster, str(folder / "model"), signature=signature, input_example=example, pip_requirements=PIP)
    # What is scored is the file: a booster that stopped early is cut to its best iteration there.
    file = next(path for path in (folder / "model").iterdir() if path.name.startswith("model."))
    booster = lgb.Booster(model_file=str(file))
    rows = golden.hard_rows(x.to_numpy(), thresholds(booster), EXTREMES)
    answers = {
        "raw": booster.predict(rows, raw_score=True),
        "answer": booster.predict(rows),
        "leaves": booster.predict(rows, pred_leaf=True),
    }
    if explains:
        answers["contribs"] = booster.predict(rows, pred_contrib=True)
    if pyfunc:
        frame = pd.DataFrame(rows, columns=x.columns)
        answers["predict"] = mlflow.pyfunc.load_model(str(folder / "model")).predict(frame)
    golden.write(folder, x.columns, rows, **answers)


def main(root):
    x, score, rng = data(1)
    y = (score + rng.normal(size=ROWS) > 1).astype(int)
    positive = np.exp(score / 3)
    classes = np.digitize(score, [0, 1])
    base = {"num_leaves": 12, "learning_rate": 0.3, "num_threads": 1, "seed": 7, "verbose": -1, "min_data_in_leaf": 5}

    def train(params, label=None, rounds=8, frame=x, **options):
        dataset = lgb.Dataset(frame, y if label is None else label, **options)
        return lgb.train({**base, **params}, dataset, rounds)

    save(root, "binary", train({"objective": "binary"}), x)
    save(root, "binary-many", train({"objective": "binary", "num_leaves": 31}, rounds=100), x)
    save(root, "binary-sigmoid", train({"objective": "binary", "sigmoid": 2.5}), x)
    save(root, "binary-unbalanced", train({"objective": "binary", "is_unbalance": True}), x)
    save(root, "no-names", train({"objective": "binary"}, frame=x.to_numpy()), x)
    save(root, "spaces-in-names", *spaced(train, x))
    for objective, label in [
        ("regression", score),
        ("regression_l1", score),
        ("huber", score),
        ("fair", score),
        ("quantile", score),
        ("mape", score),
        ("poisson", np.round(positive)),
        ("gamma", positive),
        ("tweedie", positive),
        ("cross_entropy", 1 / (1 + np.exp(-score))),
        ("cross_entropy_lambda", 1 / (1 + np.exp(-score))),
    ]:
        save(root, objective, train({"objective": objective}, label), x)
    save(root, "regression-sqrt", train({"objective": "regression", "reg_sqrt": True}, score), x)
    for objective in ("lambdarank", "rank_xendcg"):
        save(root, objective, train({"objective": objective}, np.clip(classes, 0, 2), group=[10] * (ROWS // 10)), x)
    for objective in ("multiclass", "multiclassova"):
        save(root, objective, train({"objective": objective, "num_class": 3}, classes), x)
    save(root, "multiclass-dart", train({"objective": "multiclass", "num_class": 3, "boosting": "dart"}, classes), x)
    save(root, "dart", train({"objective": "binary", "boosting": "dart", "drop_rate": 0.5}, rounds=15), x)
    goss = {"data_sample_strategy": "goss"} if lgb.__version__.startswith("4") else {"boosting": "goss"}
    save(root, "goss", train({"objective": "binary", **goss}), x)
    forest = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.7}
    save(root, "forest-binary", train({"objective": "binary", **forest}), x)
    save(root, "forest-regression", train({"objective": "regression", **forest}, score), x)
    save(root, "forest-multiclass", train({"objective": "multiclass", "num_class": 3, **forest}, classes), x)
    save(root, "zero-as-missing", train({"objective": "binary", "zero_as_missing": True}, frame=sparse(x, rng)), x)
    save(root, "zeros", train({"objective": "binary"}, frame=sparse(x, rng)), x)
    save(root, "missing-not-used", train({"objective": "binary", "use_missing": False}), x)
    save(root, "nothing-missing", train({"objective": "binary"}, frame=x.fillna(0.25)), x)
    save(root, "stumps", train({"objective": "regression", "min_gain_to_split": 1e9}, score), x)
    save(root, "deep", train({"objective": "regression", "num_leaves": 80, "min_data_in_leaf": 1}, score, 3), x)
    save(root, "monotone", train({"objective": "binary", "monotone_constraints": [1, -1, 0, 0, 0, 0]}), x)
    linear = {"objective": "regression", "linear_tree": True}
    save(root, "linear", train(linear, score), x, explains=False)
    save(root, "linear-binary", train({**linear, "objective": "binary"}), x, explains=False)

    stopped = lgb.train(
        {**base, "objective": "binary", "learning_rate": 0.9},
        lgb.Dataset(x, y),
        60,
        valid_sets=[lgb.Dataset(x.iloc[::-1].reset_index(drop=True), rng.permutation(y))],
        callbacks=[lgb.early_stopping(5, verbose=False)],
    )
    save(root, "stopped-early", stopped, x)

    cats = x.copy()
    cats["hour"] = rng.integers(0, 60, ROWS).astype(float)
    cats["age"] = rng.integers(0, 4, ROWS).astype(float)
    cats.loc[rng.random(ROWS) < 0.1, "hour"] = np.nan
    label = score + np.nan_to_num(cats["hour"].to_numpy() % 3) + cats["age"].to_numpy()
    options = {"objective": "regression", "min_data_per_group": 5, "cat_smooth": 1, "max_cat_to_onehot": 4}
    save(root, "categories", train(options, label, frame=cats, categorical_feature=["hour", "age"]), cats)
    mixed = train({**options, "linear_tree": True}, label, frame=cats, categorical_feature=["hour", "age"])
    save(root, "categories-linear", mixed, cats, explains=False)

    def ours(predictions, dataset):
        return predictions - dataset.get_label(), np.ones(len(predictions))

    if lgb.__version__.startswith("4"):
        custom = train({"objective": ours}, score)
    else:
        custom = lgb.train(base, lgb.Dataset(x, score), 8, fobj=ours)
    save(root, "own-objective", custom, x)
    pandas_categories(root, x, score, base, options, rng)


def spaced(train, x):
    frame = x.rename(columns={"amount": "amount in brl"})
    return train({"objective": "binary"}, frame=frame), frame


def sparse(x, rng):
    """A third of the cells are zeros."""
    return x.mask(rng.random(x.shape) < 0.33, 0.0)


def pandas_categories(root, x, score, base, options, rng):
    """Categories by name, which pyfunc cannot score from JSON: LightGBM wants pandas' own type."""
    folder = pathlib.Path(root, "pandas-categories")
    folder.mkdir(parents=True)
    kinds = ["pix", "ted", "boleto", "card", "cash"]
    frame = x.copy()
    frame["kind"] = pd.Categorical(rng.choice(kinds, ROWS), categories=kinds)
    frame["place"] = pd.Categorical(rng.integers(100, 130, ROWS))
    label = score + frame["kind"].cat.codes + (frame["place"].cat.codes % 3)
    booster = lgb.train({**base, **options}, lgb.Dataset(frame, label), 8)
    mlflow.lightgbm.save_model(booster, str(folder / "model"), pip_requirements=PIP)
    rows = frame.head(60).copy()
    raw = booster.predict(rows, raw_score=True)
    # The first rows again with categories that training never saw.
    unseen = rows.head(5).copy()
    unseen["kind"] = pd.Categorical(["check"] * 5)
    unseen["place"] = pd.Categorical([7] * 5)
    raw = np.concatenate([raw, booster.predict(unseen, raw_score=True)])
    cells = pd.concat([rows.astype({"kind": object, "place": object}), unseen.astype({"kind": object, "place": object})])
    table = [[None if isinstance(cell, float) and cell != cell else cell for cell in row] for row in cells.values.tolist()]
    golden.write(folder, frame.columns, table, raw=raw)


if __name__ == "__main__":
    main(sys.argv[1])
