// SPDX-License-Identifier: GPL-3.0-or-later
// The vertex layout of mien.preview.head_surface, 16 floats.
layout(location = 0) in vec3 position;   // metres, head space
layout(location = 1) in vec3 normal;
layout(location = 2) in vec3 rest;       // place on the resting head, metres; on an eye: direction from its centre
layout(location = 3) in float daylight;  // share of the surroundings' light that gets there, 0..1
layout(location = 4) in vec3 colour;     // linear
layout(location = 5) in float roughness;
layout(location = 6) in float wetness;   // 0 dry skin .. 1 the inside of the mouth
layout(location = 7) in float crease;    // strength of the creases there, 0..1

uniform mat4 view;        // head space to clip space
uniform mat4 key_view;    // head space to the key light's shadow map, 0..1

out vec3 at;
out vec3 facing;
out vec3 at_rest;
out float share;
out vec3 base;
out float rough;
out float wet;
out float fold;
out vec3 soft;    // what the surroundings, the fill and the rim light give a white surface
out vec3 sheen;   // what of them is mirrored
out vec2 screen;
out vec3 shadow_at;

void main()
{
    at = position;
    facing = normal;
    at_rest = rest;
    share = daylight;
    base = colour;
    rough = roughness;
    wet = wetness;
    fold = crease;
    vec3 v = normalize(eye_point - position);
    vec3 fold = vec3(0.6 * daylight + 0.4 * sqrt(daylight), daylight, daylight);  // what light is left in a fold is red
    float open = mix(0.35, 1.0, daylight);
    soft = surroundings(normal) * fold;
    for (int i = 1; i < 3; i++)
        soft += wrapped(dot(normal, light_direction[i]), wetness) * light_colour[i] * open / PI;
    float edge = 1.0 - max(dot(normal, v), 0.0);  // the sheen of fine down
    sheen = (highlight(normal, v, light_direction[2], roughness, 0.028) * light_colour[2]
           + surroundings(reflect(-v, normal)) * edge * edge * edge * 0.14 * (1.0 - wetness)) * daylight;
    shadow_at = (key_view * vec4(position + 0.0022 * normal, 1.0)).xyz;  // a little out, or the surface shades itself
    gl_Position = view * vec4(position, 1.0);
    screen = gl_Position.xy / gl_Position.w;
    gl_Position.y = -gl_Position.y;  // the top row first, as films want it; the winding turns with it
}
