# SPDX-License-Identifier: GPL-3.0-or-later
"""PersonaTalk's two networks as they are described, to be trained: there are no weights, neither published nor here.

After Zhang et al., "PersonaTalk: Bring Attention to Your Persona in Visual Dubbing" (SIGGRAPH Asia 2024,
arXiv 2409.05379): style injected into audio features by cross-attention, which drive the speaker's template geometry;
textures sampled from references by Lip-Attention and Face-Attention. The paper's abstract says so much; sizes that it
leaves open are ours and are fields of the configurations. `mien dub` uses neither network.
"""
