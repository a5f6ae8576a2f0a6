#version 330 core
// SPDX-License-Identifier: GPL-3.0-or-later
// The lights; put before every shader of the picture.

uniform vec3 eye_point;           // the camera, head space
uniform vec3 light_direction[3];  // towards key, fill, rim
uniform vec3 light_colour[3];
uniform vec3 sky;                 // the surroundings above and below
uniform vec3 ground;
uniform vec3 up;

const float PI = 3.14159265;

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

vec3 surroundings(vec3 n)
{
    return mix(ground, sky, 0.5 + 0.5 * dot(n, up));
}

// Light that enters skin comes out again around the terminator, red furthest; what is wet scatters less.
vec3 wrapped(float cosine, float wetness)
{
    vec3 wrap = vec3(0.34, 0.16, 0.11) * (1.0 - 0.5 * wetness);
    return clamp((cosine + wrap) / ((1.0 + wrap) * (1.0 + wrap)), 0.0, 1.0);
}
