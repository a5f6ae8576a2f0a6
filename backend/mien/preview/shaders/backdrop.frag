// SPDX-License-Identifier: GPL-3.0-or-later

void main()
{
    // A little grain keeps the gradient from banding in 8 bits.
    vec2 p = fract(gl_FragCoord.xy * vec2(0.1031, 0.1030));
    p += dot(p, p.yx + 33.33);
    pixel = vec4(finish(backdrop()) + (fract((p.x + p.y) * p.x) - 0.5) / 255.0, 1.0);
}
