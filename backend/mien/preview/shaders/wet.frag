// SPDX-License-Identifier: GPL-3.0-or-later
// Teeth, gums and tongue.

void main()
{
    vec3 n = normalize(facing), v = normalize(eye_point - at);
    float key = mix(0.4, 1.0, lit_by_key()) * share;  // the lips and cheeks let light through to them
    vec3 by_key = wrapped(dot(n, light_direction[0]), 0.5) / PI * base
                + highlight(n, v, light_direction[0], rough, 0.04);
    pixel = vec4(finish(base * soft + by_key * light_colour[0] * key), 1.0);
}
