# SPDX-License-Identifier: GPL-3.0-or-later
"""The mouth of a mesh that is one surface, cut open as the backend says: the lower lip gets vertices of its own."""

import bmesh
import bpy
import numpy as np

from ..scene.apply import ApplyError


def diagonals(mesh: bpy.types.Mesh, triangles: np.ndarray, points: np.ndarray, picks: dict) -> list[list[int]]:
    """Pairs of vertices near the mouth that two of the triangles (T, 3) share without an edge of the mesh between them:
    a cut should not go there. points (V, 3) at rest; picks: name of a point -> [x, y, z]."""
    if not {"chin", "nose_tip"} <= set(picks):
        return []
    chin, nose = np.array(picks["chin"]), np.array(picks["nose_tip"])
    near = np.linalg.norm(points - (chin + nose) / 2, axis=1) < 1.5 * np.linalg.norm(chin - nose)
    inner = triangles[near[triangles].all(1)]
    pairs = np.sort(np.concatenate([inner[:, [0, 1]], inner[:, [1, 2]], inner[:, [2, 0]]]), axis=1)
    edges = np.empty(len(mesh.edges) * 2, np.int32)
    mesh.edges.foreach_get("vertices", edges)
    count = len(points)
    known = np.sort(edges.reshape(-1, 2), axis=1).astype(np.int64) @ (count, 1)
    lines = np.unique(pairs.astype(np.int64) @ (count, 1))
    return [[int(line // count), int(line % count)] for line in lines[~np.isin(lines, known)]]


def cut_mouth(mesh: bpy.types.Mesh, doubled: np.ndarray, cut_triangles: np.ndarray) -> None:
    """Append a copy of each vertex of `doubled` (K,), in that order, which the faces of `cut_triangles` (N,), numbers
    of loop triangles, take. ApplyError, before anything is changed, where a face lies on both sides."""
    mesh.calc_loop_triangles()
    at_cut = set(map(int, doubled))
    lower: dict[int, list[tuple[int, ...]]] = {}
    upper: dict[int, list[tuple[int, ...]]] = {}
    taken = set(map(int, cut_triangles))
    for number, triangle in enumerate(mesh.loop_triangles):
        corners = tuple(triangle.vertices)
        if number in taken or at_cut & set(corners):
            side = lower if number in taken else upper
            side.setdefault(triangle.polygon_index, []).append(corners)
    mixed = set(lower) & set(upper)
    if any(len(mesh.polygons[number].vertices) > 4 for number in mixed):
        raise ApplyError("The mouth cannot be cut: a face with more than four corners lies across it. Triangulate it.")
    work = bmesh.new()
    try:
        work.from_mesh(mesh)
        verts, polygons = list(work.verts), list(work.faces)  # their own index is outdated by every change
        faces = {polygons[number] for number in lower if number not in mixed}
        faces |= {_half(verts, polygons[number], lower[number][0], upper[number][0]) for number in mixed}
        at_line = {edge for number in at_cut for edge in verts[number].link_edges if len(edge.link_faces) == 2}
        edges = [edge for edge in at_line if len(faces.intersection(edge.link_faces)) == 1]
        bmesh.ops.split_edges(work, edges=edges)
        _number(work, verts, list(map(int, doubled)), faces)
        work.to_mesh(mesh)
    finally:
        work.free()
    mesh.update()


def _half(verts: list[bmesh.types.BMVert], face: bmesh.types.BMFace, mine: tuple, other: tuple) -> bmesh.types.BMFace:
    """A quad across the cut, split along its diagonal; the half with these three vertices."""
    ends = [verts[number] for number in set(mine) & set(other)]
    new, _ = bmesh.utils.face_split(face, *ends)
    corner = verts[next(iter(set(mine) - set(other)))]
    return new if corner in new.verts else face


def _number(work: bmesh.types.BMesh, verts: list, doubled: list[int], faces: set) -> None:
    """Put the vertices in order: those there were, of which the upper lip keeps its own, then the lower lip's."""
    before = set(verts)
    order = {vert: number for number, vert in enumerate(verts)}
    places = {tuple(verts[number].co): number for number in doubled}
    for vert in work.verts:
        number = places.get(tuple(vert.co)) if vert not in before else None
        if number is None:
            continue
        copy = len(verts) + doubled.index(number)
        if faces.intersection(vert.link_faces):
            order[vert] = copy
        else:  # the lower lip has kept the vertex
            order[vert], order[verts[number]] = number, copy
    numbers = list(range(len(verts) + len(doubled)))
    if len(work.verts) != len(numbers) or sorted(order.values()) != numbers:
        raise ApplyError("The mouth cannot be cut along the edges of this mesh. Cut it open and bind again.")
    for vert, number in order.items():
        vert.index = number
    work.verts.sort()
