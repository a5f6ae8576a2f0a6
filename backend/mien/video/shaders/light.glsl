#version 330 core
// SPDX-License-Identifier: GPL-3.0-or-later
// What all the fragment shaders share; it is put before each. Light is summed in linear colour, rolled off softly
// and written as sRGB. Mesa's software rasteriser runs both sides of every branch, so each stuff (skin, eye, wet,
// backdrop) has a shader to itself, and powers are multiplied out.

in vec3 at;
in vec3 facing;
in vec3 at_rest;
in float share;
in vec3 base;
in float rough;
in float wet;
in vec2 screen;
in vec3 shadow_at;

uniform vec3 eye_point;           // the camera, head space
uniform vec3 light_direction[3];  // towards key, fill, rim
uniform vec3 light_colour[3];
uniform vec3 sky;                 // the surroundings above and below
uniform vec3 ground;
uniform vec3 up;
uniform sampler2DShadow key_shadow;

out vec4 pixel;

const float PI = 3.14159265;

vec3 backdrop()
{
    vec2 p = (screen - vec2(0.0, 0.1)) * vec2(0.75, 0.85);
    return mix(vec3(0.190, 0.200, 0.215), vec3(0.045, 0.049, 0.056), smoothstep(0.0, 1.5, dot(p, p)));
}

float fresnel(float cosine)
{
    float x = 1.0 - max(cosine, 0.0), x2 = x * x;
    return x2 * x2 * x;
}

// Trowbridge-Reitz highlight with Smith's shadowing (Karis 2013) and Schlick's Fresnel.
float highlight(vec3 n, vec3 v, vec3 l, float roughness, float f0)
{
    vec3 h = normalize(l + v);
    float nl = max(dot(n, l), 0.0), nv = max(dot(n, v), 0.05), nh = max(dot(n, h), 0.0);
    float a = roughness * roughness, a2 = a * a;
    float d = nh * nh * (a2 - 1.0) + 1.0;
    float k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    float f = f0 + (1.0 - f0) * fresnel(dot(v, h));
    return a2 * nl * f / (4.0 * PI * d * d * (nl * (1.0 - k) + k) * (nv * (1.0 - k) + k));
}

float lit_by_key()
{
    vec3 s = vec3(0.6, 0.6, 0.0) / float(textureSize(key_shadow, 0).x);
    return 0.5 * (texture(key_shadow, shadow_at + s) + texture(key_shadow, shadow_at - s));
}

vec3 surroundings(vec3 n)
{
    return mix(ground, sky, 0.5 + 0.5 * dot(n, up));
}

vec3 finish(vec3 c)
{
    c = c * (1.0 + c * 0.11) / (1.0 + c * 0.45);  // the roll-off keeps highlights from clipping hard
    c = clamp(c, 0.0, 1.0);
    // sRGB by square roots, within a third of a step of 8 bits (C. Taylor, "sRGB approximations for HLSL").
    vec3 r1 = sqrt(c), r2 = sqrt(r1), r3 = sqrt(r2);
    return max(0.662002687 * r1 + 0.684122060 * r2 - 0.323583601 * r3 - 0.0225411470 * c, 0.0);
}
