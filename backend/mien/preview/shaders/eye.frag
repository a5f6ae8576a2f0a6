// SPDX-License-Identifier: GPL-3.0-or-later
uniform float iris_angle;    // radians from the axis of sight to the edge of the iris
uniform vec3 iris_colour;

float hash(vec2 p)
{
    vec3 q = fract(vec3(p.xyx) * 0.1031);
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

float noise(vec2 p)
{
    vec2 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}

void main()
{
    vec3 n = normalize(facing), v = normalize(eye_point - at);
    float key = mix(0.3, 1.0, lit_by_key());
    vec3 d = normalize(at_rest);                             // z along the axis of sight
    float angle = acos(clamp(d.z, -1.0, 1.0)) / iris_angle;  // 1 at the iris's edge
    float blur = fwidth(angle);
    vec3 white = base * mix(vec3(1.0), vec3(0.93, 0.74, 0.70), smoothstep(1.4, 3.2, angle));
    float spin = atan(d.y, d.x) + PI;
    float fibre = 0.6 * noise(vec2(spin * 9.0, angle * 1.3)) + 0.4 * noise(vec2(spin * 26.0, angle * 2.5));
    vec3 iris = iris_colour * mix(0.55, 1.45, fibre);
    iris = mix(vec3(0.20, 0.135, 0.06), iris, smoothstep(0.38, 0.66, angle + 0.12 * fibre));
    iris *= mix(1.0, 0.16, smoothstep(0.74, 1.0, angle));    // the dark ring
    iris *= smoothstep(0.36 - blur, 0.36 + blur, angle);     // the pupil
    float inside = 1.0 - smoothstep(0.91 - blur, 1.05 + blur, angle);
    vec3 albedo = mix(white, iris, inside);

    // The iris lies in a bowl, so the side away from the light is the bright one.
    vec3 across = n - v * dot(n, v);
    vec3 bowl = normalize(mix(n, normalize(v - 0.9 * across), inside * 0.75));
    float by_key = clamp((dot(bowl, light_direction[0]) + 0.2) / 1.44, 0.0, 1.0) * key;
    vec3 c = albedo * (soft + by_key * light_colour[0] / PI) * share;

    // The cornea bulges: over the iris the surface turns faster than the ball, and mirrors two windows.
    vec3 cornea = normalize(n + across * 0.9 * inside), mirrored = reflect(-v, cornea);
    c += surroundings(mirrored) * (0.03 + 0.97 * fresnel(dot(cornea, v))) * 0.6 * share;
    float spark = smoothstep(0.955, 0.975, dot(mirrored, light_direction[0]));
    float second = smoothstep(0.975, 0.990, dot(mirrored, light_direction[1]));
    c += (spark * 1.5 + second * 0.25) * smoothstep(0.15, 0.6, share);
    pixel = vec4(finish(c), 1.0);
}
