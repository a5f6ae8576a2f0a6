# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkpoint of a training run: network, optimiser, mean weights, step, seconds, random state and settings in one
file, written whole and read without running anything in it."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from mien.files.atomic import write_whole
from mien.settings import SettingsError
from mien.training.weight_average import WeightAverage

LONGER = "steps"  # the setting that may change within a run
# what PyTorch raises for a file that is no checkpoint, or not one of this network
DAMAGED = (AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError)


class RunCheckpoint:
    """The checkpoint file of one run. `file_names`: names of modules in the file, by those in the code, where they
    differ."""

    def __init__(self, path: Path, file_names: Mapping[str, str] | None = None) -> None:
        self.path = path
        self._file_names = dict(file_names or {})
        self._random_state: dict[str, torch.Tensor] = {}  # of the checkpoint that was resumed

    def save(
        self, step: int, seconds: float, network: nn.Module, optimiser: torch.optim.Optimizer,
        average: WeightAverage | None, settings: Mapping[str, object],
    ) -> None:  # fmt: skip
        """Replace the checkpoint."""
        state: dict[str, object] = {
            "step": step, "spent": seconds, "module": self._to_file(network), "optimiser": optimiser.state_dict(),
            "made_by": _plain(settings), "random": _random_state(),
        }  # fmt: skip
        if average is not None:
            state["mean"] = self._to_file(average.network)
        data = io.BytesIO()
        torch.save(state, data)
        write_whole(self.path, data.getvalue())

    def resume(
        self, network: nn.Module, optimiser: torch.optim.Optimizer, average: WeightAverage | None,
        settings: Mapping[str, object],
    ) -> tuple[int, float]:  # fmt: skip
        """Load the checkpoint into network, optimiser and average; (step, seconds spent), (0, 0) without one.

        SettingsError where the file is damaged, or the run was begun with other settings or has more steps.
        """
        if not self.path.exists():
            return 0, 0.0
        data = io.BytesIO(self.path.read_bytes())
        try:
            state = torch.load(data, map_location=next(network.parameters()).device, weights_only=True)
            self._refuse_other(state.get("made_by", {}), _plain(settings))
            if state["step"] > settings[LONGER]:
                raise SettingsError(
                    f"{self.path.parent} has {state['step']} steps already, and {settings[LONGER]} were asked for."
                )
            network.load_state_dict(self._from_file(state["module"]))
            optimiser.load_state_dict(state["optimiser"])
            if average is not None:
                average.network.load_state_dict(self._from_file(state["mean"]))
            self._random_state = state.get("random", {})
            return state["step"], state["spent"]
        except SettingsError:
            raise
        except DAMAGED as error:
            reason = str(error).partition("\n")[0][:120] or type(error).__name__
            raise SettingsError(
                f"the checkpoint {self.path} cannot be read ({reason}); delete it to begin again, or name another "
                "folder."
            ) from error

    def restore_random_state(self) -> None:
        """Set PyTorch's random numbers to where they were when the resumed checkpoint was saved."""
        if "cpu" in self._random_state:
            torch.set_rng_state(self._random_state["cpu"].cpu())
        if "cuda" in self._random_state and torch.cuda.is_available():
            torch.cuda.set_rng_state(self._random_state["cuda"].cpu())

    def _to_file(self, network: nn.Module) -> dict[str, torch.Tensor]:
        return _renamed(network.state_dict(), self._file_names)

    def _from_file(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return _renamed(tensors, {file: code for code, file in self._file_names.items()})

    def _refuse_other(self, begun: Mapping[str, object], settings: Mapping[str, object]) -> None:
        for name, value in settings.items():
            if name != LONGER and begun.get(name, value) != value:
                raise SettingsError(
                    f"{self.path.parent} was begun with another {name} ({str(begun[name])[:80]}, not "
                    f"{str(value)[:80]}); go on with that, or name another folder."
                )


def _renamed(tensors: Mapping[str, torch.Tensor], names: Mapping[str, str]) -> dict[str, torch.Tensor]:
    """Tensors by dotted names of which some parts are replaced."""
    return {".".join(names.get(part, part) for part in name.split(".")): value for name, value in tensors.items()}


def _random_state() -> dict[str, torch.Tensor]:
    state = {"cpu": torch.get_rng_state()}
    return state | {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else state


def _plain(settings: Mapping[str, object]) -> dict[str, object]:
    """As JSON has them, so that a tuple equals the list it was saved as."""
    return json.loads(json.dumps(settings))
