# SPDX-License-Identifier: GPL-3.0-or-later
import torch
from mien.engines.diffted.published.tps.avatar_motion import AvatarMotion
from tps_golden import needs_golden, recorded, tiny_model


@torch.inference_mode()
def test_both_the_person_and_the_pose_decide() -> None:
    torch.manual_seed(0)
    network, (one, two) = AvatarMotion(20, 3, 4).eval(), torch.rand(2, 1, 10, 2)
    points = network(one, two)
    assert points.shape == (1, 10, 2)
    assert (points - network(two, two)).abs().max() > 1e-4 and (points - network(one, one)).abs().max() > 1e-4


@needs_golden
@torch.inference_mode()
def test_the_recorded_points_of_a_person_in_the_poses_of_another() -> None:
    golden, network = recorded("tiny_animation"), tiny_model().avd_network
    assert network is not None
    points = network(golden["kp_source"].expand(4, -1, -1), golden["kp_driving"])
    torch.testing.assert_close(points, golden["kp_avd"], rtol=0, atol=1e-5)
