# SPDX-License-Identifier: GPL-3.0-or-later
"""An off-screen picture drawn by OpenGL on EGL, which needs neither a screen nor a graphics card.

pyrender brings the EGL context. Its own renderer builds every mesh anew for each frame and reads the depth back
with the colour, so the drawing itself is done here: one vertex buffer refilled in place, one draw call for the
shadow and one for the picture, and only the colour read back.
"""

import importlib
import os
from pathlib import Path
from types import ModuleType, TracebackType

import numpy as np

from mien.video import OpenGLMissing, VideoError

SHADERS = Path(__file__).parent / "shaders"
LAYOUT = (3, 3, 3, 1, 3, 1, 1)  # floats of each attribute, as in surface.vert
FLOATS = sum(LAYOUT)
SAMPLES = 4  # per pixel; what Mesa's software rasteriser offers
SHADOW_SIZE = 512  # over some 34 cm; its edges are softened anyway
ADVICE = "install OpenGL for it: apt-get install libegl1 libgl1-mesa-dri libgles2"


class Canvas:
    """A picture of `size` (width, height) pixels, drawn again and again. Close it, or use it in a `with`.

    stuffs: for each of "skin", "eye", ... (the shaders' names) the triangles (T, 3) made of it, drawn in this order
    and fixed for the life of the canvas. The first casts the shadows. paint: (h, w, 4) uint8, row 0 at the bottom.
    uniforms: by their names in the shaders; matrices are row-major (4, 4) and multiply column vectors.
    Raises VideoError when this machine cannot draw. One thread only.
    """

    def __init__(
        self,
        size: tuple[int, int],
        vertices: int,
        stuffs: dict[str, np.ndarray],
        paint: np.ndarray,
        uniforms: dict[str, np.ndarray],
    ) -> None:
        self.width, self.height = size
        if not (16 <= self.width <= 4096 and 16 <= self.height <= 4096):
            raise VideoError(f"A picture is 16 to 4096 pixels wide and high; {size[0]}x{size[1]} was asked for.")
        self._platform, self._gl = _context()
        gl = self._gl
        try:
            self._programs = [
                _program(gl, ("light.glsl", "surface.vert"), ("light.glsl", "picture.glsl", f"{stuff}.frag"))
                for stuff in stuffs
            ]
            self._shadow = _program(gl, ("shadow.vert",), ("shadow.frag",))
            self._fill(vertices, stuffs)
            self._frames()
            self._textures(paint)
            for program in (self._shadow, *self._programs):
                self._set(program, {**uniforms, "key_shadow": 0, "paint": 1})
        except gl.error.Error as error:
            self.close()
            raise OpenGLMissing(f"OpenGL here cannot draw the head ({_first_line(error)}); {ADVICE}.") from error
        self._pixels = np.empty((self.height, self.width, 4), np.uint8)

    def __enter__(self) -> "Canvas":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Gives the context back with all that is in it; a second time does nothing."""
        if self._platform is None:
            return
        # pyrender's own delete_context ends EGL for every other canvas of the process too.
        egl = importlib.import_module("OpenGL.EGL")
        platform, self._platform = self._platform, None
        display, context = platform._egl_display, platform._egl_context
        platform._egl_display = platform._egl_context = None
        egl.eglMakeCurrent(display, egl.EGL_NO_SURFACE, egl.EGL_NO_SURFACE, egl.EGL_NO_CONTEXT)
        egl.eglDestroyContext(display, context)

    def draw(self, vertices: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 sRGB of `vertices` (N, 15) float32."""
        if self._platform is None:
            raise VideoError("This canvas is closed; open another to draw on.")
        gl = self._gl
        self._platform.make_current()
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, self._buffer)
        gl.glBufferSubData(gl.GL_ARRAY_BUFFER, 0, vertices.nbytes, vertices)
        gl.glBindVertexArray(self._array)

        gl.glEnable(gl.GL_DEPTH_TEST)
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._shadow_frame)
        gl.glViewport(0, 0, SHADOW_SIZE, SHADOW_SIZE)
        gl.glClear(gl.GL_DEPTH_BUFFER_BIT)
        gl.glDisable(gl.GL_CULL_FACE)
        gl.glUseProgram(self._shadow)
        self._draw_triangles(0)

        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._samples_frame)
        gl.glViewport(0, 0, self.width, self.height)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT | gl.GL_DEPTH_BUFFER_BIT)
        gl.glEnable(gl.GL_CULL_FACE)
        gl.glFrontFace(gl.GL_CW)  # surface.vert turns the picture over
        gl.glActiveTexture(gl.GL_TEXTURE0)
        gl.glBindTexture(gl.GL_TEXTURE_2D, self._shadow_map)
        gl.glActiveTexture(gl.GL_TEXTURE1)
        gl.glBindTexture(gl.GL_TEXTURE_2D, self._paint)
        for stuff, program in enumerate(self._programs):
            gl.glUseProgram(program)
            self._draw_triangles(stuff)

        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, self._samples_frame)
        gl.glBindFramebuffer(gl.GL_DRAW_FRAMEBUFFER, self._plain_frame)
        box = (0, 0, self.width, self.height)
        gl.glBlitFramebuffer(*box, *box, gl.GL_COLOR_BUFFER_BIT, gl.GL_NEAREST)
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, self._plain_frame)
        gl.glReadPixels(0, 0, self.width, self.height, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, self._pixels)
        return np.ascontiguousarray(self._pixels[..., :3])

    def _draw_triangles(self, stuff: int) -> None:
        first, end = self._starts[stuff : stuff + 2]
        gl = self._gl
        gl.glDrawElements(gl.GL_TRIANGLES, end - first, gl.GL_UNSIGNED_INT, gl.ctypes.c_void_p(first * 4))

    def _set(self, program: int, uniforms: dict[str, np.ndarray | int]) -> None:
        gl = self._gl
        gl.glUseProgram(program)
        for name, value in uniforms.items():
            place = gl.glGetUniformLocation(program, name)
            if place < 0:  # this stuff's shader does without
                continue
            if isinstance(value, int):
                gl.glUniform1i(place, value)
                continue
            value = np.ascontiguousarray(value, np.float32)
            if value.shape == (4, 4):
                gl.glUniformMatrix4fv(place, 1, gl.GL_TRUE, value)
            elif value.ndim == 2:
                gl.glUniform3fv(place, len(value), value)
            else:
                by_size = (gl.glUniform1fv, gl.glUniform2fv, gl.glUniform3fv, gl.glUniform4fv)
                by_size[value.size - 1](place, 1, value)

    def _fill(self, vertices: int, stuffs: dict[str, np.ndarray]) -> None:
        gl = self._gl
        self._array = gl.glGenVertexArrays(1)
        gl.glBindVertexArray(self._array)
        self._buffer, indices = gl.glGenBuffers(2)
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, self._buffer)
        gl.glBufferData(gl.GL_ARRAY_BUFFER, vertices * FLOATS * 4, None, gl.GL_STREAM_DRAW)
        start = 0
        for place, floats in enumerate(LAYOUT):
            offset = gl.ctypes.c_void_p(start * 4)
            gl.glVertexAttribPointer(place, floats, gl.GL_FLOAT, gl.GL_FALSE, FLOATS * 4, offset)
            gl.glEnableVertexAttribArray(place)
            start += floats
        gl.glBindBuffer(gl.GL_ELEMENT_ARRAY_BUFFER, indices)
        numbers = np.concatenate([triangles.ravel() for triangles in stuffs.values()]).astype(np.uint32)
        self._starts = [0, *np.cumsum([triangles.size for triangles in stuffs.values()]).tolist()]
        gl.glBufferData(gl.GL_ELEMENT_ARRAY_BUFFER, numbers.nbytes, numbers, gl.GL_STATIC_DRAW)

    def _frames(self) -> None:
        gl = self._gl
        self._samples_frame, self._plain_frame, self._shadow_frame = gl.glGenFramebuffers(3)
        size = (self.width, self.height)
        colour, depth, plain = gl.glGenRenderbuffers(3)
        samples = min(SAMPLES, int(gl.glGetIntegerv(gl.GL_MAX_SAMPLES)))
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._samples_frame)
        for buffer, form, place in (
            (colour, gl.GL_RGBA8, gl.GL_COLOR_ATTACHMENT0),
            (depth, gl.GL_DEPTH_COMPONENT24, gl.GL_DEPTH_ATTACHMENT),
        ):
            gl.glBindRenderbuffer(gl.GL_RENDERBUFFER, buffer)
            gl.glRenderbufferStorageMultisample(gl.GL_RENDERBUFFER, samples, form, *size)
            gl.glFramebufferRenderbuffer(gl.GL_FRAMEBUFFER, place, gl.GL_RENDERBUFFER, buffer)
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._plain_frame)
        gl.glBindRenderbuffer(gl.GL_RENDERBUFFER, plain)
        gl.glRenderbufferStorage(gl.GL_RENDERBUFFER, gl.GL_RGBA8, *size)
        gl.glFramebufferRenderbuffer(gl.GL_FRAMEBUFFER, gl.GL_COLOR_ATTACHMENT0, gl.GL_RENDERBUFFER, plain)

    def _textures(self, paint: np.ndarray) -> None:
        gl = self._gl
        self._shadow_map, self._paint = gl.glGenTextures(2)
        gl.glBindTexture(gl.GL_TEXTURE_2D, self._shadow_map)
        gl.glTexImage2D(
            gl.GL_TEXTURE_2D, 0, gl.GL_DEPTH_COMPONENT24, SHADOW_SIZE, SHADOW_SIZE, 0,
            gl.GL_DEPTH_COMPONENT, gl.GL_FLOAT, None,
        )  # fmt: skip
        for name, value in (
            (gl.GL_TEXTURE_MIN_FILTER, gl.GL_LINEAR),
            (gl.GL_TEXTURE_MAG_FILTER, gl.GL_LINEAR),
            (gl.GL_TEXTURE_COMPARE_MODE, gl.GL_COMPARE_REF_TO_TEXTURE),
            (gl.GL_TEXTURE_COMPARE_FUNC, gl.GL_LEQUAL),
        ):
            gl.glTexParameteri(gl.GL_TEXTURE_2D, name, value)
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._shadow_frame)
        gl.glFramebufferTexture2D(gl.GL_FRAMEBUFFER, gl.GL_DEPTH_ATTACHMENT, gl.GL_TEXTURE_2D, self._shadow_map, 0)
        gl.glDrawBuffer(gl.GL_NONE)
        gl.glReadBuffer(gl.GL_NONE)

        gl.glBindTexture(gl.GL_TEXTURE_2D, self._paint)
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
        height, width = paint.shape[:2]
        gl.glTexImage2D(
            gl.GL_TEXTURE_2D, 0, gl.GL_RGBA8, width, height, 0, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE,
            np.ascontiguousarray(paint),
        )  # fmt: skip
        gl.glGenerateMipmap(gl.GL_TEXTURE_2D)
        gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_TEXTURE_MIN_FILTER, gl.GL_LINEAR_MIPMAP_NEAREST)
        for side in (gl.GL_TEXTURE_WRAP_S, gl.GL_TEXTURE_WRAP_T):
            gl.glTexParameteri(gl.GL_TEXTURE_2D, side, gl.GL_CLAMP_TO_EDGE)


def _context() -> tuple[object, ModuleType]:
    """A pyrender EGL platform with a current context, and OpenGL.GL; VideoError where there is none."""
    os.environ["PYOPENGL_PLATFORM"] = "egl"  # PyOpenGL chooses its library when it is first imported
    try:
        egl = importlib.import_module("pyrender.platforms.egl")
        gl = importlib.import_module("OpenGL.GL")
        devices = egl.query_devices()
    except Exception as error:  # each missing library fails in its own way: ImportError, AttributeError, OSError
        raise OpenGLMissing(f"This machine has no OpenGL on EGL ({_first_line(error)}); {ADVICE}.") from error
    found: Exception | None = None
    for device in devices:  # a graphics card first where there is one, the software rasteriser last
        platform = egl.EGLPlatform(16, 16, device=device)
        try:
            platform.init_context()
            return platform, gl
        except Exception as error:  # EGL errors, and pyrender's bare asserts
            found = error
    reason = _first_line(found) if found else "no EGL device"
    raise OpenGLMissing(f"This machine has no OpenGL to draw with ({reason}); {ADVICE}.") from found


def _program(gl: ModuleType, vertex: tuple[str, ...], fragment: tuple[str, ...]) -> int:
    """A program of a vertex and a fragment shader, each put together from files."""
    program = gl.glCreateProgram()
    for kind, names in ((gl.GL_VERTEX_SHADER, vertex), (gl.GL_FRAGMENT_SHADER, fragment)):
        shader = gl.glCreateShader(kind)
        gl.glShaderSource(shader, "".join((SHADERS / name).read_text(encoding="utf-8") for name in names))
        gl.glCompileShader(shader)
        if not gl.glGetShaderiv(shader, gl.GL_COMPILE_STATUS):
            log = gl.glGetShaderInfoLog(shader).decode(errors="replace").strip()
            raise OpenGLMissing(f"OpenGL on this machine refuses the shader {names[-1]}: {log}")
        gl.glAttachShader(program, shader)
    gl.glLinkProgram(program)
    if not gl.glGetProgramiv(program, gl.GL_LINK_STATUS):
        log = gl.glGetProgramInfoLog(program).decode(errors="replace").strip()
        raise OpenGLMissing(f"OpenGL on this machine cannot link {vertex[-1]} with {fragment[-1]}: {log}")
    return program


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
