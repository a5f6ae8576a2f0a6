// SPDX-License-Identifier: GPL-3.0-or-later
uniform sampler2D paint;     // over the resting face seen from the front; r: brows, g: lashes, b: mottle, a: depth of creases
uniform vec4 paint_window;   // x0, y0, 1 / width, 1 / height in metres
uniform vec2 neck_end;       // heights on the resting head between which the neck fades in
uniform vec3 brow_colour;    // linear

const float CREASE_DEPTH = 0.0011;  // metres of the deepest

// The normal of a surface that is raised by `height` metres (Mikkelsen 2010, "Bump mapping unparametrized surfaces").
vec3 raised(vec3 n, float height)
{
    vec3 across = dFdx(at), down = dFdy(at), a = cross(down, n), b = cross(n, across);
    float area = dot(across, a);
    return normalize(abs(area) * n - sign(area) * (dFdx(height) * a + dFdy(height) * b));
}

void main()
{
    vec3 v = normalize(eye_point - at);
    float key = lit_by_key();
    float dry = 1.0 - wet;
    vec4 painted = texture(paint, (at_rest.xy - paint_window.xy) * paint_window.zw);
    float deep = painted.a * fold;
    vec3 n = raised(normalize(facing), -CREASE_DEPTH * deep);
    painted.rg *= smoothstep(0.02, 0.04, at_rest.z);
    float mottle = (painted.b - 0.5) * dry * (1.0 - smoothstep(0.040, 0.066, abs(at_rest.x)));
    // Light bounces about in skin before it comes out again, which deepens its colour.
    vec3 albedo = base * mix(vec3(1.0), base, 0.5) * 1.06 * (1.0 + mottle * vec3(0.10, 0.22, 0.24));
    float brow = painted.r * (2.0 - painted.r);  // denser than the hairs that are painted: finer ones lie between them
    albedo = mix(albedo, brow_colour, brow * 0.96);
    albedo = mix(albedo, vec3(0.016, 0.010, 0.008), painted.g * 0.92);
    // Pores: the highlight breaks up, the shape does not.
    float r = clamp(rough + 0.22 * mottle + 0.25 * painted.r, 0.2, 1.0);

    // The edges of shadows are red for the same reason as the terminator.
    vec3 by_key = wrapped(dot(n, light_direction[0]), wet) * vec3(mix(key, sqrt(key), 0.7), key, key);
    vec3 left = 1.0 - deep * vec3(0.30, 0.42, 0.44);  // the light within a fold, which is red as that of all folds
    vec3 c = (albedo * (soft + by_key * light_colour[0] / PI) + sheen) * left;
    float bare = (1.0 - 0.7 * painted.r) * mix(0.5, 1.0, share) * left.r;
    c += highlight(n, v, light_direction[0], r, 0.028) * light_colour[0] * key * bare;
    c = mix(backdrop(), c, smoothstep(neck_end.x, neck_end.y, at_rest.y));
    pixel = vec4(finish(c), 1.0);
}
