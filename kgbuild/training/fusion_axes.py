"""Axes along which frozen states tell things apart, in closed form (linear discriminant analysis: Fisher 1936)."""

from __future__ import annotations

import numpy as np
import torch

from kgbuild.embeddings.crossing import AXES, Fusion, told
from kgbuild.embeddings.fuse import batch
from kgbuild.training.fusion_data import Corpus

_SHRINK = 0.3  # of the scatter within things, towards a sphere


def discriminants(states: np.ndarray, things: np.ndarray, count: int) -> np.ndarray:
    """The axes (d, count) of states (n, d) without mean on which things differ most for their own scatter."""
    _, of, sizes = np.unique(things, return_inverse=True, return_counts=True)
    means = np.zeros((len(sizes), states.shape[1]))
    np.add.at(means, of, states)
    means /= sizes[:, None]
    rest = states - means[of]
    within, between = rest.T @ rest / len(states), means[of].T @ means[of] / len(states)
    size = len(within)
    within = (1 - _SHRINK) * within + (_SHRINK * np.trace(within) / size + 1e-9) * np.eye(size)
    values, vectors = np.linalg.eigh(within)
    whiten = vectors / np.sqrt(values)
    made: np.ndarray = whiten @ np.linalg.eigh(whiten.T @ between @ whiten)[1][:, ::-1][:, :count]
    return made * np.where(made[np.abs(made).argmax(0), np.arange(made.shape[1])] < 0, -1.0, 1.0)


def set_axes(model: Fusion, corpus: Corpus) -> None:
    """Sets the means and axes of what goes straight through the network."""
    x = batch(corpus.states, np.arange(len(corpus)))
    for k, part in enumerate((x["words"][:, 0], *told(x))):
        states = part.numpy().astype(np.float64)
        there = np.abs(states).sum(1) > 0
        if not there.any():
            continue
        mean = states[there].mean(0)
        model.means[k] = torch.from_numpy(mean)
        if k:
            axes = discriminants(states[there] - mean, corpus.thing[there], AXES)
            model.axes[k - 1, :, : axes.shape[1]] = torch.from_numpy(axes)
