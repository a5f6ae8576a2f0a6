// SPDX-License-Identifier: GPL-3.0-or-later
// Put before every fragment shader of the picture. Light is summed in linear colour, rolled off softly and written as
// sRGB. Mesa's software rasteriser runs both sides of every branch, so each stuff (skin, eye, wet, backdrop) has a
// shader to itself; what varies slowly is computed at the vertices, and powers are multiplied out.

in vec3 at;
in vec3 facing;
in vec3 at_rest;
in float share;
in vec3 base;
in float rough;
in float wet;
in float fold;
in vec3 soft;
in vec3 sheen;
in vec2 screen;
in vec3 shadow_at;

uniform sampler2DShadow key_shadow;
uniform vec3 backdrop_middle;  // linear
uniform vec3 backdrop_edge;

out vec4 pixel;

vec3 backdrop()
{
    vec2 p = (screen - vec2(0.0, 0.1)) * vec2(0.75, 0.85);
    return mix(backdrop_middle, backdrop_edge, smoothstep(0.0, 1.5, dot(p, p)));
}

float lit_by_key()
{
    // A square on its corner, which blurs steps along either axis of the map.
    vec3 s = vec3(2.2, 0.9, 0.0) / float(textureSize(key_shadow, 0).x), t = vec3(-s.y, s.x, 0.0);
    return 0.25 * (texture(key_shadow, shadow_at + s) + texture(key_shadow, shadow_at - s)
                 + texture(key_shadow, shadow_at + t) + texture(key_shadow, shadow_at - t));
}

vec3 finish(vec3 c)
{
    c = c * (1.0 + c * 0.11) / (1.0 + c * 0.45);  // the roll-off keeps highlights from clipping hard
    c = clamp(c, 0.0, 1.0);
    // sRGB by square roots, within a third of a step of 8 bits (C. Taylor, "sRGB approximations for HLSL").
    vec3 r1 = sqrt(c), r2 = sqrt(r1), r3 = sqrt(r2);
    return max(0.662002687 * r1 + 0.684122060 * r2 - 0.323583601 * r3 - 0.0225411470 * c, 0.0);
}
