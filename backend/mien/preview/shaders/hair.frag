// SPDX-License-Identifier: GPL-3.0-or-later
// Ribbons of hair, each drawn as some strands: at_rest is the tangent, rough the place across plus 4 times the ribbon's
// number, wet the place from root to tip.

float hash(float x)
{
    return fract(sin(x * 12.9898) * 43758.5453);
}

float streak(float x)
{
    float i = floor(x), f = x - i;
    return mix(hash(i), hash(i + 1.0), f * f * (3.0 - 2.0 * f));
}

void main()
{
    vec3 n = normalize(facing), v = normalize(eye_point - at), t = normalize(at_rest);
    float number = floor((rough + 2.0) * 0.25), across = rough - 4.0 * number;
    float strand = streak(rough * 4.5 + 17.0 * number);
    float fine = streak(rough * 11.0 + 5.0 * number);
    // Tips fray: the strands of a ribbon end one by one.
    if (wet > 0.66 + 0.34 * strand && abs(across) > 0.12)
        discard;
    float own = hash(number + 0.5);
    float key = mix(0.35, 1.0, lit_by_key());
    float deep = share * mix(0.62, 1.0, smoothstep(0.0, 0.35, wet)) * mix(0.72, 1.12, strand) * mix(0.9, 1.08, fine);
    vec3 albedo = base * mix(0.78, 1.25, own) * deep;
    // Light along a fibre (Kajiya and Kay 1989), with one highlight of the light's colour and one of the hair's.
    vec3 c = albedo * soft * 0.9;
    float shift = (strand - 0.5) * 0.22 + (own - 0.5) * 0.1;
    vec3 first = normalize(t + (shift - 0.06) * n), second = normalize(t + (shift + 0.12) * n);
    for (int i = 0; i < 3; i++) {
        vec3 l = light_direction[i], h = normalize(l + v);
        float lit = i == 0 ? key : mix(0.4, 1.0, share);
        float facing_it = clamp(dot(n, l) * 0.75 + 0.25, 0.0, 1.0);
        float tl = dot(t, l);
        float around = sqrt(max(1.0 - tl * tl, 0.0));
        c += albedo * light_colour[i] / PI * lit * around * facing_it;
        float a = dot(first, h), b = dot(second, h);
        float sa = max(1.0 - a * a, 0.0), sb = max(1.0 - b * b, 0.0);
        float a4 = sa * sa * sa * sa, a16 = a4 * a4 * a4 * a4, b4 = sb * sb * sb * sb;
        float pa = a16 * a16 * a4 * a4, pb = b4 * b4 * b4;
        c += light_colour[i] * lit * facing_it * deep * (0.035 * pa + (0.10 + 1.1 * base) * 0.14 * pb) * share;
    }
    pixel = vec4(finish(c), 1.0);
}
