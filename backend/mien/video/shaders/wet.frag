// SPDX-License-Identifier: GPL-3.0-or-later
// Teeth, gums and tongue.

void main()
{
    vec3 n = normalize(facing), v = normalize(eye_point - at);
    float key = mix(0.4, 1.0, lit_by_key());  // the lips and cheeks let light through to them
    vec3 c = base * surroundings(n);
    for (int i = 0; i < 2; i++) {
        float nl = clamp((dot(n, light_direction[i]) + 0.25) / 1.5625, 0.0, 1.0);
        vec3 light = light_colour[i] * (i == 0 ? key : 1.0);
        c += light * (base / PI * nl + highlight(n, v, light_direction[i], rough, 0.04));
    }
    pixel = vec4(finish(c * share), 1.0);
}
